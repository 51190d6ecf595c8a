"""Features brought to mean 0 and variance 1 with numbers learned from data before training."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from nbnet.data.arrays import checked_array
from nbnet.errors import ArgumentError, DataError, ShapeError
from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl
from nbnet.layers.axes import as_axes, sample_axes
from nbnet.layers.calls import call_of
from nbnet.layers.layer import Layer
from nbnet.layers.shapes import Shape

__all__ = ["Normalization"]

_EPSILON = 1e-7  # the least standard deviation, as in Keras 3
_CHUNK = 1 << 20  # numbers that are brought to float64 at a time


class Normalization(Layer):
    """(x - mean) / standard deviation, of each feature, with numbers that :meth:`adapt` finds or that are given.

    Parameters
    ----------
    axis : int, sequence of int, or None
        The axes of features: each place along them has its own mean and variance. None: one for all numbers.
    mean, variance : float or array_like, optional
        To be used in place of :meth:`adapt`; both or none, of one shape that broadcasts to the sizes of the axes.
    invert : bool
        Go back: x · standard deviation + mean.
    **kwargs
        ``name``, ``trainable``, ``dtype``, ``input_shape``, ``input_dim``: see :class:`Layer`.

    Attributes
    ----------
    mean, variance : Variable or ndarray
        Weights that training does not change and that are saved with the model; arrays where they were given. Known
        once the layer is built. Before :meth:`adapt` they are 0 and 1.

    Raises
    ------
    ArgumentError
        When one of `mean` and `variance` is missing, or :meth:`adapt` is called though they were given.
    ShapeError
        When `mean` and `variance` do not fit each other or the input.

    Notes
    -----
    y = (x - mean) / max(sqrt(variance), 1e-7), with the biased variance: divided by n. A feature that was constant
    becomes 0 where it has that value, and very large elsewhere; scikit-learn's StandardScaler divides it by 1.

    Examples
    --------
    >>> import numpy as np
    >>> layer = Normalization()
    >>> layer.adapt(np.array([[1.0], [3.0]]))
    >>> layer(np.array([[5.0]]))
    array([[3.]], dtype=float32)
    """

    mean: Any
    variance: Any

    def __init__(
        self,
        axis: int | Sequence[int] | None = -1,
        mean: Any = None,
        variance: Any = None,
        invert: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.axis = () if axis is None else as_axes("Normalization", axis)
        self.invert = bool(invert)
        self._given: tuple[np.ndarray, np.ndarray] | None = None
        self._placed = False
        if (mean is None) != (variance is None):
            raise ArgumentError(
                f"Normalization expects mean and variance, or neither; received mean={mean!r:.40}, "
                f"variance={variance!r:.40}. With neither, call adapt(data)."
            )
        if mean is not None:
            self._given = np.asarray(mean, self.dtype), np.asarray(variance, self.dtype)
            if self._given[0].shape != self._given[1].shape or not np.all(self._given[1] >= 0):
                raise ShapeError(
                    f"Normalization expects mean and variance of one shape, with variances >= 0; received mean "
                    f"{mean!r:.60} and variance {variance!r:.60}."
                )

    def build(self, input_shape: Shape) -> None:
        """Make mean and variance."""
        sizes = self._sizes(input_shape)
        if self._given is None:
            self.mean = self.add_weight(sizes, "zeros", "mean", trainable=False)
            self.variance = self.add_weight(sizes, "ones", "variance", trainable=False)
            return
        try:
            self.mean, self.variance = (np.broadcast_to(value, sizes).copy() for value in self._given)
        except ValueError:
            raise ShapeError(
                f"{self.title} was given mean and variance of shape {self._given[0].shape} for axis "
                f"{self.axis}, which has sizes {sizes} in input {tuple(input_shape)}. Give that many numbers, or one."
            ) from None

    def adapt(self, data: Any) -> None:
        """Find mean and variance of each feature.

        Parameters
        ----------
        data : array_like, shape (samples, ...), or iterable of batches of that shape
            Of a batch that is a tuple, such as (x, y), the first is taken. The batches are read once, one at a time.

        Raises
        ------
        ArgumentError
            When mean and variance were given to the constructor.
        DataError
            When there is no sample, or a number is not finite.
        ShapeError
            When batches have features of other shapes, or other ones than the layer was built for.

        Notes
        -----
        Sums are made in float64, and joined batch by batch. What the layer knew before is replaced.

        References
        ----------
        Chan, Golub and LeVeque 1983, "Algorithms for computing the sample variance", eq. 1.5.
        """
        if self._given is not None:
            raise ArgumentError(f"{self.title} was given mean and variance; leave them out to call adapt().")
        count, mean, scatter = 0, np.float64(0), np.float64(0)
        for batch in _chunks(data, f"{self.title}.adapt"):
            if not self.built:
                self.build((None, *batch.shape[1:]))
            axes = self._axes(batch.shape)
            others = tuple(index for index in range(batch.ndim) if index not in axes)
            if self._sizes(batch.shape) != self.mean.shape:
                raise ShapeError(
                    f"{self.title} expects features of shape {self.mean.shape} on axis {self.axis}; adapt() received "
                    f"a batch of shape {batch.shape}. Give batches of one shape."
                )
            part = math.prod(batch.shape[index] for index in others)
            center = batch.mean(axis=others, keepdims=True)
            spread = np.square(batch - center).sum(axis=others)
            shift = center.reshape(self.mean.shape) - mean
            mean = mean + shift * (part / (count + part))
            scatter = scatter + spread + np.square(shift) * (count / (count + part) * part)
            count += part
        if not count:
            raise DataError(f"{self.title}.adapt expects at least one batch; received none.")
        self.mean.assign(mean)
        self.variance.assign(scatter / count)

    def call(self, x: Any) -> Any:
        """Normalize, or go back."""
        self._take_place()
        sizes, axes = self._sizes(x.shape), self._axes(x.shape)
        if sizes != self.mean.shape:
            raise ShapeError(
                f"{self.title} expects sizes {self.mean.shape} on axis {self.axis}; received input of shape "
                f"{tuple(x.shape)}. Build a new layer for that input."
            )
        along = tuple(size if index in axes else 1 for index, size in enumerate(x.shape))
        deviation = ops.reshape(ops.maximum(ops.sqrt(self.variance), _EPSILON), along)
        mean = ops.reshape(self.mean, along)
        return x * deviation + mean if self.invert else (x - mean) / deviation

    def _axes(self, shape: Shape) -> tuple[int, ...]:
        """The axes of features."""
        return sample_axes(self.title, self.axis, shape) if self.axis else ()

    def _sizes(self, shape: Shape) -> tuple[int, ...]:
        """Sizes of the axes of features."""
        return tuple(int(shape[axis] or 0) for axis in self._axes(shape))

    def _take_place(self) -> None:
        """Name weights that adapt() made after the place in a model, as a loaded model will have them."""
        call = call_of(self)
        if call is not None and call.position and not self._placed:
            self._placed = True
            for weight in self._added:
                weight.name = f"{call.path}/{weight.name.rpartition('/')[2]}"


def _chunks(data: Any, where: str) -> Iterator[np.ndarray]:
    """The data in float64, some rows at a time."""
    listed = isinstance(data, (list, tuple))
    whole = hasattr(data, "__array__") or (listed and not any(hasattr(_inputs(item), "shape") for item in data))
    if not whole and not isinstance(data, Iterable):
        raise DataError(f"{where} expects an array or an iterable of batches; received {type(data).__name__}.")
    for number, item in enumerate([data] if whole else data):
        batch = checked_array(_inputs(item), where if whole else f"{where}, batch {number}")
        rows = max(1, _CHUNK // math.prod(batch.shape[1:]))
        for start in range(0, len(batch), rows):
            yield batch[start : start + rows].astype(np.float64)


def _inputs(batch: Any) -> Any:
    """The inputs of a batch that may come with targets."""
    return batch[0] if isinstance(batch, tuple) and batch else batch


@hookimpl
def register_layers(register: Register) -> None:
    """Register ``Normalization``."""
    register("Normalization", Normalization)
