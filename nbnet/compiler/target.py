"""What the compiler must know of a machine, as plain data; the runtime fills it in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbnet.compiler.choices import Choice

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
    choices : mapping of str to Choice
        How products are done, by :attr:`nbnet.compiler.choices.Problem.key`, where measurements know better than the
        cost model.
    """

    name: str
    vector_bytes: int = 32
    registers: int = 16
    choices: Mapping[str, Choice] = field(default_factory=dict, hash=False)
