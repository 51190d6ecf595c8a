"""Running plans on the CPU: memory, addresses, and the call of the runner."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from nbnet.compiler.plan import Address, Buffer, Plan
from nbnet.errors import DataError
from nbnet.graph.tensor import Variable, aligned_empty
from nbnet.kernels import jit
from nbnet.runtime import threads
from nbnet.runtime.runner import GUARD, Program
from nbnet.runtime.scalars import Scalars
from nbnet.runtime.stop import GuardStop

__all__ = ["Executable", "on_compile", "report_compilation"]

_REGIONS = {"arena": 0, "constant": 1, "scalar": 2, "control": 3}


def report_compilation(done: int, total: int) -> None:
    """The default progress report: one line on a terminal's standard error, overwritten as kernels are compiled."""
    if not sys.stderr.isatty():
        return
    text = f"compiling {done}/{total} kernels (first run only)"
    sys.stderr.write(f"\r{text}" if done < total else "\r" + " " * len(text) + "\r")
    sys.stderr.flush()


on_compile: Callable[[int, int], None] | None = report_compilation
"""Called as ``on_compile(done, total)`` while a plan's missing kernels are compiled; None: silence."""


class _Arena:
    """Memory for intermediates, shared by all plans of the process: only one runs at a time."""

    def __init__(self) -> None:
        self.size = -1
        self.reserve(0)

    def reserve(self, size: int) -> None:
        """Grow to at least `size` bytes."""
        if self.size < size:
            self.memory = aligned_empty((size,), np.dtype("uint8"))
            self.address, self.size = self.memory.ctypes.data, size


arena = _Arena()


class Executable:
    """A plan with compiled kernels, ready to run.

    Parameters
    ----------
    plan : Plan
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        kernels = _load_kernels(plan.kernels())
        self._inputs = len(plan.inputs)
        count = len(plan.entries)
        offsets: list[int] = []
        regions: list[int] = []
        starts: list[int] = []
        for entry in plan.entries:
            starts.append(len(offsets))
            for word in entry.words:
                offsets.append(word.offset if isinstance(word, Address) else word)
                regions.append(self._region(word) if isinstance(word, Address) else -1)
        places = [place for place, region in enumerate(regions) if region >= 0]
        self._places = np.array(places, np.intp)
        self._regions = np.array([regions[place] for place in places], np.intp)
        self._offsets = np.array([offsets[place] for place in places], np.int64)
        self._words = np.array(offsets, np.int64)
        self._constants = aligned_empty((len(plan.constants),), np.dtype("uint8"))
        self._constants[:] = np.frombuffer(plan.constants, np.uint8)
        self._scalars = Scalars(plan.scalars)
        self._control = aligned_empty((8,), np.dtype("int64"))
        self._control[:] = 0
        entries = np.zeros((count, 8), np.int64)
        for index, entry in enumerate(plan.entries):
            entries[index, :6] = (
                kernels[entry.spec].address, self._words.ctypes.data + 8 * starts[index], entry.items, entry.chunk,
                GUARD if entry.guard else 0, entry.beside,
            )  # fmt: skip
        self._program = Program(entries, np.zeros((count, 16), np.int64), self._control)
        self._serial = all(entry.chunks == 1 for entry in plan.entries)
        self._bound: tuple[int, ...] = ()
        self._views: list[np.ndarray | None] = []

    def _region(self, address: Address) -> int:
        """Number of a region in the table of base addresses."""
        if address.region == "input":
            return len(_REGIONS) + address.index
        if address.region == "state":
            return len(_REGIONS) + self._inputs + address.index
        return _REGIONS[address.region]

    def run(self, inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Run the plan once.

        Parameters
        ----------
        inputs : sequence of ndarray
            C-contiguous, of the plan's shapes and dtypes.

        Returns
        -------
        list of ndarray
            Copies of the outputs.

        Raises
        ------
        GuardStop
            When a guard fired.
        DataError
            When an index was out of range.
        """
        with threads.lock:
            arena.reserve(self.plan.arena)
            self._scalars.read()
            self._bind(inputs)
            self._control[1] = 0
            self._program.run(1 if self._serial else None)
            stopped, bad_index = self._control[:2].tolist()
            outputs = [] if stopped else self._outputs(inputs)
        if bad_index:
            raise DataError(
                f"An index is out of range: position {bad_index - 1} of the indices given to ops.gather (or to an "
                "embedding) points beyond the axis it picks from. Check the labels or token numbers."
            )
        if stopped:
            raise GuardStop(stopped)
        return outputs

    def _bind(self, inputs: Sequence[np.ndarray]) -> None:
        """Write the addresses of this run into the words, unless nothing has moved."""
        moving = arena.address, Variable.moves, *[array.__array_interface__["data"][0] for array in inputs]
        if moving == self._bound:
            return
        bases = [
            arena.address, self._constants.ctypes.data, self._scalars.cells.ctypes.data, self._control.ctypes.data,
            *moving[2:], *[variable.address for variable in self.plan.variables],
        ]  # fmt: skip
        self._words[self._places] = np.array(bases, np.int64)[self._regions] + self._offsets
        if moving[:2] != self._bound[:2]:
            self._views = [self._view(buffer) for buffer in self.plan.outputs]
        self._bound = moving

    def _view(self, buffer: Buffer) -> np.ndarray | None:
        """Where an output stands; None for an input."""
        address = buffer.address
        if address.region == "input":
            return None
        if address.region == "state":
            return self.plan.variables[address.index].storage.reshape(buffer.shape)
        memory = {"arena": arena.memory, "constant": self._constants, "scalar": self._scalars.cells}[address.region]
        raw = memory[address.offset : address.offset + buffer.nbytes]
        return raw.view(buffer.dtype).reshape(buffer.shape)

    def _outputs(self, inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Copies of the outputs."""
        return [
            np.array(inputs[buffer.address.index]).reshape(buffer.shape) if view is None
            else view.copy() if view.ndim else view[()]
            for buffer, view in zip(self.plan.outputs, self._views, strict=True)
        ]  # fmt: skip


def _load_kernels(specs: Sequence[Any]) -> dict[Any, jit.Compiled]:
    """The compiled kernels of a plan; what must be compiled is reported."""
    missing = [spec for spec in specs if on_compile is not None and not jit.is_cached(spec)]
    found, done = {}, 0
    for spec in specs:
        if spec in missing and on_compile is not None:
            on_compile(done, len(missing))
            done += 1
        found[spec] = jit.load(spec)
    if missing and on_compile is not None:
        on_compile(len(missing), len(missing))
    return found
