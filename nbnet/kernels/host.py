"""What the machine code depends on besides the kernel itself: the CPU, the versions of the tools and their settings."""

import functools
import hashlib
import importlib.metadata
import platform
from pathlib import Path
from typing import Any

import llvmlite
import llvmlite.binding as llvm
import numpy as np

from nbnet.version import __version__


@functools.cache
def _tools() -> tuple[str, ...]:
    """Versions of what compiles, and nbnet's own."""
    numba = importlib.metadata.version("numba")
    code_generator = hashlib.sha256(Path(__file__).with_name("codegen.py").read_bytes()).hexdigest()
    python = platform.python_implementation() + platform.python_version()
    return (numba, llvmlite.__version__, np.__version__, python, __version__, code_generator)


@functools.cache
def _host_cpu() -> tuple[str, str]:
    """Name and features of this machine's CPU as LLVM has them."""
    return llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()


def description() -> tuple[Any, ...]:
    """Everything about this process that a kernel's machine code depends on; part of its key."""
    from numba.core import config as settings

    config: Any = settings  # its names come from the environment
    name, features = _host_cpu()
    return (
        *_tools(),
        llvm.get_process_triple(),
        name if config.CPU_NAME is None else config.CPU_NAME,
        features if config.CPU_FEATURES is None else config.CPU_FEATURES,
        bool(config.ENABLE_AVX),
        str(config.OPT),
        bool(config.LOOP_VECTORIZE),
        bool(config.SLP_VECTORIZE),
        str(config.LLVM_REFPRUNE_PASS),
        str(config.BOUNDSCHECK),
        str(config.DEBUGINFO_DEFAULT),
    )
