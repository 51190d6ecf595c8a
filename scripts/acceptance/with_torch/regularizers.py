"""Regularizers beside PyTorch, which has one: the weight decay that SGD adds to the gradient."""

from __future__ import annotations

from collections.abc import Mapping

import torch

import nbnet
from acceptance import samples
from acceptance.agreement import Errors, errors
from acceptance.coverage import Case, Entry
from acceptance.with_torch import peer
from nbnet import ops
from nbnet.graph.gradient import gradients
from nbnet.regularizers import L2
from nbnet.runtime.function import Function

STEPS = 10


def decay(factor: float) -> Case:
    """Ten steps of gradient descent on a penalty and a random slope."""

    def compare(dtype: str) -> Errors:
        peer.compute_in(dtype)
        w = samples.normal((7, 5), dtype)
        variable, one = nbnet.Variable(w.copy(), name="w"), peer.tensor(w, True)
        ours, penalty = nbnet.optimizers.SGD(0.1), L2(factor)
        theirs = torch.optim.SGD([one], 0.1, weight_decay=2 * factor)

        def step(slope: object) -> None:
            loss = ops.sum(variable * slope) + penalty(variable)
            ours.apply(loss, gradients(loss, [variable]), [variable])

        descend = Function(step)
        found, expected = [], []
        for index in range(STEPS):
            slope = samples.normal(w.shape, dtype, 1, index)
            descend(slope)
            one.grad = peer.tensor(slope)
            theirs.step()
            found.append(variable.numpy())
            expected.append(peer.numpy(one))
        return {"steps": errors(found, expected)}

    return Case(f"L2({factor}), half of SGD's weight_decay", compare)


TABLE: Mapping[str, Entry] = {
    "l2": [decay(0.01), decay(0.3)],
    "l1": "PyTorch has none: a penalty is written by hand.",
    "l1_l2": "PyTorch has none: a penalty is written by hand.",
    "orthogonal": "PyTorch has none: a penalty is written by hand.",
}
