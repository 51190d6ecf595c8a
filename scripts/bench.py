#!/usr/bin/env python3
"""Timings of nbnet beside other frameworks: alternating subprocesses, so that a drifting machine hits both alike.

    scripts/bench.py dense              a training step of 784-128-64-10, nbnet and PyTorch
    scripts/bench.py dense --quick      a smoke test: few steps, one round
    scripts/bench.py dense --markdown   the table as the README has it

Every figure is microseconds a step: the median over all rounds, the minimum, and how many times faster nbnet's
median is. A step is forward, backward and update on data in memory; compilation is left out.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

CASES: tuple[tuple[int, bool], ...] = (
    (1, False), (32, False), (128, False), (512, False), (32, True), (128, True), (512, True),
)  # fmt: skip
"""(batch size, batch normalization)."""
WIDTHS = (784, 128, 64, 10)


def measure(step: Callable[[], Any], seconds: float) -> list[float]:
    """Microseconds of each call of `step` during about `seconds`, after a warm-up."""
    for _ in range(5):
        step()
    begin = time.perf_counter()
    times: list[float] = []
    while time.perf_counter() - begin < seconds or len(times) < 20:
        start = time.perf_counter()
        step()
        times.append((time.perf_counter() - start) * 1e6)
    return times


def batches(batch: int) -> tuple[Any, Any]:
    """Random images and labels."""
    import numpy as np

    rng = np.random.default_rng(0)
    return rng.normal(size=(batch, WIDTHS[0])).astype("float32"), rng.integers(0, WIDTHS[-1], batch)


def nbnet_worker(seconds: float, threads: int) -> dict[str, Any]:
    """Times of nbnet's steps, and its rate on a large matrix product."""
    import numpy as np

    import nbnet
    from nbnet.layers import Activation, BatchNormalization, Dense, Input

    nbnet.set_num_threads(threads)
    found: dict[str, Any] = {}
    for batch, normalized in CASES:
        layers: list[Any] = [Input((WIDTHS[0],))]
        for width in WIDTHS[1:-1]:
            layers += [Dense(width), BatchNormalization()] if normalized else [Dense(width)]
            layers.append(Activation("relu"))
        model = nbnet.Sequential([*layers, Dense(WIDTHS[-1], activation="softmax")])
        model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
        x, y = batches(batch)
        step = nbnet.function(model.train_step)
        found[f"{batch}{'n' if normalized else ''}"] = measure(lambda step=step, x=x, y=y: step(x, y), seconds)
    size = 1024
    a, b = (np.random.default_rng(seed).normal(size=(size, size)).astype("float32") for seed in (1, 2))
    product = nbnet.function(lambda a, b: nbnet.ops.sum(nbnet.ops.matmul(a, b), axis=0))
    found["gflops"] = 2e-3 * size**3 / min(measure(lambda: product(a, b), seconds))
    found["version"] = nbnet.__version__
    return found


def torch_worker(seconds: float, threads: int) -> dict[str, Any]:
    """Times of PyTorch's steps (eager, fused Adam), and its rate on a large matrix product."""
    import torch
    from torch import nn

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    found: dict[str, Any] = {}
    for batch, normalized in CASES:
        layers: list[nn.Module] = []
        for inputs, width in itertools.pairwise(WIDTHS[:-1]):
            layers.append(nn.Linear(inputs, width))
            layers += [nn.BatchNorm1d(width), nn.ReLU()] if normalized else [nn.ReLU()]
        model = nn.Sequential(*layers, nn.Linear(WIDTHS[-2], WIDTHS[-1]))
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
        loss_of = nn.CrossEntropyLoss()
        x, y = (torch.from_numpy(array) for array in batches(batch))

        def step(
            model: Any = model, optimizer: Any = optimizer, loss_of: Any = loss_of, x: Any = x, y: Any = y
        ) -> None:
            optimizer.zero_grad(set_to_none=True)
            loss_of(model(x), y).backward()
            optimizer.step()

        found[f"{batch}{'n' if normalized else ''}"] = measure(step, seconds)
    size = 1024
    a, b = torch.randn(size, size), torch.randn(size, size)
    found["gflops"] = 2e-3 * size**3 / min(measure(lambda: a @ b, seconds))
    found["version"] = torch.__version__
    return found


WORKERS: dict[str, Callable[[float, int], dict[str, Any]]] = {"nbnet": nbnet_worker, "torch": torch_worker}


def run_worker(name: str, seconds: float, threads: int) -> dict[str, Any] | None:
    """One subprocess; None where the framework is not installed."""
    environment = dict(os.environ, OMP_NUM_THREADS=str(threads), NBNET_NUM_THREADS=str(threads))
    command = [sys.executable, __file__, "worker", name, "--seconds", str(seconds), "--threads", str(threads)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        if "ModuleNotFoundError" in done.stderr and name != "nbnet":
            return None
        raise SystemExit(f"bench: the {name} worker failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def dense(arguments: argparse.Namespace) -> dict[str, Any]:
    """Alternate the workers and gather their times."""
    rounds, seconds = (1, 0.05) if arguments.quick else (arguments.rounds, arguments.seconds)
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in WORKERS}
    for number in range(rounds):
        for name in WORKERS:
            found = run_worker(name, seconds, arguments.threads)
            if found is not None:
                runs[name].append(found)
        print(f"round {number + 1} of {rounds} done", file=sys.stderr)
    rows = []
    for batch, normalized in CASES:
        key = f"{batch}{'n' if normalized else ''}"
        row: dict[str, Any] = {"batch": batch, "batch_normalization": normalized}
        for name, results in runs.items():
            if results:
                times = [value for result in results for value in result[key]]
                row[name] = {
                    "median": statistics.median(times), "minimum": min(times),
                    "medians": [statistics.median(result[key]) for result in results],
                }  # fmt: skip
        if "torch" in row:
            row["ratio"] = row["torch"]["median"] / row["nbnet"]["median"]
        rows.append(row)
    return {
        "what": "a training step of 784-128-64-10: ReLU, softmax cross-entropy, Adam, float32",
        "threads": arguments.threads,
        "machine": platform.processor() or platform.machine(),
        "versions": {name: results[0]["version"] for name, results in runs.items() if results},
        "matmul_gflops": {
            name: max(result["gflops"] for result in results) for name, results in runs.items() if results
        },
        "rows": rows,
    }


def flops(batch: int) -> float:
    """Arithmetic of a step's matrix products: forward, and two backward except for the first layer's input."""
    pairs = enumerate(itertools.pairwise(WIDTHS))
    return sum(2.0 * batch * a * b * (2 if index == 0 else 3) for index, (a, b) in pairs)


def table(found: dict[str, Any], markdown: bool) -> str:
    """The results as text."""
    rate = max(found["matmul_gflops"].values())
    header = ["batch", "batch norm.", "nbnet µs", "(min)", "PyTorch µs", "(min)", "ratio", "matmul limit µs"]
    lines = []
    for row in found["rows"]:
        torch = row.get("torch")
        cells = [row["batch"], "yes" if row["batch_normalization"] else "no"]
        cells += [f"{row['nbnet']['median']:.0f}", f"{row['nbnet']['minimum']:.0f}"]
        cells += [f"{torch['median']:.0f}", f"{torch['minimum']:.0f}", f"{row['ratio']:.2f}"] if torch else ["-"] * 3
        lines.append([str(cell) for cell in [*cells, f"{flops(row['batch']) / rate / 1e3:.0f}"]])
    widths = [max(len(line[column]) for line in [header, *lines]) for column in range(len(header))]
    bar = " | " if markdown else "  "

    def text(line: list[str]) -> str:
        joined = bar.join(cell.rjust(width) for cell, width in zip(line, widths, strict=True))
        return f"| {joined} |" if markdown else joined

    ruler = "-" * (sum(widths) + 2 * len(widths) - 2)
    if markdown:
        ruler = text(["-" * (width - 1) + ":" for width in widths])
    limits = ", ".join(f"{name} {value:.0f}" for name, value in found["matmul_gflops"].items())
    versions = ", ".join(f"{name} {value}" for name, value in found["versions"].items())
    foot = f"{found['what']}; {found['threads']} threads; {versions}; 1024^3 matrix product: {limits} GFLOP/s"
    return "\n".join([text(header), ruler, *map(text, lines), "", foot])


def main() -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    worker = commands.add_parser("worker", help="(internal) time one framework and print JSON")
    worker.add_argument("name", choices=list(WORKERS))
    bench = commands.add_parser("dense", help="training steps of a dense network")
    bench.add_argument("--rounds", type=int, default=5, help="subprocesses of each framework, in turn")
    bench.add_argument("--quick", action="store_true", help="a smoke test")
    bench.add_argument("--json", action="store_true")
    bench.add_argument("--markdown", action="store_true")
    for sub in (worker, bench):
        sub.add_argument("--seconds", type=float, default=1.0, help="time for each case")
        sub.add_argument(
            "--threads",
            type=int,
            default=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        )
    arguments = parser.parse_args()
    if arguments.command == "worker":
        print(json.dumps(WORKERS[arguments.name](arguments.seconds, arguments.threads)))
        return
    found = dense(arguments)
    print(json.dumps(found, indent=2) if arguments.json else table(found, arguments.markdown))


if __name__ == "__main__":
    main()
