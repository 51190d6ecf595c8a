"""A training step of 784-128-64-10: forward, backward and update, on a batch in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from benchmarks.frameworks import framework
from benchmarks.network import Network
from benchmarks.processes import NAMES, Settings, alternate, pooled, versions
from benchmarks.tables import Table, all_of, at_least
from benchmarks.timing import Summary, measure, summarize

FRAMEWORKS = ("nbnet", "torch", "jax", "keras", "sklearn")
PRODUCT = 1024
"""Rows and columns of the matrix product whose rate is the limit."""


@dataclass(frozen=True)
class Case:
    """A batch size, with or without batch normalization, and how many times each peer's speed is wanted."""

    batch: int
    normalized: bool
    targets: tuple[tuple[str, float], ...]

    @property
    def key(self) -> str:
        """Its name in a process's results."""
        return f"{self.batch}{' normalized' if self.normalized else ''}"

    @property
    def network(self) -> Network:
        """What is trained."""
        return Network(normalized=self.normalized)


CASES = (
    Case(1, False, (("torch", 8.0), ("jax", 4.0))),
    Case(32, False, (("torch", 4.0),)),
    Case(128, False, (("torch", 2.7),)),
    Case(512, False, (("torch", 1.7),)),
    Case(32, True, (("torch", 5.0),)),
    Case(128, True, (("torch", 3.3),)),
    Case(512, True, (("torch", 2.2),)),
)
QUICK = (CASES[0], CASES[4])


def work(name: str, settings: Settings) -> dict[str, Any]:
    """Times of one framework's steps, and its rate on a large matrix product."""
    module = framework(name)
    found: dict[str, Any] = {"version": module.setup(settings.threads), "times": {}}
    for case in QUICK if settings.quick else CASES:
        step = module.train_step(case.network, *case.network.data(case.batch))
        if step is not None:
            found["times"][case.key] = measure(step, settings.seconds, settings.least)
    if hasattr(module, "product"):
        found["gflops"] = product_rate(module, settings)
    return found


def product_rate(module: Any, settings: Settings) -> float:
    """GFLOP/s of a framework's best large matrix product."""
    return 2e-3 * PRODUCT**3 / min(measure(module.product(PRODUCT), settings.seconds, settings.least))


def best_rate(runs: dict[str, list[dict[str, Any]]]) -> tuple[float, str]:
    """The greatest matrix rate that any framework reached, in GFLOP/s, and a note with all of them."""
    rates = {
        NAMES[name]: max(result["gflops"] for result in results)
        for name, results in runs.items()
        if results and "gflops" in results[0]
    }
    listed = ", ".join(f"{name} {value:.0f}" for name, value in rates.items())
    return max(rates.values()), f"matrix product of size {PRODUCT}: {listed} GFLOP/s"


def compare(case: Case, times: dict[str, Summary], limit: float) -> tuple[dict[str, Any], list[str]]:
    """Ratios and verdict of one case, as numbers and as the cells after the times; `limit` in µs."""
    own = times["nbnet"]
    ratios = {name: found.median / own.median for name, found in times.items() if name != "nbnet"}
    least = {name: found.minimum / own.minimum for name, found in times.items() if name != "nbnet"}
    judged = [(NAMES[name], at_least(ratios[name], goal)) for name, goal in case.targets if name in ratios]
    best = min(ratios.values(), default=None)
    verdict = all_of(judged) if len(judged) == len(case.targets) else "not all peers ran"
    data = {
        "ratios": ratios, "ratios_of_minima": least, "ratio_to_best": best, "limit_us": limit,
        "times_the_limit": own.median / limit, "targets": dict(case.targets), "verdict": verdict,
    }  # fmt: skip
    cells = [f"{ratios[name]:.2f} ({least[name]:.2f})" if name in ratios else "-" for name in ("torch", "jax")]
    cells += ["-" if best is None else f"{best:.2f}", f"{limit:.0f}", f"{own.median / limit:.1f}"]
    goals = ", ".join(f"{goal:g} x {NAMES[name]}" for name, goal in case.targets)
    return data, [*cells, goals, verdict]


def table(runs: dict[str, list[dict[str, Any]]], settings: Settings) -> Table:
    """The results of all processes."""
    rate, rates = best_rate(runs)
    names = [name for name, results in runs.items() if results]
    found = Table(
        "Training step of 784-128-64-10: ReLU, softmax cross-entropy, Adam, float32",
        ["batch", "batch norm.", *(f"{NAMES[name]} µs" for name in names), "x PyTorch (of minima)", "x JAX (of minima)",
         "x best", "limit µs", "/ limit", "target", "verdict"],
        notes=[
            "Times are medians over all processes (minimum, 10th-90th percentile); compilation is not counted. "
            "PyTorch is eager with fused Adam, JAX a jitted step with donated buffers, each waited for, Keras its "
            "train_on_batch, scikit-learn its partial_fit.",
            f"Limit: the matrix products of a step at the best rate measured; {rates}.",
            versions(runs),
        ],
    )  # fmt: skip
    for case in QUICK if settings.quick else CASES:
        times = {name: summarize(values) for name in names if (values := pooled(runs[name], case.key))}
        data, cells = compare(case, times, case.network.flops(case.batch) / rate / 1e3)
        shown = [times[name].text() if name in times else "-" for name in names]
        found.rows.append([str(case.batch), "yes" if case.normalized else "no", *shown, *cells])
        found.data.append(
            {"batch": case.batch, "batch_normalization": case.normalized, **data}
            | {name: vars(summary) for name, summary in times.items()}
        )
    return found


def run(settings: Settings) -> list[Table]:
    """Measure."""
    return [table(alternate("dense", FRAMEWORKS, settings), settings)]
