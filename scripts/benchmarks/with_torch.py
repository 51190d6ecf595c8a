"""PyTorch: eager, fused optimizers, tensors made once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from benchmarks.network import LEARNING_RATE, Network


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


def stepper(network: Network) -> Callable[[Any, Any], None]:
    """A training step on a batch of tensors."""
    made = model(network)
    kind = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}[network.optimizer]
    optimizer = kind(made.parameters(), lr=LEARNING_RATE, fused=True)
    loss_of = nn.CrossEntropyLoss() if network.loss == "crossentropy" else nn.MSELoss()

    def step(x: Any, y: Any) -> None:
        optimizer.zero_grad(set_to_none=True)
        loss_of(made(x), y).backward()
        optimizer.step()

    return step


def train_step(network: Network, x: np.ndarray, y: np.ndarray) -> Callable[[], Any] | None:
    """A training step on one batch; None for batch normalization of one sample, which PyTorch refuses."""
    if network.normalized and len(x) == 1:
        return None
    step, a, b = stepper(network), torch.from_numpy(x), torch.from_numpy(y)
    return lambda: step(a, b)


def predictors(network: Network, x: np.ndarray) -> dict[str, Callable[[], Any]]:
    """The network with softmax in inference mode, from tensor to tensor."""
    made = nn.Sequential(*model(network), nn.Softmax(dim=1)).eval()
    with torch.no_grad():
        for layer, (kernel, bias) in zip(
            (item for item in made if isinstance(item, nn.Linear)), network.weights(), strict=True
        ):
            layer.weight.copy_(torch.from_numpy(kernel.T.copy()))
            layer.bias.copy_(torch.from_numpy(bias))
    a = torch.from_numpy(x)

    def predict() -> Any:
        with torch.inference_mode():
            return made(a)

    return {"inference_mode": predict}


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
