"""What this machine's CPU can do, as the compiler's target."""

from __future__ import annotations

import functools
import os
import platform

from nbnet.compiler.target import Target

__all__ = ["cpu_features", "cpu_target"]


@functools.cache
def cpu_features() -> dict[str, bool]:
    """Instruction sets that kernels may use: the host's, or what NUMBA_CPU_FEATURES says."""
    import llvmlite.binding as llvm

    named = os.environ.get("NUMBA_CPU_FEATURES")
    if named is None:
        return {name: bool(on) for name, on in llvm.get_host_cpu_features().items()}
    return {part[1:]: part.startswith("+") for part in named.replace(" ", "").split(",") if part}


@functools.cache
def cpu_target() -> Target:
    """Vector width and registers: AVX-512, AVX2 (AVX with FMA), NEON, or the SSE2 that every x86-64 has."""
    if platform.machine().lower() in ("arm64", "aarch64"):
        return Target("cpu neon", 16, 32)
    features = cpu_features()
    if features.get("avx512f") and features.get("avx512vl"):
        return Target("cpu avx512", 64, 32)
    if features.get("avx2") and features.get("fma"):
        return Target("cpu avx2", 32, 16)
    return Target("cpu sse", 16, 16)
