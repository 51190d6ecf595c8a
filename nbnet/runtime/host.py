"""What this machine's CPU can do, and what was measured on it, as the compiler's target."""

from __future__ import annotations

import functools
import os
import platform
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from nbnet.compiler.choices import Choice
from nbnet.compiler.target import Target
from nbnet.runtime.tuned_choices import load_choices, switched_off

__all__ = ["active_choices", "cpu_features", "cpu_target", "machine", "pin_choices", "pinned_choices"]


@functools.cache
def cpu_features() -> dict[str, bool]:
    """Instruction sets that kernels may use: the host's, or what NUMBA_CPU_FEATURES says."""
    import llvmlite.binding as llvm

    named = os.environ.get("NUMBA_CPU_FEATURES")
    if named is None:
        return {name: bool(on) for name, on in llvm.get_host_cpu_features().items()}
    return {part[1:]: part.startswith("+") for part in named.replace(" ", "").split(",") if part}


@functools.cache
def machine() -> Target:
    """Vector width and registers: AVX-512, AVX2 (AVX with FMA), NEON, or the SSE2 that every x86-64 has."""
    if platform.machine().lower() in ("arm64", "aarch64"):
        return Target("cpu neon", 16, 32)
    features = cpu_features()
    if features.get("avx512f") and features.get("avx512vl"):
        return Target("cpu avx512", 64, 32)
    if features.get("avx2") and features.get("fma"):
        return Target("cpu avx2", 32, 16)
    return Target("cpu sse", 16, 16)


_pinned: Mapping[str, Choice] | None = None


def pin_choices(choices: Mapping[str, Choice] | None) -> None:
    """Compile plans with these choices from now on; None: with those that ``nbnet tune`` has kept for this machine."""
    global _pinned
    _pinned = choices


@contextmanager
def pinned_choices(choices: Mapping[str, Choice] | None) -> Iterator[None]:
    """Compile plans with these choices within the block; plans that were compiled before stay as they are."""
    before = _pinned
    pin_choices(choices)
    try:
        yield
    finally:
        pin_choices(before)


def active_choices() -> Mapping[str, Choice]:
    """The choices with which plans are compiled: those that are pinned, else those kept; none with NBNET_TUNING=off."""
    return load_choices(machine().name) if _pinned is None or switched_off() else _pinned


def cpu_target() -> Target:
    """The machine, with the choices with which plans are compiled."""
    choices = active_choices()
    return replace(machine(), choices=choices) if choices else machine()
