"""How a matrix product is done on a machine: tile, packing and cutting, by a model of what they cost.

Pure functions of the problem and the `Target`. Nothing here may depend on the number of cores or threads, and whatever
is chosen each element of the product is the same chain of additions: a choice decides about time and never about bits.

The figures of the model are nominal, the same on every machine of a kind; where a machine has been measured, the choice
stands in its `Target` (see :mod:`nbnet.runtime.tuning`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from nbnet.compiler.target import Target
from nbnet.kernels.matmul import PACKINGS
from nbnet.kernels.program import Program
from nbnet.kernels.tile import ITEMSIZE, tile_shape

__all__ = ["Choice", "Problem", "choose", "cut", "fault", "problem_of", "seconds"]

FLOPS_PER_SECOND = 4e11
"""Of one core with vectors of 64 bytes, times the bytes of an element."""

BYTES_PER_SECOND = 5e10
"""Of one core, between the second and the third cache level."""

SECONDS_PER_OPERATION = 5e-12
"""Of an epilogue, for each unit of `Program.cost` and each vector lane."""

SECONDS_PER_CHUNK = 2.5e-6
"""A chunk is worth several times what it costs to hand it to another thread."""

CHUNKS_WANTED = 64

RESIDENT_BYTES = 1 << 19
"""A B of this size stays in the second cache level while all panels are used again for each strip of rows."""

FAR_BYTES = 4096
"""Rows of B that lie so far apart fall on few cache sets and on a page each."""

PACKED_BLOCKS = 24
"""Rows of tiles that use a packed panel, at least: to pack costs as much as one or two of them."""

LARGEST_NUMBER = 1 << 40
"""A strip or chunk is not larger."""


@dataclass(frozen=True)
class Problem:
    """A product as the model sees it.

    Attributes
    ----------
    dtype : str
    M, N, K, batch : int
        Extents, see :mod:`nbnet.kernels.matmul`.
    transposed_a, transposed_b : bool
        Whether A is stored as K x M and B as N x K.
    epilogue : Program, optional
    """

    dtype: str
    M: int
    N: int
    K: int
    batch: int = 1
    transposed_a: bool = False
    transposed_b: bool = False
    epilogue: Program | None = None

    @property
    def key(self) -> str:
        """The problem as a word; epilogues that cost the same count as the same."""
        turned_a = self.transposed_a and self.M > 1 and self.K > 1  # in one row there is nothing to transpose
        sizes = f"{self.M}x{self.K}{'t' * turned_a}*{self.K}x{self.N}{'t' * self.transposed_b}"
        batch = f"*{self.batch}" if self.batch != 1 else ""
        return f"{self.dtype}:{sizes}{batch}:{self.epilogue.cost if self.epilogue else 0}"


@dataclass(frozen=True)
class Choice:
    """How a product is done.

    Attributes
    ----------
    rows, vectors : int
        The register tile.
    packing : str
        One of `nbnet.kernels.matmul.PACKINGS`.
    strip : int
        Rows of tiles in a strip.
    chunk : int
        Work items a thread takes at a time.
    reason : str
        Why, for people.
    """

    rows: int
    vectors: int
    packing: str
    strip: int
    chunk: int
    reason: str = ""


def problem_of(spec: Any, words: Any) -> Problem:
    """The problem that a call of the matmul kernel solves, from its specification and its words."""
    M, N, K, _, a_col = (int(word) for word in words[3:8])
    transposed_b = spec.packing == "transposed"
    return Problem(spec.dtype, M, N, K, int(words[10]), K > 1 and a_col != 1, transposed_b, spec.epilogue)


def choose(problem: Problem, target: Target) -> Choice:
    """What was measured to be best on the machine, else what the model finds cheapest.

    Parameters
    ----------
    problem : Problem
    target : Target
        A measured choice that the machine cannot do is passed over.

    Returns
    -------
    Choice
    """
    tuned = target.choices.get(problem.key)
    if tuned is not None and fault(tuned, problem, target) is None:
        return replace(tuned, reason=f"tuned: {_text(problem, tuned, target)}")
    rows, vectors, width = tile_shape(target.vector_bytes, target.registers, problem.dtype)
    return cut(problem, target, rows, vectors, _packing(problem, vectors * width))


def fault(choice: Choice, problem: Problem, target: Target) -> str | None:
    """Why a machine cannot solve a problem in this way, or None."""
    numbers = (choice.rows, choice.vectors, choice.strip, choice.chunk)
    if not all(isinstance(number, int) and 1 <= number <= LARGEST_NUMBER for number in numbers):
        return "rows, vectors, strip and chunk are whole numbers of at least 1"
    if choice.rows * choice.vectors + choice.vectors + 1 > target.registers:
        return f"a tile of {choice.rows} x {choice.vectors} vectors does not fit {target.registers} registers"
    if choice.packing not in PACKINGS or (choice.packing == "transposed") != problem.transposed_b:
        return f"packing {choice.packing!r} does not fit a B stored as {'N x K' if problem.transposed_b else 'K x N'}"
    return None


def _packing(problem: Problem, panel: int) -> str:
    """Whether B is packed."""
    if problem.transposed_b:
        return "transposed"
    far = problem.N * ITEMSIZE[problem.dtype] >= FAR_BYTES and panel <= problem.N
    return "rows" if far else ""  # whatever M is: a smaller batch runs the same kernel


def seconds(problem: Problem, target: Target) -> float:
    """What one core takes, nearly: multiplications by whole vectors, or the bytes, and the epilogue."""
    size = ITEMSIZE[problem.dtype]
    width = target.vector_bytes // size
    columns = -(-problem.N // width) * width
    cells = problem.batch * problem.M * columns
    rate = FLOPS_PER_SECOND * target.vector_bytes / 64
    moved = problem.M * problem.K + problem.K * problem.N + problem.M * problem.N
    after = problem.epilogue.cost * SECONDS_PER_OPERATION * 64 / target.vector_bytes if problem.epilogue else 0.0
    return max(2 * cells * problem.K * size / rate, problem.batch * moved * size / BYTES_PER_SECOND) + after * cells


def cut(
    problem: Problem,
    target: Target,
    rows: int,
    vectors: int,
    packing: str,
    wanted: int = 0,
    by_rows: bool | None = None,
) -> Choice:
    """The choice with this tile and packing.

    Parameters
    ----------
    problem : Problem
    target : Target
    rows, vectors, packing
        See `Choice`.
    wanted : int
        Number of chunks, nearly. By default they take 2.5 µs at least, their number is a power of two while it is
        below 16, and there are at most 64.
    by_rows : bool, optional
        Whether a chunk is whole rows of C, which is only asked of one product; by default where B is small enough to
        stay in the cache for all of them.

    Returns
    -------
    Choice
    """
    panel = vectors * target.vector_bytes // ITEMSIZE[problem.dtype]
    blocks, panels = -(-problem.M // rows), -(-problem.N // panel)
    items = problem.batch * blocks * panels
    if not items:
        return Choice(rows, vectors, packing, 1, 1, "nothing to do")
    if not wanted:
        wanted = min(CHUNKS_WANTED, max(1, int(seconds(problem, target) / SECONDS_PER_CHUNK)))
        if wanted < 16:
            wanted = 1 << (wanted.bit_length() - 1)
    wanted = min(wanted, items)
    most_strips = max(1, blocks // PACKED_BLOCKS if packing else blocks)
    if by_rows is None:
        resident = problem.K * problem.N * ITEMSIZE[problem.dtype] <= RESIDENT_BYTES
        by_rows = problem.batch == 1 and resident and most_strips >= wanted
    strips = min(most_strips, wanted if by_rows else -(-wanted // (panels * problem.batch)))
    if strips < 16:
        strips = 1 << (strips.bit_length() - 1)  # as many chunks for each of 2, 4 or 8 threads
    strip = -(-blocks // strips)
    chunk = strip * panels if by_rows else strip * max(1, strips * panels * problem.batch // wanted)
    choice = Choice(rows, vectors, packing, strip, min(chunk, items))
    return replace(choice, reason=_text(problem, choice, target))


def _text(problem: Problem, choice: Choice, target: Target) -> str:
    """A choice in words."""
    size = ITEMSIZE[problem.dtype]
    panels = -(-problem.N // (choice.vectors * target.vector_bytes // size))
    items = max(1, problem.batch * -(-problem.M // choice.rows) * panels)
    chunks = -(-items // choice.chunk)
    way = {
        "": "B read in place",
        "rows": f"B packed (rows {problem.N * size} bytes apart)",
        "transposed": "B packed from its transpose",
    }[choice.packing]
    if chunks == 1:
        cutting = "one chunk"
    else:
        order = "rows" if choice.chunk % (choice.strip * panels) == 0 else "columns"
        micro = 1e6 * seconds(problem, target) * choice.chunk / items
        cutting = f"{chunks} chunks by {order} of about {micro:.{0 if micro >= 10 else 1}f} us"
    return f"{choice.rows}x{choice.vectors} tile, {way}, {cutting}"
