"""``nbnet explain --profile`` and ``--trace``."""

from __future__ import annotations

import json

import pytest

from nbnet.runtime import cpu


@pytest.fixture(autouse=True)
def known_rates(monkeypatch):
    """Do not measure the machine each time."""
    import nbnet.runtime.profile as profiling
    from nbnet.runtime.rates import Rates

    found = Rates(2, "float32", 1e11, ((1 << 10, 1e11), (1 << 30, 1e10)))
    monkeypatch.setattr(profiling, "measure_rates", lambda dtype, count: found)


def test_a_profile_has_a_row_an_entry(run, write):
    planned = json.loads(run("explain", write(), "--json").stdout)
    ended = run("explain", write(), "--profile", "--steps", 6)
    assert ended.exit_code == 0, ended.stderr
    rows = [line.split() for line in ended.stdout.split("\n\n")[0].splitlines()[2:]]
    assert [(row[0], row[2]) for row in rows] == [(str(row["entry"]), row["kernel"]) for row in planned["entries"]]
    assert sorted(int(row[1]) for row in rows) == list(range(1, len(rows) + 1))
    assert "the median of 6;" in ended.stdout
    assert "100 GFLOP/s in a product" in ended.stdout


@pytest.mark.parametrize("step", ["train", "test", "predict"])
def test_a_profile_as_json(run, write, step):
    planned = json.loads(run("explain", write(), "--json", "--step", step, "--batch-size", 8).stdout)
    ended = run(
        "explain", write(), "--profile", "--json", "--step", step, "--batch-size", 8, "--steps", 3, "--threads", 2
    )
    found = json.loads(ended.stdout)
    assert [{key: row[key] for key in row if key != "profile"} for row in found["entries"]] == planned["entries"]
    assert all(row["profile"]["seconds"] > 0 for row in found["entries"])
    assert found["profile"]["name"] == step
    assert (found["profile"]["steps"], found["profile"]["threads"]) == (3, 1)  # so small a step
    assert found["totals"] == planned["totals"]


def test_a_trace_is_written_whole(run, write, folder, monkeypatch):
    monkeypatch.setattr(cpu, "_ALONE_FLOPS", -1)  # small as it is, both threads are to take part
    ended = run("explain", write(), "--trace", "trace.json", "--steps", 4, "--threads", 2)
    assert ended.exit_code == 0, ended.stderr
    events = json.loads((folder / "trace.json").read_text())["traceEvents"]
    assert sum(event.get("cat") == "step" for event in events) == 4
    assert {event["tid"] for event in events if event["ph"] == "X"} <= {0, 1}
    assert sum(event["name"] == "thread_name" for event in events) == 2
    assert "its parts: kernels" in ended.stdout
    assert not list(folder.glob("*.tmp"))


def test_a_trace_that_cannot_be_written(run, write, folder):
    ended = run("explain", write(), "--trace", "no/trace.json", "--steps", 1)
    assert ended.exit_code == 1
    assert ended.stderr.endswith("Error: Reading or writing 'no/trace.json' failed: No such file or directory.\n")


def test_steps_without_a_measurement_are_pointed_out(run, write):
    ended = run("explain", write(), "--steps", 3)
    assert ended.exit_code == 2
    assert "add --profile or --trace FILE" in ended.stderr
    assert run("explain", write(), "--profile", "--steps", 0).exit_code == 2
