"""What the steps of some networks cost, in counts that are the same on every machine, against records of them.

A count above its record is a step that does more than it did. A count well below it is either an improvement, which the
next change could lose again without a trace unless it is written down, or work that is no longer done though it should
be; both deserve a look. Whatever changed on purpose is written down by

    python tests/test_records.py --rewrite

and the difference of records.toml tells what the change did.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

import nbnet
from nbnet.compiler.plan import Plan
from nbnet.compiler.target import Target
from nbnet.layers import Activation, BatchNormalization, Dense, Input
from nbnet.models import nests
from nbnet.registry import templates
from nbnet.runtime import host
from nbnet.templates import TEMPLATES
from nbnet.training.project import load_project

TARGET = Target("cpu avx512", vector_bytes=64, registers=32)
"""The machine that plans are made for, whichever runs the test: a plan is data, and nothing of it is compiled here."""

FILE = Path(__file__).with_name("records.toml")
COMMAND = "python tests/test_records.py --rewrite"
SAMPLES = 1024
BELOW = 0.05
"""Share of a record that a count may fall below it before that is to be written down."""

IMAGES = ("batchnorm-mlp", "cnn", "digits", "dropout-mlp", "fashion-mlp", "mnist-cnn", "mnist-mlp", "residual")
"""Templates whose images are measured as zeros."""

Counts = dict[str, dict[str, int]]


@contextmanager
def made_for(target: Target) -> Iterator[None]:
    """Make plans for a machine other than this one, as if nothing had been measured on it."""
    with patch.object(host, "machine", lambda: target), host.pinned_choices({}):
        yield


def counts(plan: Plan) -> dict[str, int]:
    """What is counted of one step."""
    return {
        "entries": len(plan.entries),
        "kernels": len(plan.kernels()),
        "waits": sum(not entry.beside for entry in plan.entries),
        "flops": plan.flops,
        "bytes": plan.bytes,
        "arena": plan.arena,
    }


def measured(model: Any, x: Any, y: Any, batch: int) -> Counts:
    """What is counted of each step of a model, and how many kernels are compiled where none is in the cache.

    The last batch of an epoch may be smaller, down to one sample, and may do with other kernels.
    """
    model._ensure_built(x)
    plans: dict[tuple[str, int], Plan] = {}
    for rows in dict.fromkeys((batch, batch // 2 + 1, 1)):
        few = nests.rows(x, slice(rows)), nests.rows(y, slice(rows)), None
        arguments = {"train": few, "train_rows": (x, y, None, np.arange(rows)), "test": few, "predict": few[:1]}
        for kind, given in arguments.items():
            plans[kind, rows] = model._function(kind).explain(*given, model._trainable_key())
    needed = {kernel for plan in plans.values() for kernel in plan.kernels()}
    found = {kind: counts(plan) for (kind, rows), plan in plans.items() if rows == batch}
    return {**found, "all steps": {"compilations": len(needed)}}


def of_template(name: str) -> Counts:
    """A template at its own batch size; its images as zeros where they are on no machine, as the shapes are enough."""
    project = load_project(templates.get(name))
    shape = project.model.input_shape
    if name in IMAGES:
        x, y = np.zeros((SAMPLES, *shape[1:]), "uint8"), np.zeros(SAMPLES, "int64")
    else:
        x, y = project.data.train
    return measured(project.model, x, y, project.fit.get("batch_size", 1))  # one at a time is the perceptron's rule


def of_network(normalized: bool, batch: int) -> Counts:
    """784-128-64-10 with ReLU and Adam."""
    layers: list[Any] = [Input((784,))]
    for width in (128, 64):
        layers += [Dense(width), BatchNormalization()] if normalized else [Dense(width)]
        layers.append(Activation("relu"))
    model = nbnet.Sequential([*layers, Dense(10, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", ["accuracy"])
    return measured(model, np.zeros((SAMPLES, 784), "float32"), np.zeros(SAMPLES, "int64"), batch)


CASES: dict[str, Callable[[], Counts]] = {
    **{name: lambda name=name: of_template(name) for name in TEMPLATES},
    **{
        f"784-128-64-10, {'batch normalization, ' * normalized}batch {batch}": (
            lambda normalized=normalized, batch=batch: of_network(normalized, batch)
        )
        for normalized in (False, True)
        for batch in (32, 512)
    },
}


def differences(record: Mapping[str, Mapping[str, int]], now: Counts) -> list[str]:
    """What is not as it was recorded, a line for each count."""
    found = []
    for step in {**record, **now}:
        before, after = record.get(step, {}), now.get(step, {})
        for what in {**before, **after}:
            old, new = before.get(what), after.get(what)
            if old is None or new is None:
                found.append(f"{step}: {what} is {'not recorded' if old is None else 'recorded and no longer counted'}")
            elif new > old:
                found.append(f"{step}: {what} rose to {new:,} from {old:,}{_share(old, new)}")
            elif new < old * (1 - BELOW):
                found.append(f"{step}: {what} fell to {new:,} from {old:,}{_share(old, new)}")
    return found


def _share(old: int, new: int) -> str:
    return f" ({100 * (new - old) / old:+.1f} %)" if old else ""


def as_toml(records: Mapping[str, Counts]) -> str:
    """A table for each step of each case, one line a count, all sorted."""
    lines = ["# What the steps of some networks cost; tests/test_records.py says how it is counted.", f"# {COMMAND}"]
    for case in sorted(records):
        for step in sorted(records[case]):
            lines += ["", f'["{case}"."{step}"]']
            lines += [f"{what} = {count:_}" for what, count in sorted(records[case][step].items())]
    return "\n".join(lines) + "\n"


def recorded() -> dict[str, Counts]:
    """The records."""
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES)
def test_a_step_costs_what_is_recorded(case):
    with made_for(TARGET):
        found = differences(recorded().get(case, {}), CASES[case]())
    assert not found, (
        f"{case} does not cost what tests/records.toml says:\n  "
        + "\n  ".join(found)
        + f"\nIf that is meant, write it down: {COMMAND}"
    )


def test_nothing_is_recorded_that_is_not_counted():
    assert set(recorded()) == set(CASES), f"write the records anew: {COMMAND}"


def test_the_file_is_as_it_would_be_written():
    assert FILE.read_text(encoding="utf-8") == as_toml(recorded())


def test_a_plan_is_counted():
    with made_for(TARGET):
        plan = nbnet.function(lambda x: nbnet.ops.sum(nbnet.ops.exp(x))).explain(np.zeros((64, 64), "float32"))
    found = counts(plan)
    assert (found["entries"], found["kernels"], found["waits"]) == (1, 1, 1)
    assert found["flops"] == plan.entries[0].flops > 64 * 64
    assert found["bytes"] == plan.entries[0].bytes >= 4 * 64 * 64


def test_plans_are_made_for_the_given_machine():
    def kernels(target):
        with made_for(target):
            return nbnet.function(nbnet.ops.matmul).explain(*[np.zeros((64, 64), "float32")] * 2).kernels()

    sse, avx512 = kernels(Target("cpu sse", 16, 16)), kernels(TARGET)
    assert sse != avx512
    with patch.object(host, "cpu_features", dict):
        assert kernels(TARGET) == avx512


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ({"bytes": 1000, "waits": 10}, []),
        ({"bytes": 951, "waits": 10}, []),
        ({"bytes": 1001, "waits": 10}, ["train: bytes rose to 1,001 from 1,000 (+0.1 %)"]),
        ({"bytes": 949, "waits": 10}, ["train: bytes fell to 949 from 1,000 (-5.1 %)"]),
        ({"bytes": 1000, "waits": 9}, ["train: waits fell to 9 from 10 (-10.0 %)"]),
        ({"bytes": 1000}, ["train: waits is recorded and no longer counted"]),
        ({"bytes": 1000, "waits": 10, "flops": 7}, ["train: flops is not recorded"]),
    ],
)
def test_what_is_said_of_a_difference(now, said):
    assert differences({"train": {"bytes": 1000, "waits": 10}}, {"train": now}) == said


def test_a_record_of_nothing_may_not_rise():
    assert differences({"predict": {"arena": 0}}, {"predict": {"arena": 64}}) == ["predict: arena rose to 64 from 0"]
    assert differences({"predict": {"arena": 0}}, {"predict": {"arena": 0}}) == []


def rewrite() -> None:
    """Count anew, write it down, and say what is other than it was."""
    old = recorded() if FILE.exists() else {}
    with made_for(TARGET):
        new = {case: count() for case, count in CASES.items()}
    FILE.write_text(as_toml(new), encoding="utf-8")
    for case in sorted({**old, **new}):
        for line in _changes(old.get(case, {}), new.get(case, {})):
            print(f"{case}: {line}")


def _changes(old: Mapping[str, Mapping[str, int]], new: Counts) -> Iterator[str]:
    """Every count that is other than it was, by however little."""
    for step in sorted({**old, **new}):
        before, after = old.get(step, {}), new.get(step, {})
        for what in sorted({**before, **after}):
            if before.get(what) != after.get(what):
                yield f"{step}: {what} {before.get(what, '-')} -> {after.get(what, '-')}"


if __name__ == "__main__":
    if sys.argv[1:] != ["--rewrite"]:
        sys.exit(f"usage: {COMMAND}")
    rewrite()
