"""Trace files: valid JSON, one lane a thread, every chunk in it."""

from __future__ import annotations

import json

import numpy as np
import pytest

import nbnet
import nbnet.runtime.profile as profiling
from nbnet.graph import ops
from nbnet.runtime import threads
from nbnet.runtime.rates import Rates
from nbnet.training.chrome_trace import trace_events, write_trace

RATES = Rates(2, "float32", 1e9, ((1 << 10, 4e9), (1 << 30, 1e9)))


@pytest.fixture(params=[1, 2])
def profile(request, monkeypatch):
    """A profile of two entries, with one thread and with two."""
    monkeypatch.setattr(threads, "_chosen", request.param)
    monkeypatch.setattr(profiling, "measure_rates", lambda dtype, count: RATES)

    @nbnet.function
    def total(x):
        return ops.sum(ops.exp(ops.transpose(x)), axis=1)

    return nbnet.profile(total, np.ones((300, 2000), "f4"), steps=7)


def test_a_trace_holds_every_chunk_of_the_last_steps(profile, tmp_path):
    path = tmp_path / "trace.json"
    path.write_text("old")
    write_trace(profile, path)
    assert [item.name for item in tmp_path.iterdir()] == ["trace.json"]
    content = json.loads(path.read_text())
    events = content["traceEvents"]
    assert events == json.loads(json.dumps(trace_events(profile)))
    chunks = [event for event in events if event["ph"] == "X" and event["cat"] == "kernel"]
    expected = sorted((n, c) for n, entry in enumerate(profile.plan.entries) for c in range(entry.chunks))
    assert len(expected) > len(profile.plan.entries) >= 2
    assert sorted((event["args"]["entry"], event["args"]["chunk"]) for event in chunks) == sorted(5 * expected)
    for event in chunks:
        entry = profile.plan.entries[event["args"]["entry"]]
        assert event["name"] == entry.label
        assert event["args"]["kernel"] == entry.spec.family
        assert event["args"]["flops"] == entry.flops
        assert event["args"]["bytes"] == entry.bytes
        assert event["args"]["chunks"] == entry.chunks
        assert "test_chrome_trace.py" in event["args"]["lines"][0]


def test_a_lane_is_a_thread(profile):
    events = trace_events(profile)
    names = {event["tid"]: event["args"]["name"] for event in events if event["name"] == "thread_name"}
    assert names == dict(enumerate(["calling thread", "helper 1"][: profile.threads]))
    assert {event["tid"] for event in events} == set(names)
    for lane in names:
        for kind in ("kernel", "step"):
            found = [event for event in events if event["tid"] == lane and event.get("cat") == kind]
            ends = [0.0] + [event["ts"] + event["dur"] for event in found]
            assert all(event["ts"] >= end - 1e-6 for event, end in zip(found, ends[:-1], strict=True))
            assert all(event["dur"] >= 0 for event in found)
            assert all(event["name"] for event in found)


def test_chunks_lie_within_their_step(profile):
    events = trace_events(profile)
    steps = [event for event in events if event.get("cat") == "step"]
    assert [event["name"] for event in steps] == [f"step {number}" for number in range(2, 7)]
    assert steps[0]["ts"] == 0
    for event in events:
        if event.get("cat") == "kernel":
            inside = [
                step
                for step in steps
                if step["ts"] <= event["ts"] and event["ts"] + event["dur"] <= step["ts"] + step["dur"] + 1e-6
            ]
            assert len(inside) == 1


def test_a_trace_that_cannot_be_written(profile, tmp_path):
    with pytest.raises(OSError, match="No such file") as caught:
        write_trace(profile, tmp_path / "no" / "trace.json")
    assert caught.value.filename == str(tmp_path / "no" / "trace.json")
