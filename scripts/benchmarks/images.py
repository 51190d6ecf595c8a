"""The convolutional network that is timed, as plain data, and the arithmetic of its steps."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from benchmarks.processes import NAMES

KERNEL = 3
"""Rows and columns of every kernel of the network."""


@dataclass(frozen=True)
class Part:
    """A layer: its kind ("conv", "pool", "flatten" or "dense") and the shapes of one sample before and after it."""

    kind: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]

    @property
    def kernel(self) -> tuple[int, ...]:
        """The shape of its weights, (rows, columns, channels, filters) or (inputs, outputs); () where it has none."""
        if self.kind == "conv":
            return KERNEL, KERNEL, self.inputs[2], self.outputs[2]
        return (self.inputs[0], self.outputs[0]) if self.kind == "dense" else ()

    @property
    def flops(self) -> float:
        """Arithmetic of its products for one sample, forward; the two gradients take as much each."""
        places = math.prod(self.outputs[:2]) if self.kind == "conv" else 1
        return 2.0 * places * math.prod(self.kernel) if self.kernel else 0.0


@dataclass(frozen=True)
class ImageNetwork:
    """Convolutions (3x3, "valid") and dense layers with ReLU after each but the last; largest of 2x2 between.

    Attributes
    ----------
    shape : (height, width, channels)
    layers : tuple of (kind, number)
        The number is of filters, of a pool's rows and columns, or of outputs.
    optimizer, loss : str
        As in `Network`.
    """

    shape: tuple[int, int, int] = (32, 32, 3)
    layers: tuple[tuple[str, int], ...] = (
        ("conv", 32), ("conv", 64), ("pool", 2), ("conv", 128), ("pool", 2), ("flatten", 0), ("dense", 64),
        ("dense", 10),
    )  # fmt: skip
    optimizer: str = "adam"
    loss: str = "crossentropy"

    @property
    def parts(self) -> list[Part]:
        """Its layers with their shapes."""
        found, before = [], tuple(self.shape)
        for kind, number in self.layers:
            after: tuple[int, ...] = (math.prod(before),) if kind == "flatten" else (number,)
            if kind == "conv":
                after = before[0] - KERNEL + 1, before[1] - KERNEL + 1, number
            elif kind == "pool":
                after = before[0] // number, before[1] // number, before[2]
            found.append(Part(kind, before, after))
            before = after
        return found

    @property
    def name(self) -> str:
        """E.g. "conv 32, conv 64, pool, dense 10 on 32x32x3"."""
        shown = ", ".join(kind if kind == "pool" else f"{kind} {n}" for kind, n in self.layers if kind != "flatten")
        return f"{shown} on {'x'.join(map(str, self.shape))}"

    def forward_flops(self, batch: int) -> float:
        """Arithmetic of a prediction's convolutions and matrix products."""
        return batch * sum(part.flops for part in self.parts)

    def flops(self, batch: int) -> float:
        """Arithmetic of a step's convolutions and matrix products; no gradient by the images."""
        return 3 * self.forward_flops(batch) - batch * self.parts[0].flops

    def data(self, samples: int) -> tuple[Any, Any]:
        """Random float32 images (samples, height, width, channels) and int64 labels."""
        import numpy as np

        rng = np.random.default_rng(0)
        x = rng.standard_normal((samples, *self.shape), dtype="float32")
        return x, rng.integers(0, self.layers[-1][1], samples)

    def weights(self, channels_first: bool = False) -> list[tuple[Any, Any]]:
        """A (kernel, bias) for each layer that has one, scaled to keep the variance.

        Kernels have the shapes of `Part.kernel`. With `channels_first` they are those of the same network on images
        (channels, height, width): (filters, channels, rows, columns), and dense rows after the flattening reordered.
        """
        import numpy as np

        rng = np.random.default_rng(1)
        found, before = [], tuple(self.shape)
        for part in self.parts:
            if part.kernel:
                scale = np.float32((2 / math.prod(part.kernel[:-1])) ** 0.5)
                kernel = rng.standard_normal(part.kernel, dtype="float32") * scale
                if channels_first and part.kind == "conv":
                    kernel = np.ascontiguousarray(kernel.transpose(3, 2, 0, 1))
                elif channels_first and len(before) == 3:
                    kernel = kernel.reshape(*before, -1).transpose(2, 0, 1, 3).reshape(kernel.shape)
                found.append((kernel, np.zeros(part.kernel[-1], "float32")))
            before = before if part.kind == "flatten" else part.outputs
        return found


def layouts(module: Any) -> dict[str, dict[str, str]]:
    """The memory layouts that a framework's module times, each with the arguments that choose it; one of no name."""
    return {name: {"layout": name} for name in getattr(module, "LAYOUTS", ())} or {"": {}}


def labelled(name: str, layout: str) -> str:
    """E.g. "PyTorch channels_last"; the default layout is not said."""
    return NAMES[name] if layout in ("", "default") else f"{NAMES[name]} {layout}"
