"""Split: a product with a weight that the step will update is summed in pieces of the weight's rows.

y = x w becomes the sum over pieces p of x[:, p] w[p, :]. A core that makes a piece reads no more than some rows of
the weight, and the update, which goes through the weight from front to back like the pieces, finds these rows in the
same core's cache. Without that each core reads all rows, and each cache line of the weight goes from core to core in
every step, which takes longer than the arithmetic of a small batch.

How many pieces is a function of the shapes, and they are added in their order: the same bits for any threads.
"""

from __future__ import annotations

import functools
import operator
from typing import Any

import numpy as np

from nbnet.graph import ops
from nbnet.graph.graph import Graph
from nbnet.graph.ops.matmul import MATMUL
from nbnet.graph.tensor import READ, Op, Spec, Tensor
from nbnet.graph.trace import Assign

__all__ = ["PIECE", "PIECES", "pieces", "split"]

SMALLEST, LARGEST = 1 << 16, 1 << 21
"""Bytes of weights for which it matters: below it is little, and above nothing stays in the caches."""


def _infer(a: Any, b: Any, pieces: int) -> Spec:
    """The products of the pieces."""
    return (pieces, a.shape[0], b.shape[1]), a.dtype


def _reference(a: np.ndarray, b: np.ndarray, pieces: int) -> np.ndarray:
    depth = len(b) // pieces
    parts = [slice(first, first + depth) for first in range(0, len(b), depth)]
    with np.errstate(all="ignore"):
        return np.stack([a[:, part] @ b[part] for part in parts])


PIECES = Op("matmul_pieces", _infer, _reference, None, "matmul", 0)
"""The products of all pieces, one array."""
PIECE = Op("piece", lambda a, index: (a.shape[1:], a.dtype), lambda a, index: a[index], None, "piece", None)
"""One of them, where it stands."""


def pieces(M: int, K: int, N: int, itemsize: int) -> int:
    """Into how many pieces of K a product M x K x N is split; 1: it is not."""
    if not SMALLEST <= K * N * itemsize <= LARGEST:
        return 1
    # Every piece is as large as the result, and goes from core to core itself.
    return next((count for count in (4, 2) if K % count == 0 and 2 * count * M <= K), 1)


def split(graph: Graph) -> Graph:
    """The graph with such products in pieces."""
    assigned = {id(effect.variable) for effect in graph.effects if isinstance(effect, Assign)}

    def rule(node: Tensor, inputs: tuple[Tensor, ...]) -> Tensor:
        count = _count(node, assigned)
        if count > 1:
            stack = Tensor(PIECES, inputs, {"pieces": count}, (count, *node.shape), node.dtype, node.origin)
            parts = [Tensor(PIECE, (stack,), {"index": k}, node.shape, node.dtype, node.origin) for k in range(count)]
            return functools.reduce(lambda x, y: _sum(x, y, node), parts)
        if all(map(operator.is_, inputs, node.inputs)):
            return node
        return Tensor(node.op, inputs, node.attrs, node.shape, node.dtype, node.origin)

    return graph.rewrite(rule)


def _sum(x: Tensor, y: Tensor, node: Tensor) -> Tensor:
    """x + y, in the name of `node`."""
    total = ops.add(x, y)
    total.origin = node.origin
    return total


def _count(node: Tensor, assigned: set[int]) -> int:
    """Pieces of a node: of a plain product of two matrices whose second is a variable that the step assigns."""
    if node.op is not MATMUL or node.ndim != 2 or node.dtype.kind != "f":
        return 1
    if node.attrs["transpose_a"] or node.attrs["transpose_b"]:
        return 1
    a, b = node.inputs
    if b.op is not READ or id(b.attrs["variable"]) not in assigned:
        return 1
    return pieces(node.shape[0], a.shape[1], node.shape[1], node.dtype.itemsize)
