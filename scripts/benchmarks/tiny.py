"""Tiny networks, 4-8-1 at batch 32: a step against its serial arithmetic, and many networks one after another."""

from __future__ import annotations

import time
from typing import Any

from benchmarks.frameworks import framework
from benchmarks.network import Network
from benchmarks.processes import NAMES, Settings, alternate, pooled, versions
from benchmarks.tables import Table, at_most
from benchmarks.timing import measure, summarize

FRAMEWORKS = ("nbnet", "torch", "jax", "sklearn")
NETWORK = Network((4, 8, 1), loss="mse")
BATCH = 32
STEPS = 10
"""Steps that each of many networks is trained."""
OVERHEAD = 20.0
"""Microseconds that a step of nbnet may take beyond its arithmetic."""


def many(module: Any, count: int) -> float:
    """Milliseconds a network, when `count` are made and trained one after another, after a first that compiles."""
    x, y = NETWORK.data(STEPS * BATCH)

    def one() -> None:
        module.trainer(NETWORK, x, y, BATCH)(1)

    one()
    start = time.perf_counter()
    for _ in range(count):
        one()
    return (time.perf_counter() - start) * 1e3 / count


def work(name: str, settings: Settings) -> dict[str, Any]:
    """Times of one framework's steps and networks; nbnet's process also times the arithmetic."""
    module = framework(name)
    found: dict[str, Any] = {"version": module.setup(settings.threads), "times": {}}
    x, y = NETWORK.data(BATCH)
    found["times"]["step"] = measure(module.train_step(NETWORK, x, y), settings.seconds, settings.least)
    if hasattr(module, "trainer"):
        count = 20 if settings.quick else 1000 if name == "nbnet" else 200
        found["times"]["networks"] = [many(module, count)]
    if name == "nbnet":
        from benchmarks import serial

        repeats = 3 if settings.quick else 20
        found["times"]["arithmetic"] = serial.microseconds(x, y, NETWORK.widths[1], 2000, repeats)
    return found


def table(runs: dict[str, list[dict[str, Any]]]) -> Table:
    """The results of all processes."""
    arithmetic = summarize(pooled(runs["nbnet"], "arithmetic"))
    made = Table(
        f"Training step of 4-8-1, batch {BATCH}, Adam: microseconds; networks made and trained one after another",
        ["framework", "step µs", "arithmetic µs", "overhead µs (of minima)", "ms a network", "target", "verdict"],
        notes=[
            "Arithmetic: the same step as plain loops on one thread, compiled by Numba, without any call around it: "
            f"{arithmetic.text()} µs. ms a network: build, compile() and {STEPS} steps by fit (PyTorch: a loop by "
            "hand) in one process, kernels compiled; of 1,000 networks (PyTorch: 200; a smoke test: 20).",
            versions(runs),
        ],
    )
    for name, results in runs.items():
        if not results:
            continue
        found = summarize(pooled(results, "step"))
        over = found.median - arithmetic.median
        networks = pooled(results, "networks")
        data: dict[str, Any] = {"framework": name, "step": vars(found), "arithmetic": vars(arithmetic)}
        data |= {"overhead": over, "overhead_of_minima": found.minimum - arithmetic.minimum}
        cells = [NAMES[name], found.text(), f"{arithmetic.median:.2f}"]
        cells += [f"{over:.1f} ({data['overhead_of_minima']:.1f})", "-", "", ""]
        if networks:
            data["milliseconds_a_network"] = vars(summarize(networks))
            cells[4] = summarize(networks).text()
        if name == "nbnet":
            data["verdict"] = at_most(over, OVERHEAD)
            cells[5:] = [f"arithmetic + {OVERHEAD:g}", data["verdict"]]
        made.rows.append(cells)
        made.data.append(data)
    return made


def run(settings: Settings) -> list[Table]:
    """Measure; a smoke test leaves the peers out."""
    return [table(alternate("tiny", FRAMEWORKS[:1] if settings.quick else FRAMEWORKS, settings))]
