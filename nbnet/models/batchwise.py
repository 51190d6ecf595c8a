"""Many steps over data: fit, evaluate and predict, and one step on one batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any, Self

import numpy as np

from nbnet.arguments import named_arguments
from nbnet.errors import NotBuiltError
from nbnet.graph.graph import make_input
from nbnet.graph.tensor import active_trace, constant
from nbnet.graph.trace import Trace, tracing
from nbnet.models import fitting
from nbnet.models.batches import (
    as_batch,
    as_batch_size,
    batches_of,
    is_batches,
    require_some,
    require_steps,
    rows_at_once,
    spans,
)
from nbnet.models.checks import as_inputs, check_data, check_weights
from nbnet.models.class_weights import weighted_by_class
from nbnet.models.nests import concatenated, each, leaves, row_count, rows
from nbnet.models.quick import QuickPrediction
from nbnet.models.steps import Trainable

__all__ = ["Batchwise"]


class Batchwise(Trainable):
    """What runs compiled steps over data; the part of a model that does not depend on how it was made."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Prepare what a subclass's constructor may use before calling this class's."""
        made = super().__new__(cls, *args, **kwargs)
        made.stop_training = False
        made._quick = None
        return made

    stop_training: bool
    _quick: QuickPrediction | None

    @property
    def input_names(self) -> list[str] | None:
        """Names of the inputs; None where call says what it takes."""
        return None

    @property
    def _takes_several(self) -> bool:
        """Whether a list of arrays is taken for several inputs."""
        return not self.built or isinstance(self.input_shape, (list, dict))

    @named_arguments
    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | str | None = None,
        epochs: int = 1,
        verbose: int | str = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool = True,
        class_weight: Mapping[int, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | str | None = None,
        validation_freq: int | Sequence[int] = 1,
        validation_stratify: bool = False,
        hooks: Sequence[Any] = (),
    ) -> Any:
        """Train.

        Parameters
        ----------
        x : array_like, shape (samples, ...), or a list or dict of them, or an iterable of batches, or Data
            Several for a model with several inputs, in their order or by their names. An iterable, such as a generator
            or an object with ``len(x)`` batches ``x[number]``, gives ``(x, y)`` or ``(x, y, sample_weight)`` for each
            step, in a tuple or a list. Of :class:`nbnet.Data` the training samples are trained on and the validation
            samples, if there are any, validated with.
        y : array_like, shape (samples, ...), or a list or dict of them
            Several for a model with several outputs. None for a model whose loss is made by its layers alone.
        batch_size : int, "full" or None
            None is 32, 1 is stochastic and "full" is batch gradient descent. The last batch of an epoch may be
            smaller.
        epochs : int
            The epoch to stop before, counted from 0.
        verbose : 0, 1, 2 or "auto"
            0 is silent, 1 a progress bar (plain lines where output is no terminal), 2 a line an epoch; "auto" is 1.
        callbacks : sequence, optional
            Callbacks, their registered names, or listeners; see :mod:`nbnet.callbacks`.
        validation_split : float in [0, 1)
            The last part of the data, before shuffling, that is not trained on but evaluated after each epoch.
        validation_data : tuple (x, y) or (x, y, sample_weight), or an iterable of batches, optional
            To evaluate after each epoch; `validation_split` is then ignored.
        shuffle : bool
            Draw a new order of the samples for each epoch, a function of (seed, epoch).
        class_weight : mapping of int to float, optional
            Class number → weight of its samples in the loss of the training; others weigh 1.
        sample_weight : array_like, shape (samples,), or a list or dict of them by output, optional
            Weight of each sample in the loss.
        initial_epoch : int
            The number of the first epoch.
        steps_per_epoch : int, optional
            After how many batches an epoch ends; the next one goes on in the data, which begin anew when they are used
            up. None: with the data. An iterator cannot begin anew: it ends the epoch, and another one is an error.
        validation_steps : int, optional
            How many batches are evaluated.
        validation_batch_size : int, "full" or None
            How many samples are evaluated at a time; results do not depend on it.
        validation_freq : int or sequence of int
            Validate after every so many epochs, or after those listed, counted from 1.
        validation_stratify : bool
            Take the part that `validation_split` asks for from each class alike, evenly spread over the data, and not
            the last part as it stands.
        hooks : sequence of object
            More listeners to the events of training, see :mod:`nbnet.training.events`.

        Returns
        -------
        History
            ``history.history["loss"]`` is a list with one number an epoch, and so on.

        Raises
        ------
        ArgumentError
            When arguments do not go together.
        DataError, ShapeError
            When data and model do not fit together, or an iterable of batches is used up.
        NotBuiltError
            Before :meth:`compile`.
        NonFiniteError
            When loss or gradients turn NaN or infinite; the weights are as before that step.
        KeyboardInterrupt
            When Ctrl-C was pressed; the step in progress was finished, and callbacks were told the end.

        Examples
        --------
        >>> import numpy as np, nbnet
        >>> x = np.linspace(-1, 1, 64, dtype="float32")[:, None]
        >>> model = nbnet.Sequential([nbnet.layers.Dense(1, input_shape=(1,))])
        >>> model.compile(nbnet.optimizers.SGD(0.5), loss="mse")
        >>> history = model.fit(x, 3 * x + 1, epochs=20, validation_split=0.25, verbose=0)
        >>> history.history["val_loss"][-1] < 0.01
        True
        """
        return fitting.fit(
            self, x, y, batch_size=batch_size, epochs=epochs, verbose=verbose, callbacks=callbacks,
            validation_split=validation_split, validation_data=validation_data, shuffle=shuffle,
            class_weight=class_weight, sample_weight=sample_weight, initial_epoch=initial_epoch,
            steps_per_epoch=steps_per_epoch, validation_steps=validation_steps,
            validation_batch_size=validation_batch_size, validation_freq=validation_freq,
            validation_stratify=validation_stratify, hooks=hooks,
        )  # fmt: skip

    @named_arguments
    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | str | None = None,
        verbose: int | str = 0,
        sample_weight: Any = None,
        steps: int | None = None,
        return_dict: bool = False,
    ) -> Any:
        """Loss and metrics over data.

        Parameters
        ----------
        x, y : array_like, shape (samples, ...), or lists or dicts of them; or `x` an iterable of batches
        batch_size : int, "full" or None
            How many samples at a time; the result does not depend on it.
        verbose : int
            Other than 0: print a line.
        sample_weight : array_like, shape (samples,), or a list or dict of them by output, optional
            Weight of each sample in the loss and the weighted metrics.
        steps : int, optional
            How many batches to take; all when None.
        return_dict : bool

        Returns
        -------
        float, list of float, or dict of str to float
            The loss, or the loss and the metrics in a list, or all by name. With several outputs their losses come
            between.

        Raises
        ------
        DataError, ShapeError
            When data and model do not fit together, or there is no batch.
        NotBuiltError
            Before :meth:`compile`.

        Examples
        --------
        >>> import numpy as np, nbnet
        >>> model = nbnet.Sequential([nbnet.layers.Dense(1, kernel_initializer="ones", input_shape=(2,))])
        >>> model.compile(loss="mse", metrics=["mae"])
        >>> model.evaluate(np.ones((4, 2)), np.zeros(4), return_dict=True)
        {'loss': 4.0, 'mae': 2.0}
        """
        self._require_compiled()
        require_steps(steps)
        if is_batches(x):
            results = self._evaluate_batches(x, steps)
        else:
            self._ensure_built(x)
            x, y = check_data(self, x, y)
            weights = check_weights(self, sample_weight, x)
            results = self.evaluate_arrays(x, y, batch_size, weights, steps)
        if verbose not in (0, "auto"):
            numbers = {name: value for name, value in results.items() if np.ndim(value) == 0}
            print("evaluate: " + ", ".join(f"{name} {value:.4f}" for name, value in numbers.items()), flush=True)
        return results if return_dict else _as_keras(results)

    def evaluate_arrays(
        self,
        x: Any,
        y: Any,
        batch_size: int | str | None = None,
        sample_weight: Any = None,
        steps: int | None = None,
    ) -> dict[str, float]:
        """:meth:`evaluate` for arrays that have been checked."""
        self.reset_metrics()
        count = row_count(x)
        size = as_batch_size(batch_size, count, rows_at_once(leaves(x)[0]))
        for start, stop in islice(spans(count, size), steps):
            part = slice(start, stop)
            self._run("test", rows(x, part), rows(y, part), rows(sample_weight, part))
        results = self.results()
        self.reset_metrics()
        return results

    def _evaluate_batches(self, batches: Any, steps: int | None) -> dict[str, float]:
        """:meth:`evaluate` for an iterable of batches."""
        self.reset_metrics()
        sizes = []
        for batch in islice(batches_of(batches), steps):
            x, y, weights = as_batch(batch)
            self._ensure_built(x)
            x, y = check_data(self, x, y)
            self._run("test", x, y, check_weights(self, weights, x))
            sizes.append(row_count(x))
        require_some(sizes)
        results = self.results()
        self.reset_metrics()
        return results

    @named_arguments
    def predict(
        self, x: Any, batch_size: int | str | None = None, verbose: int | str = 0, steps: int | None = None
    ) -> Any:
        """What the model gives for each sample.

        Parameters
        ----------
        x : array_like, shape (samples, ...), or a list or dict of them, or an iterable of batches
        batch_size : int, "full" or None
            How many samples at a time; the result does not depend on it.
        verbose : int
            Accepted for the sake of Keras programs; nothing is printed.
        steps : int, optional
            How many batches to take; all when None.

        Returns
        -------
        ndarray, shape (samples, ...)
            A list or dict of them for a model with several outputs.

        Raises
        ------
        DataError, ShapeError
            When data and model do not fit together, or there is no batch.
        """
        quick = self._quick
        if quick is not None and batch_size is None and type(x) is np.ndarray and quick.takes(x, self):
            found = quick.predict(x)
            if found is not None:
                return found
        require_steps(steps)
        if is_batches(x):
            parts = [self.predict(as_batch(batch)[0], batch_size="full") for batch in islice(batches_of(x), steps)]
            return concatenated(require_some(parts))
        self._ensure_built(x)
        x, _ = check_data(self, x)
        count = row_count(x)
        size = as_batch_size(batch_size, count, rows_at_once(leaves(x)[0]))
        if count > size:
            cut = islice(spans(count, size), steps)
            return concatenated([self._run("predict", rows(x, slice(start, stop))) for start, stop in cut])
        if batch_size is not None or self.run_eagerly or active_trace() is not None or type(x) is not np.ndarray:
            return self._run("predict", x)
        x = np.ascontiguousarray(x)
        if not isinstance(self.output_shape, tuple):
            return self._run("predict", x)
        quick = QuickPrediction(self, x)
        self._quick = quick  # another thread may put its own there at once
        return quick.predict_checked(x)

    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: Mapping[int, float] | None = None,
        return_dict: bool = False,
    ) -> Any:
        """One training step on one batch; loss and metrics of that batch, as from :meth:`evaluate`."""
        return self._on_batch("train", x, y, sample_weight, return_dict, class_weight)

    def test_on_batch(self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False) -> Any:
        """Loss and metrics of one batch, as from :meth:`evaluate`."""
        return self._on_batch("test", x, y, sample_weight, return_dict)

    def predict_on_batch(self, x: Any) -> Any:
        """What the model gives for one batch."""
        return self.predict(x, batch_size="full")

    def _on_batch(
        self,
        kind: str,
        x: Any,
        y: Any,
        sample_weight: Any,
        return_dict: bool,
        class_weight: Mapping[int, float] | None = None,
    ) -> Any:
        self._require_compiled()
        self._ensure_built(x)
        x, y = check_data(self, x, y)
        weights = check_weights(self, sample_weight, x)
        if class_weight is not None:
            weights = weighted_by_class(class_weight, y, weights)
        self.reset_metrics()
        self._run(kind, x, y, weights)
        results = self.results()
        self.reset_metrics()
        return results if return_dict else _as_keras(results)

    def _require_compiled(self) -> None:
        """Raise a NotBuiltError unless compile() was called."""
        if not self.compiled:
            raise NotBuiltError(
                f"Model '{self.name}' does not know how to train yet; call it first, e.g. "
                "model.compile(optimizer='adam', loss='sparse_categorical_crossentropy', metrics=['accuracy'])."
            )

    def _ensure_built(self, x: Any) -> None:
        """Build the model for samples like those of `x` unless it is built.

        While running eagerly layers may look at numbers, so there one sample goes through them.
        """
        if self.built:
            return
        samples = as_inputs(self, x)
        if self.run_eagerly:
            with tracing(Trace(eager=True)):
                self(each(samples, lambda array: constant(array[:1])))
        else:
            with tracing(Trace()):
                self(each(samples, lambda array: make_input((2, *array.shape[1:]), array.dtype)))


def _as_keras(results: dict[str, float]) -> Any:
    """One number, or a list of them."""
    values = list(results.values())
    return values[0] if len(values) == 1 else values
