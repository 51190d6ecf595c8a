"""A profile for people, as one table, and as plain data."""

from __future__ import annotations

from typing import Any

from nbnet.compiler.explain import describe, format_bytes, layer_names
from nbnet.compiler.table import shortened, table
from nbnet.runtime.profile import EntryProfile, Profile

__all__ = ["describe_profile", "profile_table"]

_NAMED = 3
"""Entries that are named below the table as those that hold the step back."""


def describe_profile(profile: Profile) -> dict[str, Any]:
    """A profile as plain data (JSON).

    Returns
    -------
    dict
        What :func:`nbnet.compiler.explain.describe` gives for the plan; each of ``entries`` has a ``profile`` beside:
        seconds (median and fastest), rates in FLOPs and bytes a second, shares of what the machine can do, limits and
        rank. ``profile`` has the times of the whole step and ``machine`` the measured rates.
    """
    found = describe(profile.plan)
    for row, item in zip(found["entries"], profile.entries, strict=True):
        row["profile"] = _entry(profile, item)
    rates = profile.rates
    found["profile"] = {
        "name": profile.name,
        "threads": profile.threads,
        "steps": profile.steps,
        "step_seconds": profile.step,
        "fastest_step_seconds": profile.fastest_step,
        "program_seconds": profile.program,
        "waiting_seconds": profile.waiting,
        "python_seconds": profile.python,
        "thread_shares": list(profile.shares),
        "limit_seconds": profile.limit,
        "footprint": profile.footprint,
        "held_back_by": [item.number for item in profile.ranked if item.excess > 0],
    }
    found["machine"] = {
        "threads": rates.threads,
        "dtype": rates.dtype,
        "product_flops_per_second": rates.flops,
        "cache_bytes_per_second": rates.cache,
        "memory_bytes_per_second": rates.memory,
        "step_bytes_per_second": rates.bytes_at(profile.footprint),
        "copies": [{"bytes": size, "bytes_per_second": rate} for size, rate in rates.copies],
    }
    return found


def _entry(profile: Profile, item: EntryProfile) -> dict[str, Any]:
    """What was measured of an entry."""
    return {
        "rank": item.rank,
        "seconds": item.seconds,
        "fastest_seconds": item.fastest,
        "busy_seconds": item.busy,
        "wait_seconds": item.wait,
        "adds_seconds": item.adds,
        "excess_seconds": item.excess,
        "bound": item.bound,
        "compute_limit_seconds": item.compute_limit,
        "memory_limit_seconds": item.memory_limit,
        "flops_per_second": item.flops_rate,
        "bytes_per_second": item.bytes_rate,
        "share_of_product_rate": item.flops_rate / profile.rates.flops,
        "share_of_copy_rate": item.bytes_rate / profile.rates.bytes_at(profile.footprint),
    }


_HEADER = (
    "#", "rank", "kernel", "layer", "µs", "% step", "above", "wait", "GFLOP/s", "%", "GB/s", "%", "bound", "busy",
    "chunks", "min µs", "computes",
)  # fmt: skip
_RIGHT = {0, 1, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15}


def profile_table(profile: Profile, width: int = 160) -> str:
    """A profile as a table, with what the columns mean and the step's total below.

    Parameters
    ----------
    profile : Profile
    width : int
        Columns of text to use; long descriptions are cut.
    """
    copying = profile.rates.bytes_at(profile.footprint)
    lines = []
    for row, item in zip(describe(profile.plan)["entries"], profile.entries, strict=True):
        lines.append(
            (
                str(item.number),
                str(item.rank),
                row["kernel"],
                shortened(layer_names(row["layers"]), 24),
                _micro(item.seconds),
                f"{100 * item.adds / profile.step:.1f}",
                _micro(item.excess),
                _micro(item.wait),
                f"{1e-9 * item.flops_rate:.1f}",
                f"{100 * item.flops_rate / profile.rates.flops:.0f}",
                f"{1e-9 * item.bytes_rate:.1f}",
                f"{100 * item.bytes_rate / copying:.0f}",
                item.bound,
                f"{100 * item.busy / (item.seconds * profile.threads):.0f}%" if item.seconds else "",
                str(item.entry.chunks),
                _micro(item.fastest),
                row["computes"],
            )
        )
    return "\n".join((table(_HEADER, lines, _RIGHT, width), "", *_summary(profile)))


def _summary(profile: Profile) -> list[str]:
    """The lines below the table."""
    rates = profile.rates
    text = [
        f"step '{profile.name}': {_milli(profile.step)} (fastest {_milli(profile.fastest_step)}), the median of "
        f"{profile.steps}; {profile.threads} thread{'s' * (profile.threads != 1)}",
        f"its parts: kernels {_milli(profile.program - profile.waiting)}, waiting between them "
        f"{_milli(profile.waiting)}, Python around them {_milli(profile.python)}; of the time in kernels the threads "
        f"had {', '.join(f'{100 * share:.0f}%' for share in profile.shares)}",
        f"this machine: {1e-9 * rates.flops:.0f} GFLOP/s in a product of {rates.dtype} matrices; copying "
        f"{1e-9 * rates.cache:.0f} GB/s in the caches, {1e-9 * rates.memory:.0f} GB/s beyond them, "
        f"{1e-9 * rates.bytes_at(profile.footprint):.0f} GB/s at this step's {format_bytes(profile.footprint)}",
        f"limit: {_milli(profile.limit)}, the sum over the entries of FLOPs / product rate or bytes / copy rate, the "
        "longer one ('bound')",
        "µs: first chunk's begin to last chunk's end; above: what that adds to the step beyond its limit; wait: before "
        "it, when no chunk ran; busy: of all threads",
    ]
    slow = [item for item in profile.ranked if item.excess > 0][:_NAMED]
    if slow:
        named = [f"{item.number} ({item.entry.spec.family}, {_micro(item.excess)} µs above its limit)" for item in slow]
        text.append(f"held back most by: {', '.join(named)}")
    return text


def _micro(seconds: float) -> str:
    """A time in microseconds."""
    return f"{1e6 * seconds:.1f}" if seconds < 1e-3 else f"{1e6 * seconds:.0f}"


def _milli(seconds: float) -> str:
    """A time in milliseconds."""
    return f"{1e3 * seconds:.3f} ms" if seconds < 1e-2 else f"{1e3 * seconds:.2f} ms"
