"""What ``fit`` adds to the steps: a batch's time in fit, less its step, less the gathering of its rows by itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from benchmarks.frameworks import framework
from benchmarks.network import Network
from benchmarks.processes import NAMES, Settings, alternate, versions
from benchmarks.tables import Table, at_most
from benchmarks.timing import summarize

FRAMEWORKS = ("nbnet", "torch", "keras")
BATCHES = (32, 128)
ADDED = 20.0
"""Microseconds a batch that nbnet's loop may add."""


def _microseconds(call: Callable[[], Any], count: int) -> float:
    """Of each of `count` things that one call does."""
    start = time.perf_counter()
    call()
    return (time.perf_counter() - start) * 1e6 / count


def gatherer(x: Any, y: Any, batch: int) -> Callable[[], None]:
    """A function that gathers all batches of a new order, as fast as NumPy does it."""
    import numpy as np

    rng = np.random.default_rng(0)
    x_rows, y_rows = np.empty((batch, *x.shape[1:]), x.dtype), np.empty((batch, *y.shape[1:]), y.dtype)
    orders = rng.permutation(len(x)).reshape(-1, batch)

    def gather() -> None:
        for rows in orders:
            np.take(x, rows, axis=0, out=x_rows, mode="clip")
            np.take(y, rows, axis=0, out=y_rows, mode="clip")

    return gather


def one_batch(module: Any, settings: Settings, batch: int) -> list[dict[str, float]]:
    """Microseconds a batch of the parts, several times in turn while there is time."""
    network = Network()
    count = 20 if settings.quick else 200
    x, y = network.data(count * batch)
    fit, step = module.trainer(network, x, y, batch), module.train_step(network, x[:batch], y[:batch])
    gather = gatherer(x, y, batch)

    def steps() -> None:
        for _ in range(count):
            step()

    found: list[dict[str, float]] = []
    begin = time.perf_counter()
    for number in range(3 if settings.quick else max(4, round(settings.seconds * 10)) + 1):
        if found and time.perf_counter() - begin > 20 * settings.seconds:
            break  # a framework that a busy machine holds up for seconds
        first = _microseconds(lambda: fit(1), count)
        three = _microseconds(lambda: fit(3), count)
        times = {
            "fit": (three - first) / 2,  # an epoch more: what fit does once a call is not in it
            "first": first,
            "three": three,
            "step": _microseconds(steps, count),
            "gather": _microseconds(gather, count),
        }
        if number:  # the first compiles
            found.append({**times, "added": times["fit"] - times["step"] - times["gather"]})
    return found


def work(name: str, settings: Settings) -> dict[str, Any]:
    """The parts of a batch's time for one framework."""
    module = framework(name)
    version = module.setup(settings.threads)
    return {"version": version, "cases": {str(batch): one_batch(module, settings, batch) for batch in BATCHES}}


def table(runs: dict[str, list[dict[str, Any]]]) -> Table:
    """The results of all processes."""
    made = Table(
        "fit on data in memory, 784-128-64-10 with Adam: microseconds a batch",
        ["framework", "batch", "in fit", "step alone", "gathering alone", "fit adds", "target", "verdict"],
        notes=[
            "In fit: the time of a further epoch by its batches. Step alone: the same training step in a loop on one "
            "batch, keeping no running loss. Gathering alone: NumPy's take of a batch's rows. fit adds: in fit - step "
            "- gathering; below 0 where gathering goes on beside the step. PyTorch: a loop by hand over randperm.",
            versions(runs),
        ],
    )
    for name, results in runs.items():
        for batch in BATCHES if results else ():
            rows = [row for result in results for row in result["cases"][str(batch)]]
            parts = {key: summarize([row[key] for row in rows]) for key in rows[0]}
            # the least difference is no least time: one of them may have been disturbed where the other was not
            parts["fit"] = replace(parts["fit"], minimum=(parts["three"].minimum - parts["first"].minimum) / 2)
            # medians of parts, not the median of differences: single rounds are far noisier than what is looked for
            added = parts["fit"].median - parts["step"].median - parts["gather"].median
            least = parts["fit"].minimum - parts["step"].minimum - parts["gather"].minimum
            data: dict[str, Any] = {"framework": name, "batch": batch, "added": added, "added_of_minima": least}
            data |= {key: vars(summary) for key, summary in parts.items() if key != "added"}
            shown = [parts[key].text() for key in ("fit", "step", "gather")]
            cells = [NAMES[name], str(batch), *shown, f"{added:.1f} (of minima {least:.1f})", "", ""]
            if name == "nbnet":
                data["verdict"] = at_most(added, ADDED)
                cells[6:] = [f"{ADDED:g} µs", data["verdict"]]
            made.rows.append(cells)
            made.data.append(data)
    return made


def run(settings: Settings) -> list[Table]:
    """Measure; a smoke test leaves the peers out."""
    return [table(alternate("loop", FRAMEWORKS[:1] if settings.quick else FRAMEWORKS, settings))]
