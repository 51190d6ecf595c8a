"""Convolutions one by one: forward, the gradient by the input and by the kernel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from benchmarks.cnn import timed
from benchmarks.dense import best_rate, product_rate
from benchmarks.frameworks import framework
from benchmarks.images import labelled, layouts
from benchmarks.processes import Settings, alternate, versions
from benchmarks.tables import Table, at_least
from benchmarks.timing import measure

FRAMEWORKS = ("nbnet", "torch")
WAYS = ("forward", "input gradient", "kernel gradient")


@dataclass(frozen=True)
class Convolution:
    """Square images, kernels, strides and padding; `goal` is how many times PyTorch's speed is wanted."""

    channels: int
    filters: int
    size: int
    kernel: int = 3
    stride: int = 1
    padding: int = 0
    groups: int = 1
    batch: int = 32
    goal: float = 0.95

    @property
    def output(self) -> int:
        """Rows and columns of the result."""
        return (self.size + 2 * self.padding - self.kernel) // self.stride + 1

    @property
    def key(self) -> str:
        """E.g. "32→64 3x3 on 30x30"."""
        what = f"depthwise {self.channels}" if self.groups > 1 else f"{self.channels}→{self.filters}"
        stride = f" stride {self.stride}" if self.stride > 1 else ""
        padding = f" padding {self.padding}" if self.padding else ""
        return f"{what} {self.kernel}x{self.kernel}{stride}{padding} on {self.size}x{self.size}"

    @property
    def flops(self) -> float:
        """Of each of the three ways, counting the products with padding as all do."""
        taps = self.kernel**2 * self.channels // self.groups
        return 2.0 * self.batch * self.output**2 * taps * self.filters

    def data(self) -> tuple[Any, Any, Any]:
        """Images (batch, height, width, channels), a kernel (rows, columns, channels / groups, filters), a gradient."""
        import numpy as np

        rng = np.random.default_rng(0)
        x = (self.batch, self.size, self.size, self.channels)
        w = (self.kernel, self.kernel, self.channels // self.groups, self.filters)
        dy = (self.batch, self.output, self.output, self.filters)
        first, second, third = (rng.standard_normal(shape, dtype="float32") for shape in (x, w, dy))
        return first, second, third


CASES = (
    Convolution(32, 64, 30),
    Convolution(64, 128, 14),
    Convolution(128, 128, 28, padding=1),
    Convolution(64, 256, 28, kernel=1),
    Convolution(3, 64, 112, kernel=7, stride=2, padding=3, batch=8, goal=1.2),
    Convolution(128, 128, 28, padding=1, groups=128, goal=1.2),
)
QUICK = CASES[1:2]


def work(name: str, settings: Settings) -> dict[str, Any]:
    """Times of one framework's convolutions in each of its layouts, and its rate on a large matrix product."""
    module = framework(name)
    found: dict[str, Any] = {"version": module.setup(settings.threads), "times": {}}
    for case in QUICK if settings.quick else CASES:
        for layout, chosen in layouts(module).items():
            calls = module.convolutions(case, *case.data(), **chosen)
            for way in WAYS:
                times = measure(calls[way], settings.seconds, settings.least)
                found["times"][f"{case.key}, {way} {layout}"] = times
    found["gflops"] = product_rate(module, settings)
    return found


def table(runs: dict[str, list[dict[str, Any]]], settings: Settings) -> Table:
    """The results of all processes."""
    rate, rates = best_rate(runs)
    cases = QUICK if settings.quick else CASES
    ways = list(timed(runs, f"{cases[0].key}, {WAYS[0]}"))
    made = Table(
        "Convolutions, float32: milliseconds",
        ["convolution", "batch", "what", *(labelled(*way) for way in ways), "nbnet GFLOP/s", "PyTorch GFLOP/s",
         "x PyTorch (of minima)", "/ limit", "target", "verdict"],
        notes=[
            "Times are medians over all processes (minimum, 10th-90th percentile). Images and kernels are in memory in "
            "each framework's own order; packing a kernel counts for both. nbnet writes to memory that is there, "
            "PyTorch to what its allocator gives. x: how many times the speed of PyTorch's better layout.",
            f"Limit: the arithmetic at the best rate measured; {rates}. A depthwise convolution is bound by memory.",
            versions(runs),
        ],
    )  # fmt: skip
    for case in cases:
        for way in WAYS:
            times = timed(runs, f"{case.key}, {way}")
            own, peers = times["nbnet", ""], [found for (name, _), found in times.items() if name == "torch"]
            limit = case.flops / rate / 1e3
            data: dict[str, Any] = {"convolution": case.key, "batch": case.batch, "what": way, "flops": case.flops}
            data |= {"gflops": case.flops / own.median / 1e3, "limit_us": limit, "target": case.goal}
            data |= {labelled(*key): vars(found) for key, found in times.items()}
            data |= {"times_the_limit": own.median / limit, "verdict": "PyTorch did not run"}
            cells = [case.key, str(case.batch), way, *(times[key].text(1e-3) for key in ways)]
            cells += [f"{data['gflops']:.0f}", "-", "-", f"{own.median / limit:.2f}", f"{case.goal:g} x PyTorch"]
            if peers:
                best = min(peer.median for peer in peers)
                data["ratio"] = best / own.median
                data["ratio_of_minima"] = min(peer.minimum for peer in peers) / own.minimum
                data["verdict"] = at_least(data["ratio"], case.goal)
                cells[-4:-2] = [
                    f"{case.flops / best / 1e3:.0f}",
                    f"{data['ratio']:.2f} ({data['ratio_of_minima']:.2f})",
                ]
            made.rows.append([*cells, data["verdict"]])
            made.data.append(data)
    return made


def run(settings: Settings) -> list[Table]:
    """Measure."""
    return [table(alternate("conv", FRAMEWORKS, settings), settings)]
