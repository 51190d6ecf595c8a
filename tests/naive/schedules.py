"""Learning-rate schedules, as Keras 3 and PyTorch state them, in Python floats; each walks from step 0."""

from __future__ import annotations

import math


def exponential_decay(step, initial_learning_rate, decay_steps, decay_rate, staircase=False):
    """A factor for each decay_steps steps."""
    if not staircase:
        return initial_learning_rate * math.exp(math.log(decay_rate) * step / decay_steps)
    rate = initial_learning_rate
    for passed in range(1, step + 1):
        if passed % decay_steps == 0:
            rate *= decay_rate
    return rate


def step_decay(step, initial_learning_rate, drop, every):
    """A factor at each multiple of `every`."""
    return exponential_decay(step, initial_learning_rate, every, drop, staircase=True)


def piecewise_constant_decay(step, boundaries, values):
    """The value of the first boundary that is not passed."""
    for boundary, value in zip(boundaries, values, strict=False):
        if step <= boundary:
            return value
    return values[-1]


def inverse_time_decay(step, initial_learning_rate, decay_steps, decay_rate, staircase=False):
    """One over the time."""
    time = math.floor(step / decay_steps) if staircase else step / decay_steps
    return initial_learning_rate / (1 + decay_rate * time)


def polynomial_decay(step, initial_learning_rate, decay_steps, end_learning_rate=1e-4, power=1.0, cycle=False):
    """A power of what is left."""
    end = decay_steps
    while cycle and end < step:
        end += decay_steps
    step = min(step, end)
    return (initial_learning_rate - end_learning_rate) * (1 - step / end) ** power + end_learning_rate


def cosine_decay(step, initial_learning_rate, decay_steps, alpha=0.0, warmup_target=None, warmup_steps=0):
    """Half a cosine, after a straight line."""
    if warmup_target is not None:
        if step < warmup_steps:
            return step / warmup_steps * (warmup_target - initial_learning_rate) + initial_learning_rate
        step, initial_learning_rate = step - warmup_steps, warmup_target
    wave = math.cos(math.pi * min(step, decay_steps) / decay_steps)
    return initial_learning_rate * ((1 - alpha) * (1 + wave) / 2 + alpha)


def cosine_decay_restarts(step, initial_learning_rate, first_decay_steps, t_mul=2.0, m_mul=1.0, alpha=0.0):
    """Half cosines one after the other."""
    begin, length, top = 0.0, float(first_decay_steps), 1.0
    while begin + length <= step:
        begin += length
        length *= t_mul
        top *= m_mul
    wave = top * (1 + math.cos(math.pi * (step - begin) / length)) / 2
    return initial_learning_rate * ((1 - alpha) * wave + alpha)


def one_cycle(step, max_lr, total_steps, pct_start=0.3, div_factor=25.0, final_div_factor=1e4, anneal="cos"):
    """PyTorch's two phases; after the last step the rate stays."""
    first = max_lr / div_factor
    phases = [(pct_start * total_steps - 1, first, max_lr), (total_steps - 1, max_lr, first / final_div_factor)]
    begin = 0.0
    for end, low, high in phases:
        if step <= end:
            part = (step - begin) / (end - begin)
            if anneal == "linear":
                return (high - low) * part + low
            return high + (low - high) / 2 * (math.cos(math.pi * part) + 1)
        begin = end
    return phases[-1][2]


FORMULAS = {
    "cosine_decay": cosine_decay,
    "cosine_decay_restarts": cosine_decay_restarts,
    "exponential_decay": exponential_decay,
    "inverse_time_decay": inverse_time_decay,
    "one_cycle": one_cycle,
    "piecewise_constant_decay": piecewise_constant_decay,
    "polynomial_decay": polynomial_decay,
    "step_decay": step_decay,
}
"""Name of each schedule → its definition."""
