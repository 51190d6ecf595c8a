"""The machine that is measured on."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def cpu_name() -> str:
    """The CPU's name as the system gives it."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def describe(threads: int) -> dict[str, object]:
    """What a reader needs to know about the machine."""
    return {
        "cpu": cpu_name(), "cores": cores(), "threads": threads, "system": platform.system(),
        "python": ".".join(map(str, sys.version_info[:3])), "load before": "unknown" if load() is None else load(),
    }  # fmt: skip


def load() -> float | None:
    """How many programs wanted a core in the last minute; None where the system does not say."""
    return round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None


def busy(threads: int) -> str | None:
    """A warning when other programs leave less than `threads` cores; None where all is quiet or not known."""
    found = load()
    if found is None or found + threads <= cores() + 0.5:
        return None
    return (
        f"the machine is busy (load {found}): frameworks that wait for all their threads suffer most; "
        "compare minima, or measure again when it is quiet"
    )


def resident_bytes() -> int | None:
    """Resident memory of this process; None where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")


def forget_peak() -> bool:
    """Begin the peak of this process's resident memory anew; False where the system cannot."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return False
    return True


def peak_bytes() -> int | None:
    """The most resident memory of this process since `forget_peak`; None where the system does not say."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), None)
