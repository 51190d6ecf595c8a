"""What the entries of a plan cost in place, against what this machine could do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nbnet.compiler.plan import Entry, Plan
from nbnet.runtime.function import Function
from nbnet.runtime.rates import Rates, measure_rates
from nbnet.runtime.recording import Recorded, record, spans

__all__ = ["EntryProfile", "Profile", "profile_function"]

KEPT = 5
"""Steps whose events a profile keeps, for a trace."""


@dataclass(frozen=True)
class EntryProfile:
    """One entry of a plan, over many steps; times are seconds.

    Attributes
    ----------
    number : int
        Its place in the plan.
    entry : Entry
    seconds, fastest : float
        From the begin of its first chunk to the end of its last one: median and minimum.
    busy : float
        Time in its chunks, summed over threads; median.
    wait : float
        How long no chunk ran before it began: threads wake up, wait for each other, and look for work; median.
    adds : float
        By how much it makes the step longer: `seconds` without what passes beside entries before it; median.
    compute_limit, memory_limit : float
        What its FLOPs take at the rate of a large matrix product, and its bytes at the rate of a copy, with all
        threads.
    rank : int
        Its place among the entries that hold the step back, by `excess`; 1 is the first.
    """

    number: int
    entry: Entry
    seconds: float
    fastest: float
    busy: float
    wait: float
    adds: float
    compute_limit: float
    memory_limit: float
    rank: int = 0

    @property
    def limit(self) -> float:
        """The shortest time that this machine needs: the longer one of the two limits."""
        return max(self.compute_limit, self.memory_limit)

    @property
    def bound(self) -> str:
        """Which limit that is: "compute" or "memory"."""
        return "compute" if self.compute_limit > self.memory_limit else "memory"

    @property
    def excess(self) -> float:
        """The time above the limit that it adds to the step."""
        return max(0.0, self.adds - self.limit)

    @property
    def flops_rate(self) -> float:
        """Operations a second."""
        return self.entry.flops / self.seconds if self.seconds else 0.0

    @property
    def bytes_rate(self) -> float:
        """Bytes read and written a second."""
        return self.entry.bytes / self.seconds if self.seconds else 0.0


@dataclass(frozen=True)
class Profile:
    """A step of a compiled function, measured in place; times are seconds.

    Attributes
    ----------
    name : str
        Of the function.
    plan : Plan
    threads : int
    rates : Rates
        What the machine can do.
    entries : tuple of EntryProfile
        In the plan's order.
    steps : int
        How many steps were recorded.
    step, fastest_step : float
        A whole call, as a program makes it: median and minimum. Nothing is recorded in these.
    program : float
        From the begin to the end of the walk along the entries; median over recorded steps.
    waiting : float
        How much of it no chunk ran.
    python : float
        What a call takes beside it: looking up the plan, binding addresses, reading outputs; median.
    shares : tuple of float
        Which part of the time in chunks each thread had, the calling one first. Where helpers have next to nothing,
        other programs were using the cores.
    footprint : int
        Bytes of memory that a step uses; its copy rate is that of a copy as large.
    recorded : tuple of Recorded
        The last steps with all their events.
    """

    name: str
    plan: Plan
    threads: int
    rates: Rates
    entries: tuple[EntryProfile, ...]
    steps: int
    step: float
    fastest_step: float
    program: float
    waiting: float
    python: float
    shares: tuple[float, ...]
    footprint: int
    recorded: tuple[Recorded, ...]

    @property
    def limit(self) -> float:
        """The sum of the entries' limits."""
        return sum(item.limit for item in self.entries)

    @property
    def ranked(self) -> list[EntryProfile]:
        """The entries, those first which hold the step back most."""
        return sorted(self.entries, key=lambda item: item.rank)

    def __str__(self) -> str:
        """The profile as a table."""
        from nbnet.runtime.profile_table import profile_table

        return profile_table(self)

    def __repr__(self) -> str:
        return f"Profile({self.name!r}, {len(self.entries)} entries, {self.steps} steps of {1e3 * self.step:.3g} ms)"


def profile_function(
    function: Function,
    args: Sequence[Any] = (),
    kwargs: Mapping[str, Any] | None = None,
    *,
    seconds: float = 1.0,
    steps: int | None = None,
) -> Profile:
    """Measure where the time of a compiled function goes.

    Parameters
    ----------
    function : Function
    args, kwargs
        Its arguments.
    seconds : float > 0
        How long to measure, unless `steps` is given.
    steps : int >= 1, optional
        How many steps to record.

    Returns
    -------
    Profile

    Raises
    ------
    ArgumentError
        When the function runs op by op, or `seconds` or `steps` is out of range.
    NonFiniteError
        When a guard of the step fires.

    Notes
    -----
    The steps are real ones: variables change, and have the same bits again afterwards; nothing counts the steps, so
    all have the same step number. While it lasts no other plan of the process runs.

    A limit is a lower bound in this machine's own terms: ``max(FLOPs / product rate, bytes / copy rate)``. An entry
    can be faster than its memory limit when what it reads is still in a nearer cache than the step as a whole.
    """
    found = record(function, args, kwargs, seconds=seconds, steps=steps)
    plan = found.plan
    rates = measure_rates(_main_dtype(plan), found.threads)
    footprint = plan.arena + len(plan.constants) + sum(variable.storage.nbytes for variable in plan.variables)
    footprint += sum(int(np.prod(shape, dtype=np.int64)) * dtype.itemsize for shape, dtype in plan.inputs)
    count = len(plan.entries)
    walls, busy, waits, adds = (np.zeros((len(found.steps), count)) for _ in range(4))
    waiting, lanes = [], np.zeros(found.threads)
    for row, step in enumerate(found.steps):
        times = spans(step.events, count)
        # When everything before an entry had ended: entries may run beside each other.
        reached = np.maximum.accumulate(np.concatenate(([step.begin], times[:, 1])))
        walls[row] = times[:, 1] - times[:, 0]
        busy[row] = times[:, 2]
        waits[row] = np.maximum(times[:, 0] - reached[:-1], 0)
        adds[row] = np.maximum(times[:, 1] - np.maximum(times[:, 0], reached[:-1]), 0)
        lanes += [float((lane[:, 3] - lane[:, 2]).sum()) for lane in step.events]
        waiting.append(step.end - step.begin - adds[row].sum())
    entries = [
        EntryProfile(
            number,
            entry,
            seconds=_median(walls[:, number]),
            fastest=1e-9 * float(walls[:, number].min()),
            busy=_median(busy[:, number]),
            wait=_median(waits[:, number]),
            adds=_median(adds[:, number]),
            compute_limit=entry.flops / rates.flops,
            memory_limit=entry.bytes / rates.bytes_at(footprint),
        )
        for number, entry in enumerate(plan.entries)
    ]
    return Profile(
        name=function.name,
        plan=plan,
        threads=found.threads,
        rates=rates,
        entries=_ranked(entries),
        steps=len(found.steps),
        step=_median(found.unrecorded),
        fastest_step=1e-9 * min(found.unrecorded),
        program=_median([step.end - step.begin for step in found.steps]),
        waiting=_median(waiting),
        python=_median([step.python for step in found.steps]),
        shares=tuple((lanes / max(lanes.sum(), 1)).tolist()),
        footprint=footprint,
        recorded=found.steps[-KEPT:],
    )


def _median(nanoseconds: Any) -> float:
    """The median in seconds."""
    return 1e-9 * float(np.median(nanoseconds))


def _ranked(entries: Sequence[EntryProfile]) -> tuple[EntryProfile, ...]:
    """The entries with their ranks."""
    order = sorted(entries, key=lambda item: (-item.excess, -item.adds, item.number))
    ranks = {item.number: rank for rank, item in enumerate(order, 1)}
    return tuple(replace(item, rank=ranks[item.number]) for item in entries)


def _main_dtype(plan: Plan) -> str:
    """The floating-point dtype that most of a plan's products have."""
    flops = {"float32": 0, "float64": 0}
    for entry in plan.entries:
        dtype = getattr(entry.spec, "dtype", None)
        if dtype in flops:
            flops[dtype] += entry.flops
    return max(flops, key=lambda dtype: flops[dtype])
