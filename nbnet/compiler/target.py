"""What the compiler must know of a machine, as plain data; the runtime fills it in."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Target"]


@dataclass(frozen=True)
class Target:
    """A machine's properties that decide which kernels a plan uses.

    Nothing here depends on the number of cores or threads, so that plans, and with them results, do not.

    Attributes
    ----------
    name : str
        For messages, e.g. "cpu avx512".
    vector_bytes : int
        Width of a vector register: 16, 32 or 64.
    registers : int
        Number of vector registers.
    """

    name: str
    vector_bytes: int = 32
    registers: int = 16
