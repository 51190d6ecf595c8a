"""Random numbers kernel: fills a flat buffer with words, uniform or normal numbers, or a mask.

Formula
    element e from word e mod 4 of the Philox4x32-10 block e // 4 of (seed, step, stream, op), as `nbnet.graph.philox`
    lays it out: words; uniform u = (word >> 8) 2^-24 in [0, 1); standard normal by pairs (Box and Muller); bernoulli
    u < p; mask32 word < threshold. mask16 compares halves of words, so that a block serves eight elements.
Words
    ``[out, n, seed, step, stream, op, p]``: address of the buffer (of mask16 a multiple of 8), its elements, addresses
    of seed and step (each one int64, so that a plan may advance them), stream and op by value, and for bernoulli the
    address of one float32 probability, for a mask the threshold by value (in [0, 2^16) and [0, 2^32]), else 0.
Work items
    ``ceil(n / ITEM)`` runs of ``ITEM`` elements; a number depends on its element alone, so not on how items are
    grouped.
FLOPs and bytes
    No floating-point operations are counted but those of the distribution; the buffer is written once. A block costs 20
    multiplications of 32 by 32 bits, which take most of the time of all kinds but normal: a mask by halves takes
    about three fifths of the time of one by words.
Source
    Salmon et al., 2011, "Parallel random numbers: as easy as 1, 2, 3", SC11.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from nbnet.errors import KernelError

__all__ = ["CHUNK", "DTYPES", "ITEM", "Spec", "items"]

ITEM = 64
"""Elements of one work item: 16 blocks of four, or eight of eight."""
CHUNK = 128
"""Work items of a chunk: 8,192 elements, a few microseconds."""

DTYPES: dict[str, tuple[str, ...]] = {
    "words": ("int32",),
    "uniform": ("float32", "float64"),
    "normal": ("float32", "float64"),
    "bernoulli": ("bool", "uint8", "float32", "float64"),
    "mask16": ("bool",),
    "mask32": ("bool",),
}
"""kind → dtypes of the buffer. A word is stored as its bit pattern; a mask holds 0 and 1."""

_FLOPS = {"words": 0, "uniform": 1, "normal": 40, "bernoulli": 2, "mask16": 0, "mask32": 0}


@dataclass(frozen=True)
class Spec:
    """What one compiled random kernel is specialised for.

    Attributes
    ----------
    kind : str
        "words", "uniform", "normal", "bernoulli", "mask16" or "mask32".
    dtype : str
        Of the buffer, one of ``DTYPES[kind]``.
    """

    kind: str
    dtype: str
    family: ClassVar[str] = "random"

    def __post_init__(self) -> None:
        """Refuse combinations that no code exists for."""
        if self.dtype not in DTYPES.get(self.kind, ()):
            known = "; ".join(f"{kind}: {', '.join(dtypes)}" for kind, dtypes in DTYPES.items())
            raise KernelError(f"a random kernel fills one of {known}; received {self.kind!r} of {self.dtype!r}.")

    def flops(self, n: int) -> int:
        """Floating-point operations for n elements."""
        return n * _FLOPS[self.kind]

    def bytes(self, n: int) -> int:
        """Bytes written for n elements."""
        return n * {"float64": 8, "float32": 4, "int32": 4}.get(self.dtype, 1)


def items(n: int) -> int:
    """Work items of a buffer of n elements."""
    return -(-n // ITEM)
