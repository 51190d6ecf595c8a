"""A whole model beside PyTorch's: ten steps of training, then a file, then ten more."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

import nbnet
from acceptance import samples
from acceptance.agreement import Errors, error, errors
from acceptance.coverage import Case, Entry
from acceptance.with_torch import peer

STEPS = 10
BATCH = 12
NONE = 1e-30


def case(label: str, optimizer: Callable[[], Any], theirs: Callable[[Any], Any]) -> Case:
    """A classifier with batch and layer normalization.

    Moving averages of variances differ by definition and do not enter training, so predictions are made with
    PyTorch's in both.
    """

    def compare(dtype: str) -> Errors:
        peer.compute_in(dtype)
        layers = nbnet.layers
        model = nbnet.Sequential([
            nbnet.Input((6,), dtype),
            layers.Dense(8, use_bias=False, dtype=dtype),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5, dtype=dtype),
            layers.PReLU("glorot_uniform", dtype=dtype),
            layers.Dense(7, activation="silu", dtype=dtype),
            layers.LayerNormalization(epsilon=1e-5, dtype=dtype),
            layers.Dense(4, dtype=dtype),
        ])  # fmt: skip
        nn = torch.nn
        module = nn.Sequential(
            nn.Linear(6, 8, bias=False), nn.BatchNorm1d(8), nn.PReLU(8), nn.Linear(8, 7), nn.SiLU(), nn.LayerNorm(7),
            nn.Linear(7, 4),
        )  # fmt: skip
        held = [module[0].weight, module[1].weight, module[1].bias, module[1].running_mean, module[1].running_var]
        held += [module[2].weight, module[3].weight, module[3].bias, module[5].weight, module[5].bias]
        held += [module[6].weight, module[6].bias]
        with torch.no_grad():
            for weight, one in zip(model.weights, held, strict=True):
                value = weight.numpy()
                one.copy_(peer.tensor(value.T if value.ndim == 2 else value))
        model.compile(optimizer(), nbnet.losses.SparseCategoricalCrossentropy(from_logits=True))
        other = theirs(module.parameters())
        worst = []
        for part in range(2):
            found, expected = [], []
            for step in range(STEPS):
                x = samples.normal((BATCH, 6), dtype, part, step)
                y = np.abs(x[:, :4]).argmax(axis=1)
                found.append(model.train_on_batch(x, y))
                other.zero_grad()
                loss = F.cross_entropy(module(peer.tensor(x)), peer.tensor(y))
                loss.backward()
                other.step()
                expected.append(float(loss.detach()))
            values = [peer.numpy(one).T if one.ndim == 2 else peer.numpy(one) for one in held]
            trained = [place for place, weight in enumerate(model.weights) if "variance" not in weight.name]
            after = errors([model.get_weights()[at] for at in trained], [values[at] for at in trained])
            worst.append(max(error(found, expected), after))
            if part == 0:
                with tempfile.TemporaryDirectory() as folder:
                    model.save(Path(folder) / "half.nbnet")
                    model = nbnet.load(Path(folder) / "half.nbnet")
        model.set_weights(values)
        module.eval()
        forward = error(model.predict(x, verbose=0), peer.numpy(module(peer.tensor(x))))
        return {"forward": forward, "steps": worst[0], "restored": worst[1]}

    return Case(label, compare)


TABLE: Mapping[str, Entry] = {
    "normalized classifier": [
        case(
            "SGD with momentum",
            lambda: nbnet.optimizers.SGD(0.05, momentum=0.9, nesterov=True),
            lambda p: torch.optim.SGD(p, 0.05, momentum=0.9, nesterov=True),
        ),
        case(
            "AdamW",
            lambda: nbnet.optimizers.AdamW(0.01, 0.05, epsilon=NONE),
            lambda p: torch.optim.AdamW(p, 0.01, eps=NONE, weight_decay=0.05),
        ),
    ]
}
