"""scripts/acceptance: what counts as agreement, what excuses a difference, and that no registered part is left out."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))

from acceptance.agreement import cotangent, error, errors
from acceptance.coverage import AGREES, FAILED, KNOWN, NO_PEER, Case, Known, Row, compared
from acceptance.distributions import apart
from acceptance.report import summary

ROOT = Path(__file__).resolve().parent.parent
REASON = Known("They add 1e-7.", within=1e-6)


def case(float64, known=None, **more):
    """A comparison that finds these errors in float64, and none in float32."""
    return Case("case", lambda dtype: {"forward": float64 if dtype == "float64" else 0.0, **more}, known)


def verdicts(table, names=("part",)):
    """The verdict of each row."""
    return [row.verdict for row in compared("kind", names, table, str)]


def test_errors_are_relative_to_the_largest_number():
    assert error([1.0, 101.0], [1.0, 100.0]) == pytest.approx(0.01)
    assert error([1.0, 100.1], [1.0, 100.0]) == pytest.approx(0.001)
    assert error([0.0], [0.0]) == 0
    assert error([], []) == 0
    assert error([1e-9], [0.0]) == 1


@pytest.mark.parametrize(
    ("found", "expected"),
    [([1.0], [1.0, 1.0]), ([[1.0]], [1.0]), ([np.nan], [1.0]), ([1.0], [np.nan]), ([np.inf], [-np.inf])],
)
def test_other_shapes_and_what_is_not_finite_do_not_agree(found, expected):
    assert error(found, expected) == np.inf
    assert errors([found], [expected]) == np.inf


def test_equal_nan_and_infinity_agree():
    assert error([np.nan, np.inf, 2.0], [np.nan, np.inf, 2.0]) == 0
    assert errors([1.0], [1.0, 2.0]) == np.inf


def test_weights_of_results_are_of_either_sign():
    weights = cotangent((50,), "float32")
    assert weights.dtype == np.float32
    assert 0.5 <= np.abs(weights).min() < np.abs(weights).max() <= 1.5
    assert len(set(np.sign(weights))) == 2


def test_numbers_that_agree_or_not():
    assert verdicts({"part": [case(1e-12)]}) == [AGREES, AGREES]
    assert verdicts({"part": [case(1e-10)]}) == [AGREES, FAILED]
    assert verdicts({"part": [case(0.0, gradient=np.nan)]}) == [FAILED, FAILED]
    assert verdicts({"part": [case(0.0), case(np.inf)]}) == [AGREES, FAILED]
    assert verdicts({"part": "There is none."}) == [NO_PEER]


def test_only_what_a_reason_explains_is_excused():
    assert verdicts({"part": [case(1e-7, REASON)]}) == [AGREES, KNOWN]
    assert verdicts({"part": [case(1e-5, REASON)]}) == [AGREES, FAILED]
    assert verdicts({"part": [case(1e-7, REASON), case(1e-7)]}) == [AGREES, FAILED]


def test_a_reason_that_explains_nothing_fails():
    (_, row) = compared("kind", ["part"], {"part": [case(0.0, REASON)]}, str)
    assert row.failed
    assert "agrees, though a difference is known" in row.text()


def test_a_part_needs_an_entry_and_an_entry_a_part():
    assert verdicts({}) == [FAILED]
    assert verdicts({"part": [], "gone": "There is none."}) == [FAILED, FAILED]
    (row,) = compared("kind", ["a"], {}, str)
    assert "neither a comparison nor a reason" in row.text()


def test_other_names_of_a_part_need_no_entry():
    assert verdicts({"short": "There is none."}, ["long", "short"]) == [FAILED, NO_PEER]
    (row,) = compared("kind", ["abc", "xyz"], {"xyz": "There is none."}, lambda name: len)
    assert (row.name, row.verdict) == ("xyz, abc", NO_PEER)


def test_what_is_raised_fails_and_is_shown():
    def compare(dtype):
        raise ValueError("no such thing")

    (one, _) = compared("kind", ["part"], {"part": [Case("case", compare)]}, str)
    assert one.failed
    assert "ValueError" in one.text()
    assert "no such thing" in one.text()


def test_summaries():
    agreeing, other = Row("kind", "a", "float64", {"forward": 2e-15}), Row("kind", "b", "float32", {"steps": 3e-6})
    assert summary([agreeing, other]) == "2 parts within 3e-06 and 2e-15, 0 known"
    assert summary([agreeing, Row("kind", "c", "-", verdict=FAILED)]) == "1 of 2 rows: kind c"


def test_distributions():
    rng = np.random.default_rng(3)
    one, other = rng.normal(size=(300, 400)), rng.normal(size=(300, 400))
    assert apart(one, other) == 0
    assert apart(one * 1.02, other) == np.inf
    assert apart(one + 0.03, other) == np.inf
    assert apart(one[:-1], other) == np.inf
    assert apart(rng.uniform(-(3**0.5), 3**0.5, size=one.shape), other) == np.inf


def test_a_library_that_is_not_installed_is_named():
    hidden = "import sys; sys.modules['torch'] = None; from acceptance.report import run; run('with_torch', ['loss'])"
    ended = subprocess.run(
        [sys.executable, "-c", hidden],
        cwd=ROOT / "scripts",
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'scripts'}", "PATH": ""},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 1
    assert "needs torch" in ended.stderr
    assert "nbnet[bench]" in ended.stderr
