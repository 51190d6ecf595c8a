"""Recorded steps as a trace file that chrome://tracing and ui.perfetto.dev show: one lane a thread."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from nbnet.compiler.explain import describe
from nbnet.runtime.profile import Profile
from nbnet.training.strict_json import json_text
from nbnet.training.whole_file import whole_file

__all__ = ["trace_events", "write_trace"]

_PROCESS = 1


def trace_events(profile: Profile) -> list[dict[str, Any]]:
    """The last recorded steps of a profile as trace events.

    Parameters
    ----------
    profile : Profile

    Returns
    -------
    list of dict
        Names of the lanes (``ph`` "M"); then for each step a complete event (``ph`` "X", ``cat`` "step") in the
        calling thread's lane, and within it one (``cat`` "kernel") for each chunk in the lane of the thread that ran
        it. Times are microseconds from the begin of the first step. ``args`` of a chunk name the entry, the chunk, and
        of the whole entry the kernel, layers, source lines, shapes, FLOPs and bytes.

    References
    ----------
    "Trace Event Format", Google 2016: complete events and metadata events.
    """
    events: list[dict[str, Any]] = [_lane(0, "process_name", f"nbnet step '{profile.name}'")]
    names = ["calling thread", *(f"helper {thread}" for thread in range(1, profile.threads))]
    events.extend(_lane(thread, "thread_name", name) for thread, name in enumerate(names))
    rows = describe(profile.plan)["entries"]
    origin = profile.recorded[0].begin
    for number, step in enumerate(profile.recorded, profile.steps - len(profile.recorded)):
        events.append(_complete(f"step {number}", "step", 0, step.begin - origin, step.end - origin, {"step": number}))
        for thread, chunks in enumerate(step.events):
            for entry, chunk, begin, end in chunks.tolist():
                row = rows[entry]
                about = {"entry": entry, "chunk": chunk, "chunks": row["chunks"], "kernel": row["kernel"]}
                about |= {name: row[name] for name in ("layers", "lines", "shapes", "flops", "bytes")}
                events.append(_complete(row["computes"], "kernel", thread, begin - origin, end - origin, about))
    return events


def write_trace(profile: Profile, path: str | os.PathLike[str]) -> None:
    """Write the last recorded steps of a profile as a trace file, whole or not at all.

    Parameters
    ----------
    profile : Profile
    path : path-like
        JSON; open it in ui.perfetto.dev or chrome://tracing.

    Raises
    ------
    OSError
        When it cannot be written.
    """
    with whole_file(Path(path)) as file:
        file.write(json_text({"traceEvents": trace_events(profile), "displayTimeUnit": "ns"}))


def _lane(thread: int, kind: str, name: str) -> dict[str, Any]:
    """A metadata event that names a lane."""
    return {"ph": "M", "pid": _PROCESS, "tid": thread, "name": kind, "args": {"name": name}}


def _complete(name: str, kind: str, thread: int, begin: int, end: int, about: dict[str, Any]) -> dict[str, Any]:
    """An event with a begin and a duration, from nanoseconds."""
    return {
        "ph": "X", "pid": _PROCESS, "tid": thread, "cat": kind, "name": name, "ts": begin / 1000,
        "dur": (end - begin) / 1000, "args": about,
    }  # fmt: skip
