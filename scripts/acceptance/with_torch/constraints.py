"""Constraints beside functions of PyTorch that do the same to a matrix."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from acceptance import own, samples
from acceptance.agreement import Errors, error
from acceptance.coverage import Case, Entry, Known
from acceptance.with_torch import peer
from nbnet import constraints as nb


def case(
    label: str, ours: Callable[[Any], Any], theirs: Callable[[torch.Tensor], torch.Tensor], known: Known | None = None
) -> Case:
    """A matrix of short and long columns."""

    def compare(dtype: str) -> Errors:
        peer.compute_in(dtype)
        w = samples.normal((6, 5), dtype) * np.linspace(0.1, 3, 5).astype(dtype)
        return {"forward": error(own.values(ours, w), peer.numpy(theirs(peer.tensor(w))))}

    return Case(label, compare, known)


TABLE: Mapping[str, Entry] = {
    "max_norm": [
        case(
            "MaxNorm(2)",
            nb.MaxNorm(2.0),
            lambda w: torch.renorm(w, 2, 1, 2.0),
            Known("PyTorch's renorm divides by |w| + 1e-7.", within=1e-6),
        )
    ],
    "unit_norm": [
        case("UnitNorm()", nb.UnitNorm(), lambda w: F.normalize(w, dim=0)),
        case("UnitNorm(axis=1)", nb.UnitNorm(1), lambda w: F.normalize(w, dim=1)),
    ],
    "non_neg": [case("NonNeg()", nb.NonNeg(), lambda w: torch.clamp(w, min=0))],
    "min_max_norm": "PyTorch has no function of this kind.",
}
