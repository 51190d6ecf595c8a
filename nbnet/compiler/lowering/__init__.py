"""Which kernel computes which node: one rule a kind of node."""

from __future__ import annotations

from collections.abc import Callable

from nbnet.compiler.lowered import Lowered
from nbnet.compiler.lowering import conv, lanes, moves, numbers, pool, product
from nbnet.graph.tensor import Tensor

__all__ = ["RULES"]

RULES: dict[str, Callable[[Lowered, Tensor], None]] = {
    "map": lanes.lower_map,
    "rows": lanes.lower_rows,
    "columns": lanes.lower_columns,
    "matmul": product.lower_matmul,
    "conv_rows": product.lower_matmul,
    "conv_kernel": conv.lower_conv_kernel,
    "max_pool2d": pool.lower_pool,
    "max_pool2d_input": pool.lower_pool,
    "avg_pool2d": pool.lower_pool,
    "avg_pool2d_input": pool.lower_pool,
    "piece": product.lower_piece,
    "matmul_pieces": product.lower_pieces,
    "transpose": moves.lower_transpose,
    "concatenate": moves.lower_concatenate,
    "slice": moves.lower_slice,
    "embed": moves.lower_embed,
    "gather": moves.lower_gather,
    "scatter_add": moves.lower_scatter,
    "random_uniform": numbers.lower_random,
    "random_normal": numbers.lower_random,
    "random_bernoulli": numbers.lower_random,
    "random_mask": numbers.lower_random,
}
