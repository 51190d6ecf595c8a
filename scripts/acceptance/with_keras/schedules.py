"""Learning-rate schedules beside those of Keras, over 1,000 steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax
import keras
import numpy as np

from acceptance import own
from acceptance.agreement import Errors, error
from acceptance.coverage import Case, Entry, Known
from acceptance.with_keras import peer
from nbnet import schedules as nb

ks = keras.optimizers.schedules
STEPS = np.arange(1000)


def case(
    ours: type,
    theirs: Callable[..., Any],
    *args: Any,
    steps: np.ndarray = STEPS,
    known: Known | None = None,
    **kwargs: Any,
) -> Case:
    """The same arguments on both sides."""

    def compare(dtype: str) -> Errors:
        peer.compute_in(dtype)
        expected = np.asarray(jax.vmap(theirs(*args, **kwargs))(steps))
        schedule = ours(*args, **kwargs)
        found, again = ([rule(int(step)) for step in steps] for rule in (schedule, own.restored(schedule)))
        return {"forward": error(found, expected), "restored": error(again, expected)}

    told = ", ".join([*map(str, args), *(f"{key}={value}" for key, value in kwargs.items())])
    return Case(f"{ours.__name__}({told})", compare, known, ("float64",))


TABLE: Mapping[str, Entry] = {
    "exponential_decay": [
        case(nb.ExponentialDecay, ks.ExponentialDecay, 0.1, 300, 0.5),
        case(nb.ExponentialDecay, ks.ExponentialDecay, 0.1, 300, 0.5, staircase=True),
    ],
    "step_decay": [
        case(
            nb.StepDecay, lambda rate, drop, every: ks.ExponentialDecay(rate, every, drop, staircase=True), 0.1, 0.5, 90
        )
    ],
    "piecewise_constant_decay": [
        case(nb.PiecewiseConstantDecay, ks.PiecewiseConstantDecay, [100, 101, 700], [1.0, 0.5, 0.25, 0.1])
    ],
    "inverse_time_decay": [
        case(nb.InverseTimeDecay, ks.InverseTimeDecay, 0.1, 50, 0.5),
        case(nb.InverseTimeDecay, ks.InverseTimeDecay, 0.1, 50, 0.5, staircase=True),
    ],
    "polynomial_decay": [
        case(nb.PolynomialDecay, ks.PolynomialDecay, 0.1, 400),
        case(nb.PolynomialDecay, ks.PolynomialDecay, 0.1, 400, 0.01, power=2.0),
        case(nb.PolynomialDecay, ks.PolynomialDecay, 0.1, 150, 0.01, power=0.5, cycle=True),
    ],
    "cosine_decay": [
        case(nb.CosineDecay, ks.CosineDecay, 0.1, 600),
        case(nb.CosineDecay, ks.CosineDecay, 0.1, 600, alpha=0.1),
        case(nb.CosineDecay, ks.CosineDecay, 0.0, 600, warmup_target=0.1, warmup_steps=100),
        case(nb.CosineDecay, ks.CosineDecay, 0.02, 600, 0.05, warmup_target=0.1, warmup_steps=100),
    ],
    "cosine_decay_restarts": [
        case(nb.CosineDecayRestarts, ks.CosineDecayRestarts, 0.1, 90, steps=STEPS[STEPS != 630]),
        case(
            nb.CosineDecayRestarts,
            ks.CosineDecayRestarts,
            0.1,
            90,
            steps=np.array([0, 630]),
            known=Known(
                "Keras finds the period by a logarithm, which compiled may round the first step of a period to the one "
                "before: the rate is then the lowest in place of the highest.",
                within=1.0,
            ),
        ),
        case(nb.CosineDecayRestarts, ks.CosineDecayRestarts, 0.1, 100, t_mul=1.0, m_mul=0.8),
        case(nb.CosineDecayRestarts, ks.CosineDecayRestarts, 0.1, 70, t_mul=1.5, m_mul=0.5, alpha=0.05),
    ],
    "one_cycle": "Keras has none; it is compared with PyTorch's.",
}
