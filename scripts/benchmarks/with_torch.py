"""PyTorch: eager, fused optimizers, tensors made once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from benchmarks.images import KERNEL, ImageNetwork
from benchmarks.network import LEARNING_RATE, Network

LAYOUTS = {"default": torch.contiguous_format, "channels_last": torch.channels_last}
"""How images (samples, channels, height, width) lie in memory."""


def setup(threads: int) -> str:
    """Set the number of threads; the version."""
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    return torch.__version__


def model(network: Network) -> nn.Sequential:
    """The layers up to the logits."""
    layers: list[nn.Module] = []
    for inputs, width in network.pairs[:-1]:
        layers.append(nn.Linear(inputs, width))
        layers += [nn.BatchNorm1d(width), nn.ReLU()] if network.normalized else [nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(*network.pairs[-1]))


def image_model(network: ImageNetwork, layout: str) -> nn.Sequential:
    """The layers up to the logits."""
    layers: list[nn.Module] = []
    for part in network.parts:
        if part.kind == "conv":
            layers += [nn.Conv2d(part.inputs[2], part.outputs[2], KERNEL), nn.ReLU()]
        elif part.kind == "pool":
            layers.append(nn.MaxPool2d(part.inputs[0] // part.outputs[0]))
        elif part.kind == "flatten":
            layers.append(nn.Flatten())
        else:
            layers += [nn.Linear(part.inputs[0], part.outputs[0]), nn.ReLU()]
    return nn.Sequential(*layers[:-1]).to(memory_format=LAYOUTS[layout])


def images(x: np.ndarray, layout: str) -> Any:
    """Images (samples, height, width, channels) as PyTorch takes them."""
    return torch.from_numpy(x).permute(0, 3, 1, 2).contiguous(memory_format=LAYOUTS[layout])


def stepper(network: Network | ImageNetwork, layout: str = "default") -> Callable[[Any, Any], None]:
    """A training step on a batch of tensors."""
    made = image_model(network, layout) if isinstance(network, ImageNetwork) else model(network)
    kind = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}[network.optimizer]
    optimizer = kind(made.parameters(), lr=LEARNING_RATE, fused=True)
    loss_of = nn.CrossEntropyLoss() if network.loss == "crossentropy" else nn.MSELoss()

    def step(x: Any, y: Any) -> None:
        optimizer.zero_grad(set_to_none=True)
        loss_of(made(x), y).backward()
        optimizer.step()

    return step


def train_step(
    network: Network | ImageNetwork, x: np.ndarray, y: np.ndarray, layout: str = "default"
) -> Callable[[], Any] | None:
    """A training step on one batch; None for batch normalization of one sample, which PyTorch refuses."""
    if isinstance(network, Network) and network.normalized and len(x) == 1:
        return None
    a = images(x, layout) if isinstance(network, ImageNetwork) else torch.from_numpy(x)
    step, b = stepper(network, layout), torch.from_numpy(y)
    return lambda: step(a, b)


def _predictor(layers: nn.Sequential, weights: Any, a: Any) -> Callable[[], Any]:
    """The network of these weights with softmax in inference mode, from tensor to tensor."""
    made = nn.Sequential(*layers, nn.Softmax(dim=1)).eval()
    with torch.no_grad():
        for layer, (kernel, bias) in zip(
            (item for item in made if isinstance(item, nn.Linear | nn.Conv2d)), weights, strict=True
        ):
            layer.weight.copy_(torch.from_numpy(kernel.T.copy() if kernel.ndim == 2 else kernel))
            layer.bias.copy_(torch.from_numpy(bias))

    def predict() -> Any:
        with torch.inference_mode():
            return made(a)

    return predict


def predictors(network: Network | ImageNetwork, x: np.ndarray) -> dict[str, Callable[[], Any]]:
    """Prediction in inference mode; of images in each layout."""
    if isinstance(network, Network):
        return {"inference_mode": _predictor(model(network), network.weights(), torch.from_numpy(x))}
    weights = network.weights(channels_first=True)
    return {
        f"inference_mode, {layout}": _predictor(image_model(network, layout), weights, images(x, layout))
        for layout in LAYOUTS
    }


def convolutions(
    case: Any, x: np.ndarray, w: np.ndarray, dy: np.ndarray, layout: str = "default"
) -> dict[str, Callable[[], Any]]:
    """A convolution and its two gradients, each by itself."""
    a, b = images(x, layout), images(dy, layout)
    kernel = torch.from_numpy(w).permute(3, 2, 0, 1).contiguous(memory_format=LAYOUTS[layout])
    strides, padding = [case.stride] * 2, [case.padding] * 2

    def forward() -> Any:
        return nn.functional.conv2d(a, kernel, None, strides, padding, 1, case.groups)

    def backward(by: int) -> Any:
        wanted = [index == by for index in range(3)]
        return torch.ops.aten.convolution_backward(
            b, a, kernel, None, strides, padding, [1, 1], False, [0, 0], case.groups, wanted
        )[by]

    return {"forward": forward, "input gradient": lambda: backward(0), "kernel gradient": lambda: backward(1)}


def product(size: int) -> Callable[[], Any]:
    """A square matrix product into a tensor that is kept."""
    a, b, c = (torch.randn(size, size) for _ in range(3))
    return lambda: torch.mm(a, b, out=c)


def trainer(network: Network, x: np.ndarray, y: np.ndarray, batch: int) -> Callable[[int], Any]:
    """A function of a number of epochs: a loop by hand over a new order of the rows."""
    step, a, b = stepper(network), torch.from_numpy(x), torch.from_numpy(y)

    def fit(epochs: int) -> None:
        for _ in range(epochs):
            for rows in torch.randperm(len(a)).split(batch):
                step(a[rows], b[rows])

    return fit


def _into(name: str) -> Callable[..., Any]:
    """The function with an `out` argument."""
    found: Callable[..., Any] = torch.ops.aten.gelu.out if name == "gelu" else getattr(torch, name)
    return found


def unary(name: str, x: np.ndarray) -> dict[str, Callable[[], Any]]:
    """The function into a tensor that is kept, and with a new tensor as its result."""
    a = torch.from_numpy(x)
    out, into = torch.empty_like(a), _into(name)
    fresh = nn.functional.gelu if name == "gelu" else getattr(torch, name)
    return {"kept": lambda: into(a, out=out), "returned": lambda: fresh(a)}


def values(name: str, x: np.ndarray) -> np.ndarray:
    """The function of each element."""
    a = torch.from_numpy(x)
    found: np.ndarray = _into(name)(a, out=torch.empty_like(a)).numpy()
    return found
