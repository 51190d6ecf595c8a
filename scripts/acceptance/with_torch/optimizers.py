"""Optimizers beside those of PyTorch: weights and slots after each of ten steps.

PyTorch adds its epsilon in other places than nbnet and Keras do; with one that vanishes the formulas are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

import nbnet
from acceptance import own, samples
from acceptance.agreement import Errors, errors
from acceptance.coverage import Case, Entry, Known
from acceptance.with_torch import peer
from nbnet import optimizers as nb

STEPS = 10
SHAPES = {"kernel": (4, 3), "bias": (3,)}
RATE = 0.05
NONE = 1e-30
"""An epsilon that changes nothing."""

CLIPPED = Known("PyTorch adds 1e-6 to the norm that it divides by.", within=1e-5)

Slots = Mapping[str, tuple[str, float]]
"""A slot of nbnet → the name that PyTorch's state has for it, and by what that is multiplied to be the same."""
Prepare = Callable[[list[torch.Tensor]], Any]


def case(
    label: str,
    ours: Callable[[], Any],
    theirs: Callable[[list[torch.Tensor]], Any],
    slots: Slots,
    clip: Callable[[list[torch.Tensor]], Any] | None = None,
    known: Known | None = None,
) -> Case:
    """Ten steps by the same gradients; `clip` changes those of PyTorch before."""

    def compare(dtype: str) -> Errors:
        peer.compute_in(dtype)
        optimizer = ours()
        weights = {name: samples.normal(shape, dtype, 7) for name, shape in SHAPES.items()}
        variables = [nbnet.Variable(value.copy(), name=name) for name, value in weights.items()]
        tensors = [peer.tensor(value, True) for value in weights.values()]
        other, step = theirs(tensors), own.stepper(optimizer, variables)
        found, expected = [], []
        for index in range(STEPS):
            grads = [samples.normal(shape, dtype, 8, index) for shape in SHAPES.values()]
            step(*grads)
            for one, grad in zip(tensors, grads, strict=True):
                one.grad = peer.tensor(grad)
            if clip is not None:
                clip(tensors)
            other.step()
            for variable, one in zip(variables, tensors, strict=True):
                held = optimizer.slots(variable)
                if set(held) != set(slots):
                    raise AssertionError(f"{label} has slots {set(held)}; compared are {set(slots)}.")
                found += [variable.numpy(), *(held[slot].numpy() for slot in slots)]
                state = other.state[one]
                expected += [peer.numpy(one), *(peer.numpy(state[name]) * factor for name, factor in slots.values())]
        return {"steps": errors(found, expected)}

    return Case(label, compare, known)


def averaged() -> Case:
    """The moving averages of weights."""

    def compare(dtype: str) -> Errors:
        peer.compute_in(dtype)
        optimizer = nb.SGD(RATE, use_ema=True, ema_momentum=0.8)
        weights = samples.normal((4, 3), dtype, 7)
        variable, module = nbnet.Variable(weights.copy(), name="kernel"), torch.nn.Module()
        module.kernel = torch.nn.Parameter(peer.tensor(weights))
        other, step = torch.optim.SGD(module.parameters(), RATE), own.stepper(optimizer, [variable])
        average = AveragedModel(module, multi_avg_fn=get_ema_multi_avg_fn(0.8))
        found, expected = [], []
        for index in range(STEPS):
            grad = samples.normal(weights.shape, dtype, 8, index)
            step(grad)
            module.kernel.grad = peer.tensor(grad)
            other.step()
            average.update_parameters(module)
            found.append(optimizer.slots(variable)["average"].numpy())
            expected.append(peer.numpy(average.module.kernel))
        return {"steps": errors(found, expected)}

    return Case("SGD(use_ema=True)", compare)


MEANS = {"momentum": ("exp_avg", 1.0), "velocity": ("exp_avg_sq", 1.0)}
optim = torch.optim

TABLE: Mapping[str, Entry] = {
    "sgd": [
        case("SGD", lambda: nb.SGD(RATE), lambda p: optim.SGD(p, RATE), {}),
        case(
            "SGD(momentum=0.9)",
            lambda: nb.SGD(RATE, momentum=0.9),
            lambda p: optim.SGD(p, RATE, momentum=0.9),
            {"velocity": ("momentum_buffer", -RATE)},
        ),
        case(
            "SGD(momentum=0.9, nesterov=True)",
            lambda: nb.SGD(RATE, momentum=0.9, nesterov=True),
            lambda p: optim.SGD(p, RATE, momentum=0.9, nesterov=True),
            {"velocity": ("momentum_buffer", -RATE)},
        ),
        case(
            "SGD(clipvalue=0.7)",
            lambda: nb.SGD(RATE, clipvalue=0.7),
            lambda p: optim.SGD(p, RATE),
            {},
            lambda p: torch.nn.utils.clip_grad_value_(p, 0.7),
        ),
        case(
            "SGD(clipnorm=0.5)",
            lambda: nb.SGD(RATE, clipnorm=0.5),
            lambda p: optim.SGD(p, RATE),
            {},
            lambda p: [torch.nn.utils.clip_grad_norm_([one], 0.5) for one in p],
            CLIPPED,
        ),
        case(
            "SGD(global_clipnorm=0.5)",
            lambda: nb.SGD(RATE, global_clipnorm=0.5),
            lambda p: optim.SGD(p, RATE),
            {},
            lambda p: torch.nn.utils.clip_grad_norm_(p, 0.5),
            CLIPPED,
        ),
        averaged(),
    ],
    "adam": [
        case("Adam", lambda: nb.Adam(RATE, epsilon=NONE), lambda p: optim.Adam(p, RATE, eps=NONE), MEANS),
        case(
            "Adam(beta_1=0.5, beta_2=0.9)",
            lambda: nb.Adam(RATE, 0.5, 0.9, NONE),
            lambda p: optim.Adam(p, RATE, (0.5, 0.9), NONE),
            MEANS,
        ),
        case(
            "Adam(amsgrad=True)",
            lambda: nb.Adam(RATE, beta_2=0.5, epsilon=NONE, amsgrad=True),
            lambda p: optim.Adam(p, RATE, (0.9, 0.5), NONE, amsgrad=True),
            {**MEANS, "largest": ("max_exp_avg_sq", 1.0)},
        ),
        case(
            "Adam(weight_decay=0.1)",
            lambda: nb.Adam(RATE, epsilon=NONE, weight_decay=0.1),
            lambda p: optim.Adam(p, RATE, eps=NONE, weight_decay=0.1, decoupled_weight_decay=True),
            MEANS,
        ),
    ],
    "adamw": [
        case(
            "AdamW(weight_decay=0.1)",
            lambda: nb.AdamW(RATE, 0.1, epsilon=NONE),
            lambda p: optim.AdamW(p, RATE, eps=NONE, weight_decay=0.1),
            MEANS,
        )
    ],
    "rmsprop": [
        case(
            "RMSprop",
            lambda: nb.RMSprop(0.01, epsilon=NONE),
            lambda p: optim.RMSprop(p, 0.01, 0.9, NONE),
            {"mean_square": ("square_avg", 1.0)},
        ),
        case(
            "RMSprop(momentum=0.5, centered=True)",
            lambda: nb.RMSprop(0.01, 0.8, 0.5, NONE, centered=True),
            lambda p: optim.RMSprop(p, 0.01, 0.8, NONE, momentum=0.5, centered=True),
            {
                "mean_square": ("square_avg", 1.0),
                "mean_gradient": ("grad_avg", 1.0),
                "velocity": ("momentum_buffer", 0.01),
            },
        ),
    ],
    "adagrad": [
        case(
            "Adagrad",
            lambda: nb.Adagrad(RATE, epsilon=NONE),
            lambda p: optim.Adagrad(p, RATE, initial_accumulator_value=0.1, eps=NONE),
            {"sum_of_squares": ("sum", 1.0)},
        )
    ],
    "adadelta": [
        case(
            "Adadelta",
            lambda: nb.Adadelta(1.0, 0.9, 1e-6),
            lambda p: optim.Adadelta(p, 1.0, 0.9, 1e-6),
            {"mean_square": ("square_avg", 1.0), "mean_square_step": ("acc_delta", 1.0)},
        )
    ],
    "adamax": [
        case(
            "Adamax",
            lambda: nb.Adamax(RATE, epsilon=NONE),
            lambda p: optim.Adamax(p, RATE, eps=NONE),
            {"momentum": ("exp_avg", 1.0), "norm": ("exp_inf", 1.0)},
        )
    ],
    "nadam": [
        case(
            "Nadam, with PyTorch's momentum_decay at Dozat's value",
            lambda: nb.Nadam(RATE, epsilon=NONE),
            lambda p: optim.NAdam(p, RATE, eps=NONE, momentum_decay=1.0),
            MEANS,
        )
    ],
    "lion": "PyTorch has none.",
}
