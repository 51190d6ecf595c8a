"""Initializers beside those of PyTorch, whose matrices are (outputs, inputs): other numbers of one distribution."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch.nn import init

from acceptance.agreement import Errors, error
from acceptance.coverage import Case, Entry
from acceptance.distributions import apart
from acceptance.with_torch import peer
from nbnet import initializers as nb

INPUTS, OUTPUTS = 300, 400


def random(label: str, ours: Any, theirs: Callable[[torch.Tensor], Any]) -> Case:
    """The distribution of a matrix."""

    def compare(dtype: str) -> Errors:
        peer.compute_in(dtype)
        matrix = torch.empty(OUTPUTS, INPUTS)
        theirs(matrix)
        return {"forward": apart(ours((INPUTS, OUTPUTS), dtype), peer.numpy(matrix).T)}

    return Case(label, compare)


def exact(label: str, ours: Any, theirs: Callable[[torch.Tensor], Any]) -> Case:
    """The same numbers."""

    def compare(dtype: str) -> Errors:
        peer.compute_in(dtype)
        matrix = torch.empty(6, 4)
        theirs(matrix)
        return {"forward": error(ours((4, 6), dtype), peer.numpy(matrix).T)}

    return Case(label, compare)


TABLE: Mapping[str, Entry] = {
    "zeros": [exact("Zeros()", nb.Zeros(), init.zeros_)],
    "ones": [exact("Ones()", nb.Ones(), init.ones_)],
    "constant": [exact("Constant(0.3)", nb.Constant(0.3), lambda w: init.constant_(w, 0.3))],
    "identity": [exact("Identity()", nb.Identity(), init.eye_)],
    "random_normal": [random("RandomNormal", nb.RandomNormal(1.0, 0.2, seed=1), lambda w: init.normal_(w, 1.0, 0.2))],
    "random_uniform": [
        random("RandomUniform", nb.RandomUniform(-1.0, 0.2, seed=1), lambda w: init.uniform_(w, -1.0, 0.2))
    ],
    "truncated_normal": [
        random(
            "TruncatedNormal, cut at two standard deviations",
            nb.TruncatedNormal(1.0, 0.2, seed=1),
            lambda w: init.trunc_normal_(w, 1.0, 0.2, 0.6, 1.4),
        )
    ],
    "glorot_uniform": [random("GlorotUniform", nb.GlorotUniform(seed=1), init.xavier_uniform_)],
    "glorot_normal": "PyTorch's xavier_normal_ is not cut off; see variance_scaling.",
    "he_uniform": [random("HeUniform", nb.HeUniform(seed=1), lambda w: init.kaiming_uniform_(w, nonlinearity="relu"))],
    "he_normal": "PyTorch's kaiming_normal_ is not cut off; see variance_scaling.",
    "lecun_uniform": [
        random("LecunUniform", nb.LecunUniform(seed=1), lambda w: init.kaiming_uniform_(w, nonlinearity="linear"))
    ],
    "lecun_normal": "PyTorch's kaiming_normal_ is not cut off; see variance_scaling.",
    "variance_scaling": [
        random(
            "VarianceScaling(2, 'fan_in', 'untruncated_normal')",
            nb.VarianceScaling(2.0, "fan_in", "untruncated_normal", seed=1),
            lambda w: init.kaiming_normal_(w, nonlinearity="relu"),
        ),
        random(
            "VarianceScaling(2, 'fan_out', 'uniform')",
            nb.VarianceScaling(2.0, "fan_out", "uniform", seed=1),
            lambda w: init.kaiming_uniform_(w, mode="fan_out", nonlinearity="relu"),
        ),
        random(
            "VarianceScaling(1, 'fan_avg', 'untruncated_normal')",
            nb.VarianceScaling(1.0, "fan_avg", "untruncated_normal", seed=1),
            init.xavier_normal_,
        ),
    ],
    "orthogonal": [random("Orthogonal(1.5)", nb.Orthogonal(1.5, seed=1), lambda w: init.orthogonal_(w, 1.5))],
}
