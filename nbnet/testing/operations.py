"""Random operations of random graphs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nbnet.graph import ops
from nbnet.graph.tensor import Tensor
from nbnet.testing.maker import GRID, SIZES, Maker

__all__ = ["Operations"]


class Operations(Maker):
    """A random graph in the making, one operation at a time."""

    def step(self) -> None:
        """Append one random operation."""
        actions = (
            self.unary, self.unary, self.binary, self.binary, self.reduction, self.reduction, self.jump, self.product,
            self.move, self.rows, self.whole, self.logic, self.spread, self.scatter, self.chance_numbers,
        )  # fmt: skip
        actions[int(self.rng.integers(len(actions)))]()

    def unary(self) -> None:
        """A smooth function of one value, kept in a range where it is tame."""
        value = self.pick()
        x = value.tensor
        choice = int(self.rng.integers(14))
        if choice < 3:
            self.add((-x, ops.abs(x), x * 0.5)[choice], value.exact + (choice == 2) if value.exact else 0)
            return
        tame = ops.tanh(x)
        functions: tuple[Callable[[], Tensor], ...] = (
            lambda: ops.exp(tame), lambda: ops.log(tame + 1.5), lambda: ops.log1p(ops.square(tame)), lambda: tame,
            lambda: ops.sigmoid(x), lambda: ops.softplus(tame), lambda: ops.sqrt(ops.square(tame) + 0.5),
            lambda: ops.rsqrt(ops.square(tame) + 0.5), lambda: ops.power(ops.abs(tame) + 0.5, 1.5),
            lambda: ops.power(tame, 2.0), lambda: ops.stop_gradient(tame) * tame,
        )  # fmt: skip
        self.add(functions[choice - 3]())

    def binary(self) -> None:
        """Arithmetic of two values."""
        a = self.pick()
        b = self.compatible(a)
        exact = max(a.exact, b.exact) + 1 if a.exact and b.exact else 0
        choice = int(self.rng.integers(6))
        x, y = a.tensor, b.tensor
        if choice == 0:
            self.add(x + y, exact)
        elif choice == 1:
            self.add(x - y, exact)
        elif choice == 2:
            self.add(x * ops.tanh(y))
        elif choice == 3:
            self.add(x / (ops.square(y) + 0.5))
        elif a.exact and b.exact:
            self.add(ops.minimum(x, y) if choice == 4 else ops.maximum(x, y), exact)
        else:
            self.add(x + ops.sigmoid(y))

    def _axes(self, x: Tensor) -> tuple[int, ...]:
        """A random non-empty set of axes."""
        axes = [axis for axis in range(x.ndim) if self.chance(0.5)]
        return tuple(axes) or (int(self.rng.integers(x.ndim)),)

    def reduction(self) -> None:
        """A sum, mean, maximum or logsumexp over axes."""
        value = self.with_axes()
        if value is None:
            return
        x = value.tensor
        axes, keepdims = self._axes(x), self.chance(0.6)
        choice = int(self.rng.integers(5))
        if choice == 0:
            self.add(ops.sum(ops.tanh(x), axis=axes, keepdims=keepdims) * 0.25)
        elif choice == 1:
            self.add(ops.mean(x, axis=axes, keepdims=keepdims))
        elif choice == 2:
            self.add(ops.logsumexp(x, axis=axes, keepdims=keepdims))
        elif value.exact:
            extremum = ops.max if choice == 3 else ops.min
            self.add(extremum(x, axis=axes, keepdims=keepdims), value.exact)

    def rows(self) -> None:
        """A softmax or a normalisation."""
        value = self.with_axes()
        if value is None:
            return
        x = value.tensor
        axis = int(self.rng.integers(x.ndim))
        if self.chance(0.6):
            self.add(ops.softmax(x, axis=axis) if self.chance(0.5) else ops.log_softmax(x, axis=axis))
            return
        centred = x - ops.mean(x, axis=axis, keepdims=True)
        self.add(centred * ops.rsqrt(ops.mean(ops.square(centred), axis=axis, keepdims=True) + 0.1))

    def jump(self) -> None:
        """An operation that jumps, on exact numbers."""
        value = self.with_axes(0, exact=True)
        if value is None:
            return
        x = value.tensor
        choice = int(self.rng.integers(7))
        if choice == 0:
            self.add(ops.where(x > 0.3, x, ops.tanh(x)))
        elif choice == 1:
            self.add(ops.cast(x, str(self.rng.choice(["int32", "int64"]))), value.exact)
        elif choice == 2:
            self.add(ops.sign(x), 1)
        elif choice == 3 and x.ndim:
            self.add(ops.argmax(x, axis=int(self.rng.integers(x.ndim)), keepdims=self.chance(0.3)), 1)
        elif choice == 4:
            self.add(ops.cast(ops.abs(x), "uint8"), 1)
        elif choice == 5:
            self.add(ops.cast(x, "float64" if x.dtype == np.float32 else "float32"), value.exact)
        else:
            self.add((x >= 0.0) & (x < 1.0), 1)

    def whole(self) -> None:
        """Arithmetic of integers, and their way to floats."""
        value = self.with_axes(0, exact=True, kinds="iu")
        if value is None:
            return
        x = value.tensor
        choice = int(self.rng.integers(8))
        if choice == 0:
            self.add(ops.cast(x, self.dtype) * GRID, 1)
        elif choice == 1:
            self.add(ops.one_hot(x, 3, self.dtype if self.chance(0.7) else "int32"), 1)
        elif choice == 2 and x.ndim:
            self.add(ops.sum(x, axis=self._axes(x), keepdims=self.chance(0.5)), value.exact + 1)
        elif choice == 3 and x.ndim:
            extremum = ops.max if self.chance(0.5) else ops.min
            self.add(extremum(x, axis=self._axes(x), keepdims=self.chance(0.5)), value.exact)
        elif choice == 4:
            self.add(x + x * 3, value.exact + 1)
        elif choice == 5:
            self.add(x == 1, 1)
        elif choice == 6:
            self.add(ops.abs(x) if self.chance(0.5) else ops.maximum(x, 1), value.exact)
        else:
            self.add(ops.cast(x, str(self.rng.choice(["int32", "int64", "bool"]))), value.exact)

    def logic(self) -> None:
        """Conditions: combined, counted, used to choose."""
        value = self.with_axes(0, exact=True, kinds="b")
        if value is None:
            return
        x = value.tensor
        choice = int(self.rng.integers(6))
        if choice == 0:
            self.add(~x, 1)
        elif choice == 1:
            self.add(x | (ops.cast(x, "int32") > 0), 1)
        elif choice == 2 and x.ndim:
            self.add(ops.sum(x, axis=self._axes(x)), 1)
        elif choice == 3 and x.ndim:
            self.add(ops.max(x, axis=self._axes(x), keepdims=self.chance(0.5)), 1)
        elif choice == 4:
            self.add(ops.cast(x, self.dtype), 1)
        else:
            other = self.compatible(value)
            self.add(ops.where(x, other.tensor, 0.5), other.exact)

    def product(self) -> None:
        """A matrix product, with either factor transposed and leading axes that broadcast."""
        value = self.with_axes(2)
        if value is None or self.chance(0.1):
            value = self.input((2, 3, int(self.rng.choice(SIZES)), 5))
        x = value.tensor
        flip_a, flip_b = self.chance(0.3), self.chance(0.4)
        inner = x.shape[-2] if flip_a else x.shape[-1]
        width = int(self.rng.choice(SIZES))
        shape = (width, inner) if flip_b else (inner, width)
        lead = tuple(size if self.chance(0.6) else 1 for size in x.shape[:-2])
        lead = lead[int(self.rng.integers(0, len(lead) + 1)) :]
        y = self.input((*lead, *shape), str(x.dtype)).tensor
        result = ops.matmul(x, y, transpose_a=flip_a, transpose_b=flip_b)
        self.add(ops.tanh(result * 0.25) if self.chance(0.8) else ops.matmul(x, x, transpose_b=True) * 0.1)

    def move(self) -> None:
        """Reshape, transpose, slice, concatenate, gather, of any dtype."""
        value = self.with_axes(1, kinds="fiub" if self.chance(0.3) else "f")
        if value is None:
            return
        x = value.tensor
        choice = int(self.rng.integers(6))
        if choice == 0:
            self.add(ops.reshape(x, (-1,)), value.exact)
        elif choice == 1:
            self.add(ops.transpose(x, [int(axis) for axis in self.rng.permutation(x.ndim)]), value.exact)
        elif choice == 2:
            step = int(self.rng.choice([1, 2, -1]))
            self.add(x[::step] if self.chance(0.5) else x[..., : max(1, x.shape[-1] - 1)], value.exact)
        elif choice == 3:
            self.add(ops.concatenate([x, x[:1], x], axis=0), value.exact)
        elif choice == 4:
            self.add(ops.pad(x, [(int(self.rng.integers(0, 3)), 1)] * x.ndim), value.exact)
        else:
            axis = int(self.rng.integers(x.ndim))
            indices = self.rng.integers(-x.shape[axis], x.shape[axis], int(self.rng.integers(1, 6)))
            self.add(ops.gather(x, indices.astype(self.rng.choice(["int32", "int64"])), axis=axis), value.exact)

    def spread(self) -> None:
        """A value repeated to a larger shape."""
        value = self.pick(kinds="fiub" if self.chance(0.3) else "f")
        shape = tuple(3 if size == 1 and self.chance(0.7) else size for size in value.tensor.shape)
        self.add(ops.broadcast_to(value.tensor, (2, *shape) if self.chance(0.5) else shape), value.exact)

    def scatter(self) -> None:
        """Rows added by number."""
        value = self.with_axes()
        if value is None:
            return
        x = value.tensor
        axis, size = int(self.rng.integers(x.ndim)), int(self.rng.integers(1, 5))
        indices = self.rng.integers(-size, size, x.shape[axis])
        shape = (*x.shape[:axis], size, *x.shape[axis + 1 :])
        self.add(ops.scatter_add(shape, indices, ops.tanh(x) * 0.5, axis=axis))

    def chance_numbers(self) -> None:
        """Random numbers, which compiled and reference draw alike."""
        choice = int(self.rng.integers(3))
        if choice == 0:
            self.add(ops.cast(ops.bernoulli(self.base, 0.5), self.dtype), 1)
        elif choice == 1:
            self.add(ops.uniform(self.base, dtype=self.dtype))
        else:
            self.add(ops.dropout(self.pick().tensor, 0.3))
