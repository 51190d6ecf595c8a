"""Prediction with 784-128-64-10, one sample and 1,024, and with a small convolutional network, one image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from benchmarks.dense import best_rate, product_rate
from benchmarks.frameworks import framework
from benchmarks.images import ImageNetwork
from benchmarks.network import Network
from benchmarks.processes import NAMES, Settings, alternate, pooled, versions
from benchmarks.tables import Table, at_least
from benchmarks.timing import measure, summarize

FRAMEWORKS = ("nbnet", "onnxruntime", "torch", "jax", "keras", "sklearn")


@dataclass(frozen=True)
class Case:
    """A network and a batch size, and how many times ONNX Runtime's time nbnet may take."""

    key: str
    batch: int
    network: Network | ImageNetwork
    allowed: float


CASES = (
    Case("1", 1, Network(), 1.0),
    Case("1024", 1024, Network(), 1.0),
    Case("image", 1, ImageNetwork(), 1.1),
)


def work(name: str, settings: Settings) -> dict[str, Any]:
    """Times of one framework's ways to predict."""
    module = framework(name)
    found: dict[str, Any] = {"version": module.setup(settings.threads), "times": {}}
    for case in CASES:
        for way, predict in module.predictors(case.network, case.network.data(case.batch)[0]).items():
            found["times"][f"{case.key} {way}"] = measure(predict, settings.seconds, settings.least)
    if hasattr(module, "product"):
        found["gflops"] = product_rate(module, settings)
    return found


def table(runs: dict[str, list[dict[str, Any]]], case: Case) -> Table:
    """The results for one network and batch size, a row for each way to predict."""
    rate, rates = best_rate(runs)
    batch, limit = case.batch, case.network.forward_flops(case.batch) / rate / 1e3
    times = {
        (name, key.split(" ", 1)[1]): summarize(pooled(results, key))
        for name, results in runs.items()
        if results
        for key in results[0]["times"]
        if key.startswith(f"{case.key} ")
    }
    goals = {name: found for (name, _), found in times.items() if name == "onnxruntime"}
    peers = [found.median for (name, _), found in times.items() if name != "nbnet"]
    made = Table(
        f"Prediction with {case.network.name}, softmax, float32, batch {batch}",
        ["framework", "by", "µs", "samples/s", "x ONNX Runtime (of minima)", "x best peer", "/ limit", "target",
         "verdict"],
        notes=[
            "x: how many times the speed of ONNX Runtime or of the fastest peer. Results are new arrays.",
            f"Limit: convolutions and matrix products at the best rate measured, {limit:.3g} µs; {rates}.",
            versions(runs),
        ],
    )  # fmt: skip
    for (name, way), found in times.items():
        data: dict[str, Any] = {
            "network": case.network.name,
            "batch": batch,
            "framework": name,
            "way": way,
            **vars(found),
        }
        data |= {"samples_per_second": batch / found.median * 1e6, "times_the_limit": found.median / limit}
        cells = [NAMES[name], way, found.text(), f"{batch / found.median * 1e6:,.0f}", "-", "-"]
        cells += [f"{found.median / limit:.1f}", "", ""]
        if "onnxruntime" in goals:
            goal = goals["onnxruntime"]
            data["ratio"], data["ratio_of_minima"] = goal.median / found.median, goal.minimum / found.minimum
            cells[4] = f"{data['ratio']:.2f} ({data['ratio_of_minima']:.2f})"
        if name == "nbnet":
            if peers:
                data["ratio_to_best"] = min(peers) / found.median
                cells[5] = f"{data['ratio_to_best']:.2f}"
            data["verdict"] = "ONNX Runtime did not run"
            if "ratio" in data:
                data["verdict"] = at_least(data["ratio"], 1 / case.allowed)
            cells[7:] = [f"{case.allowed:g} x ONNX Runtime's time", data["verdict"]]
        made.rows.append(cells)
        made.data.append(data)
    return made


def run(settings: Settings) -> list[Table]:
    """Measure; a smoke test leaves most peers out."""
    runs = alternate("predict", FRAMEWORKS[:3] if settings.quick else FRAMEWORKS, settings)
    return [table(runs, case) for case in CASES]
