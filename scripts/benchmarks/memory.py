"""Resident memory: its growth from before a model's first plan to after 100 steps, against what the plan needs."""

from __future__ import annotations

import ctypes
import gc
import statistics
import sys
from dataclasses import replace
from typing import Any

from benchmarks.machine import resident_bytes
from benchmarks.network import Network
from benchmarks.processes import Settings, run_worker
from benchmarks.tables import Table, at_most
from benchmarks.timing import short

STEPS = 100
OVER = 1.2
"""How many times what the plan needs memory may grow."""
CASES = {
    "784-128-64-10, batch norm., batch 512": (Network(normalized=True), 512),
    "784-1024-1024-10, batch 1024": (Network((784, 1024, 1024, 10)), 1024),
    "2048-2048-2048-2048-2048-10, batch 256": (Network((*[2048] * 5, 10)), 256),
}


def work(case: str, settings: Settings) -> dict[str, Any]:
    """Growth and need of one case, in bytes, in a process that runs no other.

    A narrow network with the same layers is trained first, and the kernels of this one are loaded: what a process
    takes once is there. `making` is the growth while the model is made, `grown` that from then on; `compiled` says how
    many kernels were not in the cache, for what compiling them leaves in the heap is filled without any growth.
    """
    import nbnet
    from benchmarks import with_nbnet
    from nbnet.kernels import jit

    version = with_nbnet.setup(settings.threads)
    network, batch = CASES[case]
    narrow = replace(network, widths=(8, *[4] * (len(network.widths) - 2), network.widths[-1]))
    with_nbnet.train_step(narrow, *narrow.data(2))()
    x, y = network.data(batch)
    for kernel in nbnet.function(with_nbnet.model(network).train_step).explain(x, y).kernels():
        jit.load(kernel)
    compiled = jit.compilations()
    del x, y
    give_back()
    before = resident_bytes()
    model = with_nbnet.model(network)
    made = resident_bytes()
    x, y = network.data(batch)
    step = nbnet.function(model.train_step)
    for _ in range(STEPS):
        step(x, y)
    after = resident_bytes()
    plan = step.explain(x, y)
    weights = sum(variable.storage.nbytes for variable in model.weights)
    state = sum(variable.storage.nbytes for variable in plan.variables)
    need = {
        "arena": plan.arena, "constants": len(plan.constants), "slots": state - weights, "inputs": x.nbytes + y.nbytes,
    }  # fmt: skip
    found: dict[str, Any] = {"version": version, "compiled": compiled, "weights": weights, "need": need}
    found |= {"making": None, "grown": None}
    if before is not None and made is not None and after is not None:
        found |= {"making": made - before, "grown": after - made}
    return found


def give_back() -> None:
    """Return free memory to the system, where its C library can: new arrays that fill it would count for nothing."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)


def table(found: dict[str, list[dict[str, Any]]]) -> Table:
    """The results: case → one result a process."""
    made = Table(
        f"Resident memory: growth from before the first plan to after {STEPS} steps, kernels compiled: MiB",
        ["network", "growth", "needed", "arena", "constants", "slots", "inputs", "growth / needed",
         "while the model is made", "weights", "whole / needed", "target", "verdict"],
        notes=[
            "Needed: the plan's arena and constants, the optimizer's slots, inputs and labels. Whole: growth with that "
            "while the model is made, to what is needed with the weights.",
        ],
    )  # fmt: skip
    for case, results in found.items():
        need = results[0]["need"]
        total = sum(need.values())
        weights = results[0]["weights"]
        data: dict[str, Any] = {"network": case, "need": need, "needed": total, "weights": weights}
        cells = [case, "-", *(short(value / 2**20) for value in (total, *need.values())), "-", "-"]
        cells += [short(weights / 2**20), "-"]
        verdict = "resident memory is not known on this system"
        if results[0]["grown"] is not None:
            grown, making = (statistics.median(result[key] for result in results) for key in ("grown", "making"))
            data |= {"grown": grown, "making": making, "ratio": grown / total}
            data["whole_ratio"] = (grown + making) / (total + weights)
            verdict = at_most(data["ratio"], OVER)
            cells[1], cells[7], cells[8] = short(grown / 2**20), f"{data['ratio']:.2f}", short(making / 2**20)
            cells[10] = f"{data['whole_ratio']:.2f}"
        data["verdict"] = verdict
        made.rows.append([*cells, f"{OVER} x needed", verdict])
        made.data.append(data)
    return made


def run(settings: Settings) -> list[Table]:
    """Measure each case in processes of its own; a smoke test leaves out all but the first."""
    cases = list(CASES)[: 1 if settings.quick else None]
    rounds = min(settings.rounds, 3)
    return [table({case: [run_worker("memory", case, settings) for _ in range(rounds)] for case in cases})]
