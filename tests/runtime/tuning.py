"""Choices for tests: any that are legal, drawn by chance."""

from __future__ import annotations

import numpy as np

from nbnet.compiler.choices import Choice, Problem, fault, problem_of
from nbnet.compiler.plan import Plan
from nbnet.compiler.target import Target

TILES = ((6, 4), (1, 1), (3, 2), (12, 1))


def problems(plan: Plan) -> dict[str, Problem]:
    """The products of a plan by their keys."""
    found = [problem_of(entry.spec, entry.words) for entry in plan.entries if entry.spec.family == "matmul"]
    return {problem.key: problem for problem in found}


def random_choices(plan: Plan, target: Target, rng: np.random.Generator) -> dict[str, Choice]:
    """A legal choice for each product of a plan; few tiles, as each is compiled."""
    found = {}
    for key, problem in problems(plan).items():
        fitting = [tile for tile in TILES if tile[0] * tile[1] + tile[1] < target.registers]
        rows, vectors = fitting[rng.integers(len(fitting))]
        packing = "transposed" if problem.transposed_b else ("", "rows")[rng.integers(2)]
        found[key] = Choice(rows, vectors, packing, int(rng.integers(1, 6)), int(rng.integers(1, 12)))
        assert fault(found[key], problem, target) is None
    return found
