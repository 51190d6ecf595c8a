"""Wide layers: four of 2,048 at batch 256, against the time of their matrix products."""

from __future__ import annotations

from typing import Any

from benchmarks.dense import best_rate, product_rate
from benchmarks.frameworks import framework
from benchmarks.network import Network
from benchmarks.processes import NAMES, Settings, alternate, pooled, versions
from benchmarks.tables import Table, at_most
from benchmarks.timing import measure, summarize

FRAMEWORKS = ("nbnet", "torch", "jax")
BATCH = 256
OVER = 1.15
"""How many times the limit nbnet's step may take."""


def networks(settings: Settings) -> dict[str, Network]:
    """What is trained; the optimizers differ in how much memory they move: 3 and 7 times the weights."""
    width = 256 if settings.quick else 2048
    return {kind: Network((*[width] * 5, 10), optimizer=kind) for kind in ("sgd", "adam")}


def work(name: str, settings: Settings) -> dict[str, Any]:
    """Times of one framework's steps."""
    module = framework(name)
    found: dict[str, Any] = {"version": module.setup(settings.threads), "times": {}}
    for kind, network in networks(settings).items():
        step = module.train_step(network, *network.data(BATCH))
        found["times"][kind] = measure(step, 2 * settings.seconds, least=min(settings.least, 8), warm=2)
    if hasattr(module, "product"):
        found["gflops"] = product_rate(module, settings)
    return found


def table(runs: dict[str, list[dict[str, Any]]], settings: Settings) -> Table:
    """The results of all processes."""
    rate, rates = best_rate(runs)
    trained = networks(settings)
    made = Table(
        f"Training step of {'-'.join(map(str, trained['sgd'].widths))}, batch {BATCH}: milliseconds",
        ["optimizer", "framework", "ms", "GFLOP/s", "limit ms", "/ limit (of minima)", "target", "verdict"],
        notes=[f"Limit: the matrix products of a step at the best rate measured; {rates}.", versions(runs)],
    )
    for kind, network in trained.items():
        flops = network.flops(BATCH)
        limit = flops / rate / 1e3
        for name, results in runs.items():
            if not results:
                continue
            found = summarize(pooled(results, kind))
            over = found.median / limit
            data: dict[str, Any] = {"optimizer": kind, "framework": name, **vars(found), "limit_us": limit}
            data |= {"times_the_limit": over, "minimum_by_limit": found.minimum / limit}
            cells = [kind, NAMES[name], found.text(1e-3), f"{flops / found.median / 1e3:.0f}", f"{limit / 1e3:.1f}"]
            cells += [f"{over:.2f} ({found.minimum / limit:.2f})", "", ""]
            if name == "nbnet" and not settings.quick:
                data["verdict"] = at_most(over, OVER)
                cells[6:] = [f"{OVER} x limit", data["verdict"]]
            made.rows.append(cells)
            made.data.append(data)
    return made


def run(settings: Settings) -> list[Table]:
    """Measure; a smoke test leaves the peers out."""
    return [table(alternate("wide", FRAMEWORKS[:1] if settings.quick else FRAMEWORKS, settings), settings)]
