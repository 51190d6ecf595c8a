"""Where the batches of an epoch come from: arrays in memory, or an iterable that makes them."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from nbnet.errors import DataError
from nbnet.graph.seed import get_seed
from nbnet.models.batches import as_batch, batches_of, spans
from nbnet.models.checks import check_data, check_weights
from nbnet.models.class_weights import weighted_by_class
from nbnet.models.nests import each, row_count
from nbnet.training.feed import Feed
from nbnet.training.order import shuffled

__all__ = ["ArraySource", "Batch", "StreamSource"]


@dataclass(slots=True)
class Batch:
    """What one step gets.

    Attributes
    ----------
    kind : str
        Of the step, ``"train"`` or ``"train_rows"``.
    arguments : tuple
    samples : int
    last : bool
        Whether the epoch ends with it.
    """

    kind: str
    arguments: tuple[Any, ...]
    samples: int
    last: bool


class ArraySource:
    """Batches of arrays, in a new order each time that all samples have been seen.

    Parameters
    ----------
    feed : Feed
    shuffle : bool
    steps : int or None
        Batches an epoch; None is one pass over the data.
    first : int
        The number of the first pass, which its order is a function of.

    Attributes
    ----------
    batches : int
        How many an epoch has.
    """

    def __init__(self, feed: Feed, shuffle: bool, steps: int | None, first: int) -> None:
        self._feed, self._shuffle, self._pass = feed, shuffle, first
        self._steps = steps
        self.batches: int = steps or math.ceil(feed.samples / feed.batch_size)
        self._spans: Iterator[tuple[int, int]] = iter(())

    def epoch(self) -> Iterator[Batch]:
        """The batches of the next epoch."""
        if self._steps is None:
            self._spans = iter(())
        for number in range(self.batches):
            span = next(self._spans, None) or self._begin()
            yield Batch(*self._feed.batch(*span), span[1] - span[0], number == self.batches - 1)

    def _begin(self) -> tuple[int, int]:
        """Begin a pass over the data; its first batch."""
        samples = self._feed.samples
        self._feed.begin(shuffled(samples, get_seed(), self._pass) if self._shuffle and samples > 1 else None)
        self._pass += 1
        self._spans = spans(samples, self._feed.batch_size)
        return next(self._spans)


class StreamSource:
    """Batches that an iterable gives.

    Parameters
    ----------
    model : Model
    batches : iterable
        Of x, (x, y) or (x, y, sample_weight).
    steps : int or None
        Batches an epoch; None: until the iterable is used up.
    class_weight : mapping of int to float, optional

    Attributes
    ----------
    batches : int
        How many an epoch has; 0 as long as that is not known.
    """

    def __init__(self, model: Any, batches: Any, steps: int | None, class_weight: Any = None) -> None:
        self._model, self._iterable, self._steps, self._class_weight = model, batches, steps, class_weight
        self._once = isinstance(batches, Iterator)
        self._iterator: Iterator[Any] = batches_of(batches)
        self._ended = False
        self.batches: int = steps or (len(batches) if hasattr(batches, "__len__") else 0)

    def epoch(self) -> Iterator[Batch]:
        """The batches of the next epoch; none where an iterator is used up."""
        if self._steps is None and not self._once:
            self._iterator = batches_of(self._iterable)
        number = 0
        waiting = self._next(begin_anew=True)
        while waiting is not None and (self._steps is None or number < self._steps):
            number += 1
            batch = waiting
            at_end = number == self._steps
            waiting = None if at_end else self._next(begin_anew=self._steps is not None)
            yield Batch("train", batch[0], batch[1], at_end or waiting is None)
        if self._once and self._steps is not None and 0 < number < self._steps:
            warnings.warn(
                f"The iterable of batches is used up after {number} of steps_per_epoch={self._steps} batches of an "
                "epoch. Give a generator that never ends, or an iterable that can be iterated again.",
                UserWarning,
                stacklevel=5,
            )
        self.batches = self.batches or number

    def _next(self, begin_anew: bool) -> tuple[tuple[Any, ...], int] | None:
        """The checked arguments of the next step, and how many samples they are."""
        try:
            given = next(self._iterator)
        except StopIteration:
            if self._once or not begin_anew or self._ended:
                return None
            self._iterator, self._ended = batches_of(self._iterable), True
            return self._next(begin_anew)
        self._ended = False
        x, y, weights = as_batch(given)
        model = self._model
        model._ensure_built(x)
        x, y = check_data(model, x, y)
        weights = check_weights(model, weights, x)
        if self._class_weight is not None:
            weights = weighted_by_class(self._class_weight, y, weights)
        # The next batch is fetched before this one is trained on, and may come in the same memory.
        return tuple(each(nest, np.copy) for nest in (x, y, weights)), row_count(x)


def require_batches(epoch: int, initial_epoch: int) -> None:
    """Say why an epoch had no batch at all.

    Raises
    ------
    DataError
    """
    when = "" if epoch == initial_epoch else f" in epoch {epoch + 1}: it can be iterated only once"
    raise DataError(
        f"The iterable of batches is used up{when}. Give one that can be iterated again, such as a list or an object "
        "with __iter__, or a generator that never ends with steps_per_epoch=."
    )
