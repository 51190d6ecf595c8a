"""A training step of a small convolutional network: forward, backward and update, on a batch in memory."""

from __future__ import annotations

from typing import Any

from benchmarks import cnn_memory
from benchmarks.dense import best_rate, product_rate
from benchmarks.frameworks import framework
from benchmarks.images import ImageNetwork, labelled, layouts
from benchmarks.processes import Settings, alternate, pooled, versions
from benchmarks.tables import Table, at_most
from benchmarks.timing import Summary, measure, summarize

FRAMEWORKS = ("nbnet", "torch", "keras", "jax")
TARGETS = {32: 0.8, 128: 0.85}
"""Batch size → how many times the best peer's time nbnet's step may take."""


def batches(settings: Settings) -> list[int]:
    """The batch sizes that are timed."""
    return list(TARGETS)[: 1 if settings.quick else None]


def work(name: str, settings: Settings) -> dict[str, Any]:
    """Times of one framework's steps in each of its layouts, and its rate on a large matrix product."""
    module = framework(name)
    found: dict[str, Any] = {"version": module.setup(settings.threads), "times": {}}
    network = ImageNetwork()
    for batch in batches(settings):
        for layout, chosen in layouts(module).items():
            step = module.train_step(network, *network.data(batch), **chosen)
            warm = 1 if settings.quick else 3
            times = measure(step, 2 * settings.seconds, least=min(settings.least, 8), warm=warm)
            found["times"][f"{batch} {layout}"] = times
    if hasattr(module, "product"):
        found["gflops"] = product_rate(module, settings)
    return found


def timed(runs: dict[str, list[dict[str, Any]]], case: str) -> dict[tuple[str, str], Summary]:
    """(framework, layout) → its times of the case whose name comes before the layout."""
    return {
        (name, key.removeprefix(f"{case} ")): summarize(pooled(results, key))
        for name, results in runs.items()
        if results
        for key in results[0]["times"]
        if key.startswith(f"{case} ")
    }


def table(runs: dict[str, list[dict[str, Any]]], settings: Settings) -> Table:
    """The results of all processes."""
    network = ImageNetwork()
    rate, rates = best_rate(runs)
    ways = list(timed(runs, str(batches(settings)[0])))
    found = Table(
        f"Training step of {network.name}: ReLU, softmax cross-entropy, Adam, float32: milliseconds",
        ["batch", *(labelled(*way) for way in ways), "x best peer's time (of minima)", "limit", "/ limit", "target",
         "verdict"],
        notes=[
            "Times are medians over all processes (minimum, 10th-90th percentile); compilation is not counted. "
            "PyTorch is eager with fused Adam, in its default layout and in channels_last; Keras is its "
            "train_on_batch; JAX a jitted step with donated buffers, waited for. The best peer has the least median.",
            f"Limit: the convolutions and matrix products of a step at the best rate measured; {rates}.",
            versions(runs),
        ],
    )  # fmt: skip
    for batch in batches(settings):
        times = timed(runs, str(batch))
        own, limit = times["nbnet", ""], network.flops(batch) / rate / 1e3
        peers = {way: times[way] for way in ways if way[0] != "nbnet"}
        data: dict[str, Any] = {"batch": batch, "limit_us": limit, "times_the_limit": own.median / limit}
        data |= {"target": TARGETS[batch], "verdict": "no peer ran"}
        ratio = "-"
        if peers:
            best = min(peers, key=lambda way: peers[way].median)
            data["best"], data["ratio"] = labelled(*best), own.median / peers[best].median
            data["ratio_of_minima"] = own.minimum / min(peer.minimum for peer in peers.values())
            data["verdict"] = at_most(data["ratio"], TARGETS[batch])
            ratio = f"{data['ratio']:.2f} ({data['ratio_of_minima']:.2f}) {data['best']}"
        data |= {labelled(*way): vars(summary) for way, summary in times.items()}
        cells = [str(batch), *(times[way].text(1e-3) for way in ways), ratio, f"{limit / 1e3:.1f}"]
        cells += [f"{own.median / limit:.2f}", f"{TARGETS[batch]:g} x best peer's time", data["verdict"]]
        found.rows.append(cells)
        found.data.append(data)
    return found


def run(settings: Settings) -> list[Table]:
    """Measure the steps, then memory; a smoke test leaves the peers out."""
    runs = alternate("cnn", FRAMEWORKS[:1] if settings.quick else FRAMEWORKS, settings)
    return [table(runs, settings), *cnn_memory.run(settings)]
