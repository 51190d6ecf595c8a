"""Measuring how the matrix products of a compiled function are done fastest on this machine.

Candidates run in place, as entries of the function's own plan through the runner, in alternation with what the cost
model chose: first other tiles and packings, then other ways to cut the work. All products try a candidate at the same
time, so that the number of plans is that of the product with the most candidates. Nothing here can change a bit of a
result (see :mod:`nbnet.compiler.choices`).
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from nbnet.compiler.choices import CHUNKS_WANTED, Choice, Problem, choose, cut, fault, problem_of, seconds
from nbnet.compiler.plan import Plan
from nbnet.compiler.table import table
from nbnet.compiler.target import Target
from nbnet.errors import ArgumentError
from nbnet.kernels.tile import ITEMSIZE, tile_shape
from nbnet.runtime import host, threads
from nbnet.runtime.function import Function
from nbnet.runtime.recording import record, spans
from nbnet.runtime.tuned_choices import kept_choices, save_choices

__all__ = ["TunedProduct", "Tuning", "candidates", "cuts", "tune_function"]

TILES: dict[int, tuple[tuple[int, int], ...]] = {
    1: ((8, 1), (12, 1), (24, 1)),
    2: ((4, 2), (12, 2), (14, 2)),
    3: ((4, 4), (8, 3), (12, 2), (14, 2), (4, 3)),
}
"""Rows and vectors of the tiles that are tried where they fit, by the vectors in a row of C (3: or more)."""

COPIED_BYTES = 1024
"""Rows of B that are so long are also tried packed, or not packed."""

LEAST_SECONDS = 1e-6
"""Products that take one core less are left to the model: a clock could not tell the candidates apart."""

LEAST_GAIN = 0.03
"""A winner is faster by this part at least, in two separate measurements."""

_ROUNDS = 3


@dataclass(frozen=True)
class TunedProduct:
    """One product before and after.

    Attributes
    ----------
    problem : Problem
    model, choice : Choice
        What the cost model chose, and what is used from now on; the same where nothing else was clearly faster.
    model_seconds, seconds : float
        What they took in place, median.
    """

    problem: Problem
    model: Choice
    choice: Choice
    model_seconds: float
    seconds: float

    @property
    def gain(self) -> float:
        """By which part the choice is faster: 0.2 is a fifth less time."""
        return 1.0 - self.seconds / self.model_seconds if self.choice != self.model else 0.0


@dataclass(frozen=True)
class Tuning:
    """What came out.

    Attributes
    ----------
    products : tuple of TunedProduct
        In the plan's order, each problem once.
    tried : int
        How many choices were measured.
    step_before, step : float
        Seconds of a whole call with the model's choices and with the winners, median.
    path : Path or None
        The file in which the winners are kept.
    threads : int
        With how many it was measured.
    """

    products: tuple[TunedProduct, ...]
    tried: int
    step_before: float
    step: float
    path: Path | None
    threads: int

    def __str__(self) -> str:
        """The products in a table, and what came of it for the step."""
        rows = [
            (
                item.problem.key,
                item.model.reason,
                item.choice.reason if item.gain else "the same",
                f"{1e6 * item.model_seconds:.1f}",
                f"{1e6 * item.seconds:.1f}",
                f"{100 * item.gain:.0f} %" if item.gain else "",
            )
            for item in self.products
        ]
        lines = [table(("product", "cost model", "winner", "µs", "now", "gain"), rows, {3, 4, 5}), ""]
        lines.append(f"{self.tried} choices tried, {self.threads} thread{'s' * (self.threads != 1)}")
        step = f"step: {1e3 * self.step_before:.3f} ms with the cost model"
        lines.append(step + (f", {1e3 * self.step:.3f} ms with the winners" if self.choices else ""))
        if self.path:
            lines.append(f"kept in {self.path}")
        return "\n".join(lines)

    @property
    def choices(self) -> dict[str, Choice]:
        """The winners, by :attr:`nbnet.compiler.choices.Problem.key`."""
        return {item.problem.key: item.choice for item in self.products if item.choice != item.model}


def candidates(problem: Problem, target: Target) -> Iterator[Choice]:
    """Other tiles than the model's, and the other packing, where they may be worth a try."""
    model = choose(problem, replace(target, choices={}))
    width = tile_shape(target.vector_bytes, target.registers, problem.dtype)[2]
    tried = [(*tile, model.packing) for tile in TILES[min(max(-(-problem.N // width), 1), 3)]]
    if not problem.transposed_b and problem.N * ITEMSIZE[problem.dtype] >= COPIED_BYTES:
        tried.append((model.rows, model.vectors, "" if model.packing else "rows"))
    for rows, vectors, packing in tried:
        if vectors > 2 and 2 * (rows * vectors + vectors + 1) <= target.registers:
            continue  # leaves half of the registers idle
        choice = cut(problem, target, rows, vectors, packing)
        if fault(choice, problem, target) is None and not _same(choice, model):
            yield choice


def cuts(problem: Problem, target: Target, base: Choice) -> Iterator[Choice]:
    """Other ways to cut the work with the tile and the packing of a choice."""
    panel = base.vectors * target.vector_bytes // ITEMSIZE[problem.dtype]
    items = problem.batch * -(-problem.M // base.rows) * -(-problem.N // panel)
    now = -(-items // base.chunk)
    found = [base]
    for wanted in dict.fromkeys(min(max(1, round(now * factor)), CHUNKS_WANTED) for factor in (0.5, 1, 2, 4)):
        for by_rows in (True, False) if problem.batch == 1 else (False,):
            choice = cut(problem, target, base.rows, base.vectors, base.packing, wanted, by_rows)
            if not any(_same(choice, other) for other in found):
                found.append(choice)
                yield choice


def _same(one: Choice, other: Choice) -> bool:
    """Whether two choices are the same but for their reasons."""
    return (one.rows, one.vectors, one.packing, one.strip, one.chunk) == (
        other.rows, other.vectors, other.packing, other.strip, other.chunk,
    )  # fmt: skip


def _products(plan: Plan) -> dict[str, tuple[Problem, list[int]]]:
    """The problems of a plan by their keys, each with the entries that solve it."""
    found: dict[str, tuple[Problem, list[int]]] = {}
    for number, entry in enumerate(plan.entries):
        if entry.spec.family == "matmul":
            problem = problem_of(entry.spec, entry.words)
            found.setdefault(problem.key, (problem, []))[1].append(number)
    return found


class _Bench:
    """One function, compiled with different choices, and what its products take."""

    def __init__(self, function: Function, args: Sequence[Any], kwargs: Mapping[str, Any], span: float) -> None:
        self.function, self.args, self.kwargs, self.span = function, args, dict(kwargs), span
        self.compiled: dict[int, Function] = {}
        self.suits: list[Mapping[str, Choice]] = []
        self.steps = 0

    def add(self, suit: Mapping[str, Choice]) -> int:
        """Compile the function with these choices; gives the number of what comes out."""
        made = Function(self.function.f, name=self.function.name, seed=self.function._seed, step=self.function._step)
        with host.pinned_choices(suit):
            made.explain(*self.args, **self.kwargs)
        self.suits.append(suit)
        self.compiled[len(self.suits) - 1] = made
        return len(self.suits) - 1

    def plan(self, number: int) -> Plan:
        """The plan of a suit."""
        return self.compiled[number].explain(*self.args, **self.kwargs)

    def measure(self, numbers: Sequence[int], done: Callable[[], None]) -> dict[int, tuple[float, dict[str, float]]]:
        """Seconds of a call, and of each product, for each suit: medians over rounds that take turns."""
        calls: dict[int, list[float]] = {number: [] for number in numbers}
        times: dict[int, dict[str, list[float]]] = {number: {} for number in numbers}
        for _ in range(_ROUNDS):
            for number in numbers:
                if not self.steps:
                    first = record(self.compiled[number], self.args, self.kwargs, steps=3)
                    one = max(min(first.unrecorded) / 1e9, 1e-6)
                    self.steps = min(max(int(self.span / 2 / one), 3), 400)
                found = record(self.compiled[number], self.args, self.kwargs, steps=self.steps)
                calls[number].append(statistics.median(found.unrecorded) / 1e9)
                marks = np.stack([spans(step.events, len(found.plan.entries)) for step in found.steps])
                lasted = np.median(marks[:, :, 1] - marks[:, :, 0], axis=0) / 1e9
                for key, (_, entries) in _products(found.plan).items():
                    times[number].setdefault(key, []).append(float(lasted[entries].sum()))
            done()
        return {
            number: (
                statistics.median(calls[number]),
                {key: statistics.median(values) for key, values in times[number].items()},
            )
            for number in numbers
        }


def _round(
    bench: _Bench,
    best: Mapping[str, Choice],
    tries: Mapping[str, Sequence[Choice]],
    done: Callable[[], None],
) -> dict[str, Choice]:
    """Measure candidates of all products at once; what is best for each, with what was best before."""
    numbers = [bench.add(best)]
    for place in range(max((len(choices) for choices in tries.values()), default=0)):
        changed = {key: choices[place] for key, choices in tries.items() if place < len(choices)}
        numbers.append(bench.add({**best, **changed}))
    if len(numbers) == 1:
        return dict(best)
    found = bench.measure(numbers, done)
    winners = dict(best)
    for key in tries:
        rivals = [number for number in numbers if bench.suits[number].get(key) != best.get(key)]
        if rivals:
            first = min(rivals, key=lambda number: found[number][1][key])
            if found[first][1][key] < (1 - LEAST_GAIN) * found[numbers[0]][1][key]:
                winners[key] = bench.suits[first][key]
    return winners


def tune_function(
    function: Function,
    args: Sequence[Any] = (),
    kwargs: Mapping[str, Any] | None = None,
    *,
    seconds_each: float = 0.1,
    save: bool = True,
    on_progress: Callable[[str, int], None] | None = None,
) -> Tuning:
    """Find out how the matrix products of a function are done fastest on this machine, and keep it.

    Parameters
    ----------
    function : Function
    args, kwargs
        Its arguments: what is found holds for their shapes.
    seconds_each : float > 0
        How long each candidate runs in each of three rounds.
    save : bool
        Whether to keep the winners, with those of earlier tunings of other shapes, for all runs on this machine.
    on_progress : callable, optional
        Called as ``on_progress(stage, round)`` with stages "tiles", "cuts" and "proof".

    Returns
    -------
    Tuning

    Raises
    ------
    ArgumentError
        When the function runs op by op, or a number is out of range.
    NonFiniteError
        When a guard of the step fires.
    OSError
        When the winners cannot be written.

    Notes
    -----
    Variables have the same bits afterwards. Plans that were compiled before keep their choices.
    """
    target = host.machine()
    if not seconds_each > 0:
        raise ArgumentError(f"Tuning expects a time in seconds above 0; received seconds_each={seconds_each!r}.")
    bench = _Bench(function, args, kwargs or {}, seconds_each)
    model = bench.add({})
    problems = {key: problem for key, (problem, _) in _products(bench.plan(model)).items()}
    tried = [key for key, problem in problems.items() if seconds(problem, target) >= LEAST_SECONDS]
    base = {key: choose(problems[key], target) for key in problems}

    def done(stage: str) -> Callable[[], None]:
        count = 0

        def told() -> None:
            nonlocal count
            count += 1
            if on_progress is not None:
                on_progress(stage, count)

        return told

    tiles = {key: list(candidates(problems[key], target)) for key in tried}
    best = _round(bench, {}, tiles, done("tiles"))
    ways = {key: list(cuts(problems[key], target, best.get(key, base[key]))) for key in tried}
    best = _round(bench, best, ways, done("cuts"))
    # A race of many is won by luck, too: what has won must win again, alone.
    proof = bench.measure([model, bench.add(best)], done("proof"))
    before, after = proof[model], proof[len(bench.suits) - 1]
    kept = {key: choice for key, choice in best.items() if after[1][key] < (1 - LEAST_GAIN) * before[1][key]}
    if after[0] > before[0]:  # what products gain, others may lose, whose data is then in another core's cache
        kept = {}
    path = None
    if save:
        others = {key: choice for key, choice in kept_choices(target.name).items() if key not in problems}
        path = save_choices(target.name, {**others, **kept})
    products = tuple(
        TunedProduct(
            problem,
            base[key],
            kept.get(key, base[key]),
            before[1][key],
            after[1][key] if key in kept else before[1][key],
        )
        for key, problem in problems.items()
    )
    count = sum(len(choices) for choices in (*tiles.values(), *ways.values()))
    return Tuning(products, count, before[0], after[0] if kept else before[0], path, threads.get_num_threads())
