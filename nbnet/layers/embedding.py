"""Vectors for numbered things: words, users, categories."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from nbnet import constraints, initializers, regularizers
from nbnet.errors import ArgumentError, DataError, ShapeError
from nbnet.graph import ops
from nbnet.graph.tensor import Variable
from nbnet.hookspecs import Register, hookimpl
from nbnet.layers.activity_regularization import penalize
from nbnet.layers.layer import Layer
from nbnet.layers.shapes import Shape

__all__ = ["Embedding"]


class Embedding(Layer):
    """Each number replaced by its row of a table that is trained.

    Parameters
    ----------
    input_dim : int > 0
        How many numbers there are: 0 to input_dim - 1.
    output_dim : int > 0
        Size of a row.
    embeddings_initializer : str or Initializer
    embeddings_regularizer : str, Regularizer or None
        Penalty of the whole table, which training adds to the loss.
    embeddings_constraint : str, Constraint or None
        What the table becomes after each update.
    mask_zero : bool
        Reserved: masks are not available.
    activity_regularizer : str, Regularizer or None
        Penalty of the output of a batch, divided by the number of samples.
    **kwargs
        ``name``, ``trainable``, ``dtype``, ``input_shape``: see :class:`Layer`.

    Raises
    ------
    ArgumentError
        When `mask_zero` is True.
    ShapeError
        When `input_dim` or `output_dim` is no positive int.
    DataError
        When the model is run: a number is negative, too large, or not whole.

    Notes
    -----
    Input (batch, …) of integers, table (input_dim, output_dim), output (batch, …, output_dim). Floats that hold whole
    numbers are taken too, as data from tables often are; Keras 3 cuts off fractions. The gradient of a row is the sum
    over the places where its number stands.

    PyTorch draws the table from the standard normal distribution; here and in Keras 3 it is uniform in ±0.05.

    Examples
    --------
    >>> Embedding(10, 4)([[1, 2, 3]]).shape
    (1, 3, 4)
    """

    casts_input = False  # it takes numbers of rows

    embeddings: Variable

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        mask_zero: bool = False,
        *,
        activity_regularizer: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        for name, size in (("input_dim", input_dim), ("output_dim", output_dim)):
            if isinstance(size, bool) or not hasattr(size, "__index__") or operator.index(size) < 1:
                raise ShapeError(f"Embedding expects a positive int as {name}; received {size!r}.")
        if mask_zero:
            raise ArgumentError(
                "Embedding(mask_zero=True) is not available: there are no masks. Leave mask_zero=False; 0 then has a "
                "row of its own."
            )
        self.input_dim = operator.index(input_dim)
        self.output_dim = operator.index(output_dim)
        self.embeddings_initializer = initializers.get(embeddings_initializer)
        self.embeddings_regularizer = regularizers.get(embeddings_regularizer)
        self.embeddings_constraint = constraints.get(embeddings_constraint)
        self.mask_zero = False
        self.activity_regularizer = regularizers.get(activity_regularizer)

    def build(self, input_shape: Shape) -> None:
        """Make the table."""
        self.embeddings = self.add_weight(
            (self.input_dim, self.output_dim),
            self.embeddings_initializer,
            "embeddings",
            regularizer=self.embeddings_regularizer,
            constraint=self.embeddings_constraint,
        )

    def call(self, x: Any) -> Any:
        """Pick rows."""
        y = ops.gather(self.embeddings, self._rows(x))
        penalize(self, self.activity_regularizer, y)
        return y

    def _rows(self, x: Any) -> Any:
        """Numbers of rows; what is none is an error, at once or, as one past the last, when ops.gather is run."""
        if isinstance(x, np.ndarray):
            bad = np.argwhere(~((x >= 0) & (x < self.input_dim) & (x == np.floor(x))))
            if bad.size:
                at = tuple(int(index) for index in bad[0])
                raise DataError(
                    f"{self.title} expects whole numbers from 0 to {self.input_dim - 1}; received {x[at]} at position "
                    f"{at}, the first of {len(bad)}. Number the things from 0, or make a table with more rows."
                )
            return ops.cast(x, "int64")
        if x.dtype.kind == "f":
            whole = ops.cast(x, "int32")
            valid = ops.logical_and(ops.equal(ops.cast(whole, x.dtype), x), ops.greater_equal(whole, 0))
            return ops.where(valid, whole, self.input_dim)
        if x.dtype.kind == "b":
            return ops.cast(x, "uint8")
        return x if x.dtype.kind == "u" else ops.where(ops.less(x, 0), self.input_dim, x)


@hookimpl
def register_layers(register: Register) -> None:
    """Register ``Embedding``."""
    register("Embedding", Embedding)
