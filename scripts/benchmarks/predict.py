"""Prediction with 784-128-64-10: the latency of one sample and the throughput of 1,024."""

from __future__ import annotations

from typing import Any

from benchmarks.dense import best_rate, product_rate
from benchmarks.frameworks import framework
from benchmarks.network import Network
from benchmarks.processes import NAMES, Settings, alternate, pooled, versions
from benchmarks.tables import Table, at_least
from benchmarks.timing import measure, summarize

FRAMEWORKS = ("nbnet", "onnxruntime", "torch", "jax", "keras", "sklearn")
BATCHES = (1, 1024)


def work(name: str, settings: Settings) -> dict[str, Any]:
    """Times of one framework's ways to predict."""
    module = framework(name)
    found: dict[str, Any] = {"version": module.setup(settings.threads), "times": {}}
    network = Network()
    for batch in BATCHES:
        for way, predict in module.predictors(network, network.data(batch)[0]).items():
            found["times"][f"{batch} {way}"] = measure(predict, settings.seconds, settings.least)
    if hasattr(module, "product"):
        found["gflops"] = product_rate(module, settings)
    return found


def flops(network: Network, batch: int) -> float:
    """Arithmetic of the matrix products of a prediction."""
    return sum(2.0 * batch * a * b for a, b in network.pairs)


def table(runs: dict[str, list[dict[str, Any]]], batch: int) -> Table:
    """The results for one batch size, a row for each way to predict."""
    rate, rates = best_rate(runs)
    limit = flops(Network(), batch) / rate / 1e3
    times = {
        (name, case.split(" ", 1)[1]): summarize(pooled(results, case))
        for name, results in runs.items()
        if results
        for case in results[0]["times"]
        if case.startswith(f"{batch} ")
    }
    goals = {name: found for (name, _), found in times.items() if name == "onnxruntime"}
    peers = [found.median for (name, _), found in times.items() if name != "nbnet"]
    made = Table(
        f"Prediction with 784-128-64-10, softmax, float32, batch {batch}",
        ["framework", "by", "µs", "samples/s", "x ONNX Runtime (of minima)", "x best peer", "/ limit", "target",
         "verdict"],
        notes=[
            "x: how many times the speed of ONNX Runtime or of the fastest peer. Results are new arrays.",
            f"Limit: the matrix products at the best rate measured, {limit:.3g} µs; {rates}.",
            versions(runs),
        ],
    )  # fmt: skip
    for (name, way), found in times.items():
        data: dict[str, Any] = {"batch": batch, "framework": name, "way": way, **vars(found)}
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
            data["verdict"] = at_least(data["ratio"], 1.0) if "ratio" in data else "ONNX Runtime did not run"
            cells[7:] = ["1 x ONNX Runtime", data["verdict"]]
        made.rows.append(cells)
        made.data.append(data)
    return made


def run(settings: Settings) -> list[Table]:
    """Measure; a smoke test leaves most peers out."""
    runs = alternate("predict", FRAMEWORKS[:3] if settings.quick else FRAMEWORKS, settings)
    return [table(runs, batch) for batch in BATCHES]
