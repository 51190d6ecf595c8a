"""Learning-rate schedules beside those of PyTorch, over 1,000 steps or as long as both are defined."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch

from acceptance.agreement import Errors, error
from acceptance.coverage import Case, Entry
from acceptance.with_torch import peer
from nbnet import schedules as nb

lr = torch.optim.lr_scheduler


def case(
    label: str, ours: Callable[[int], float], rate: float, theirs: Callable[[Any], Any], steps: int = 1000
) -> Case:
    """The rate of each step; PyTorch's schedule changes that of an optimizer, which begins with `rate`."""

    def compare(dtype: str) -> Errors:
        peer.compute_in(dtype)
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], rate)
        schedule = theirs(optimizer)
        expected = []
        for _ in range(steps):
            expected.append(float(optimizer.param_groups[0]["lr"]))
            optimizer.step()
            schedule.step()
        return {"forward": error([ours(step) for step in range(steps)], expected)}

    return Case(label, compare, dtypes=("float64",))


TABLE: Mapping[str, Entry] = {
    "exponential_decay": [
        case(
            "ExponentialDecay", nb.ExponentialDecay(0.1, 300, 0.5), 0.1, lambda o: lr.ExponentialLR(o, 0.5 ** (1 / 300))
        )
    ],
    "step_decay": [case("StepDecay", nb.StepDecay(0.1, 0.5, 90), 0.1, lambda o: lr.StepLR(o, 90, 0.5))],
    "piecewise_constant_decay": [
        case(
            "PiecewiseConstantDecay, whose rates change one step later",
            nb.PiecewiseConstantDecay([99, 499], [1.0, 0.1, 0.01]),
            1.0,
            lambda o: lr.MultiStepLR(o, [100, 500], 0.1),
        )
    ],
    "polynomial_decay": [
        case(
            "PolynomialDecay(power=2)",
            nb.PolynomialDecay(0.1, 400, 0.0, 2.0),
            0.1,
            lambda o: lr.PolynomialLR(o, 400, 2.0),
        )
    ],
    "cosine_decay": [
        case(
            "CosineDecay, up to its end: PyTorch's rises again",
            nb.CosineDecay(0.1, 600, 0.1),
            0.1,
            lambda o: lr.CosineAnnealingLR(o, 600, 0.01),
            601,
        )
    ],
    "cosine_decay_restarts": [
        case(
            "CosineDecayRestarts(t_mul=2)",
            nb.CosineDecayRestarts(0.1, 90, alpha=0.1),
            0.1,
            lambda o: lr.CosineAnnealingWarmRestarts(o, 90, 2, 0.01),
        ),
        case(
            "CosineDecayRestarts(t_mul=1)",
            nb.CosineDecayRestarts(0.1, 70, t_mul=1.0),
            0.1,
            lambda o: lr.CosineAnnealingWarmRestarts(o, 70, 1),
        ),
    ],
    "one_cycle": [
        case(
            f"OneCycle(anneal={anneal!r})",
            nb.OneCycle(0.3, 1000, anneal=anneal),
            0.1,
            lambda o, anneal=anneal: lr.OneCycleLR(o, 0.3, 1000, anneal_strategy=anneal, cycle_momentum=False),
            999,
        )
        for anneal in ("cos", "linear")
    ]
    + [
        case(
            "OneCycle(pct_start=0.1, div_factor=10, final_div_factor=100)",
            nb.OneCycle(0.3, 800, 0.1, 10.0, 100.0),
            0.1,
            lambda o: lr.OneCycleLR(
                o, 0.3, 800, pct_start=0.1, div_factor=10.0, final_div_factor=100.0, cycle_momentum=False
            ),
            799,
        )
    ],
    "inverse_time_decay": "PyTorch has none.",
}
