"""Differential fuzzing: small random graphs, compiled with passes on and off, against the references."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from nbnet.compiler.compile import compile_graph
from nbnet.compiler.target import Target
from nbnet.graph.graph import Graph, evaluate
from nbnet.runtime.host import cpu_target
from nbnet.runtime.stop import GuardStop
from nbnet.testing.graphs import Sample, random_graph

__all__ = ["Mismatch", "Sample", "check", "random_graph"]


class Mismatch(AssertionError):
    """A compiled graph and its reference disagree."""


def settings() -> Iterator[tuple[bool, bool]]:
    """(simplified, fused): every pass on and off."""
    for simplified in (True, False):
        for fused in (True, False):
            yield simplified, fused


def check(sample: Sample, target: Target | None = None, tolerance: float | None = None) -> None:
    """Compile with every pass on and off and compare with the references.

    Parameters
    ----------
    sample : Sample
    target : Target, optional
        The host's by default.
    tolerance : float, optional
        Largest error, relative to the largest magnitude of the array or 1. By default what the rounding of the
        graph's narrowest float allows.

    Raises
    ------
    Mismatch
        With the seed, the pass settings, the output and the graph.
    """
    from nbnet.runtime.cpu import Executable

    expected = evaluate(sample.graph, sample.inputs)
    tolerance = _tolerance(sample.graph) if tolerance is None else tolerance
    before = [variable.numpy() for variable in sample.variables]
    inputs = [np.ascontiguousarray(array) for array in sample.inputs]
    for simplified, fused in settings():
        for variable, value in zip(sample.variables, before, strict=True):
            variable.storage[...] = value
        place = f"seed {sample.seed}, simplified={simplified}, fused={fused}"
        plan = compile_graph(sample.graph, target or cpu_target(), simplified=simplified, fused=fused)
        try:
            found = Executable(plan).run(inputs)
        except GuardStop:
            if all(np.isfinite(array).all() for array in expected):
                raise Mismatch(f"{place}: a guard fired although all numbers are finite\n{sample.graph}") from None
            continue
        found += [assign.variable.numpy() for assign in sample.graph.final_assignments()]
        for index, (got, wanted) in enumerate(zip(found, expected, strict=True)):
            if not _agree(got, wanted, tolerance):
                count = len(sample.graph.outputs)
                name = f"output {index}" if index < count else f"state {index - count}"
                raise Mismatch(
                    f"{place}: {name} of shape {wanted.shape} differs by {_difference(got, wanted)}\n{sample.graph}"
                )
    for variable, value in zip(sample.variables, before, strict=True):
        variable.storage[...] = value


def _tolerance(graph: Graph) -> float:
    """What rounding may do in a graph."""
    narrow = any(node.dtype == np.float32 for node in graph.nodes())
    return 2e-5 if narrow else 1e-11


def _difference(got: np.ndarray, wanted: np.ndarray) -> float:
    """Largest absolute difference."""
    if got.shape != wanted.shape:
        return float("nan")
    return float(np.max(np.abs(got.astype("float64") - wanted.astype("float64")), initial=0.0))


def _agree(got: np.ndarray, wanted: np.ndarray, tolerance: float) -> bool:
    """Whether two arrays are the same up to rounding, NaN and infinities in the same places."""
    if got.shape != wanted.shape or got.dtype != wanted.dtype:
        return False
    if got.dtype.kind != "f":
        return bool(np.array_equal(got, wanted))
    scale = max(1.0, float(np.max(np.abs(wanted), initial=0.0, where=np.isfinite(wanted))))
    return bool(np.allclose(got, wanted, rtol=tolerance, atol=tolerance * scale, equal_nan=True))
