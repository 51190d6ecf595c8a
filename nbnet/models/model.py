"""The base of models: what is compiled, trained, asked and saved."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np

from nbnet.arguments import named_arguments
from nbnet.data.arrays import checked_array
from nbnet.data.data import Data
from nbnet.data.spec import InputSpec
from nbnet.errors import NotBuiltError
from nbnet.graph.graph import make_input
from nbnet.graph.tensor import active_trace, constant
from nbnet.graph.trace import Trace, tracing
from nbnet.layers.layer import Layer
from nbnet.layers.shapes import Shape, known_sizes
from nbnet.models import fitting
from nbnet.models.batches import as_batch_size, rows_at_once, spans
from nbnet.models.checks import check_data
from nbnet.models.quick import QuickPrediction
from nbnet.models.steps import Trainable
from nbnet.models.summary import summary as summary_text

__all__ = ["Model"]


class Model(Trainable):
    """Base of models: a layer that can be trained. Usually a :class:`Sequential`.

    A model of one's own sets layers as attributes and defines :meth:`call`; a training step of one's own
    overrides :meth:`train_step`.

    Parameters
    ----------
    name : str, optional

    Attributes
    ----------
    optimizer : Optimizer
    loss : Loss or None
    steps : int
        Training steps made so far; random numbers of a step are a function of it.
    epochs : int
        Epochs trained so far; the order of the samples in an epoch is a function of it.
    class_names : tuple of str or None
        Names of the outputs.
    preprocess : callable or None
        The preprocessing that was fitted to the training data.
    input_spec : InputSpec or None
        What the data looked like before preprocessing.
    data_name : str or None
        The name of the data set.

    Notes
    -----
    The last four are saved with the model; :meth:`remember` takes them from the data.
    """

    casts_input = False  # its layers cast

    def __init__(self, name: str | None = None, **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Prepare what a subclass's constructor may use before calling this class's."""
        made = super().__new__(cls, *args, **kwargs)
        made.epochs = 0
        made.class_names = None
        made.preprocess = None
        made.input_spec = None
        made.data_name = None
        made._building = False
        made._quick = None
        return made

    epochs: int
    class_names: tuple[str, ...] | None
    preprocess: Callable[[np.ndarray], np.ndarray] | None
    input_spec: InputSpec | None
    data_name: str | None
    _building: bool
    _quick: QuickPrediction | None

    # -- making -------------------------------------------------------------------------------------------------

    @property
    def layers(self) -> list[Layer]:
        """The layers directly inside."""
        return [child for _, child in self._children()]

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """A layer by its name or its place."""
        if index is not None:
            return self.layers[index]
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise ValueError(
            f"Model '{self.name}' has no layer '{name}'; it has {', '.join(item.name for item in self.layers)}."
        )

    def build(self, input_shape: Shape) -> None:
        """Build all layers for input of `input_shape`, (None, ...), by one symbolic call."""
        shape = known_sizes(tuple(input_shape)[1:], self.name)
        with tracing(Trace()):
            self(make_input((2, *shape), self.dtype))

    def _build_for(self, x: Any) -> None:
        """Layers are built as they are called; only a subclass's own build is called here."""
        if not self.built and not self._building and type(self).build is not Model.build:
            self._building = True
            try:
                super()._build_for(x)
            finally:
                self._building = False

    def _root_path(self) -> str:
        """Layers of the outermost model carry their own names alone."""
        return ""

    # -- many steps ---------------------------------------------------------------------------------------------

    @named_arguments
    def fit(
        self,
        x: Any,
        y: Any = None,
        batch_size: int | str | None = None,
        epochs: int = 1,
        verbose: int | str = "auto",
        validation_split: float = 0.0,
        validation_data: tuple[Any, Any] | None = None,
        shuffle: bool = True,
        hooks: Sequence[Any] = (),
    ) -> Any:
        """Train.

        Parameters
        ----------
        x : array_like, shape (samples, ...)
        y : array_like, shape (samples, ...)
        batch_size : int, "full" or None
            None is 32, 1 is stochastic and "full" is batch gradient descent. The last batch of an epoch may be
            smaller.
        epochs : int
        verbose : 0, 1, 2 or "auto"
            0 is silent, 1 a progress bar (plain lines where output is no terminal), 2 a line an epoch; "auto" is 1.
        validation_split : float in [0, 1)
            The last part of the data, before shuffling, that is not trained on but evaluated after each epoch.
        validation_data : tuple of array_like, optional
            (x, y) to evaluate after each epoch.
        shuffle : bool
            Draw a new order of the samples for each epoch, a function of (seed, epoch).
        hooks : sequence of object
            Listeners to the events of training, see :mod:`nbnet.training.events`.

        Returns
        -------
        History
            ``history.history["loss"]`` is a list with one number an epoch, and so on.

        Raises
        ------
        DataError, ShapeError
            When data and model do not fit together.
        NonFiniteError
            When loss or gradients turn NaN or infinite; the weights are as before that step.
        """
        return fitting.fit(
            self, x, y, batch_size=batch_size, epochs=epochs, verbose=verbose, validation_split=validation_split,
            validation_data=validation_data, shuffle=shuffle, hooks=hooks,
        )  # fmt: skip

    @named_arguments
    def evaluate(
        self,
        x: Any,
        y: Any = None,
        batch_size: int | str | None = None,
        verbose: int | str = 0,
        return_dict: bool = False,
    ) -> Any:
        """Loss and metrics over data.

        Parameters
        ----------
        x, y : array_like, shape (samples, ...)
        batch_size : int, "full" or None
            How many samples at a time; the result does not depend on it.
        verbose : int
            Other than 0: print a line.
        return_dict : bool

        Returns
        -------
        float, list of float, or dict of str to float
            The loss, or the loss and the metrics in a list, or all by name.
        """
        self._require_compiled()
        self._ensure_built(x)
        x, y = check_data(self, x, y)
        results = self.evaluate_arrays(x, y, batch_size)
        if verbose not in (0, "auto"):
            print("evaluate: " + ", ".join(f"{name} {value:.4f}" for name, value in results.items()), flush=True)
        return results if return_dict else _as_keras(results)

    def evaluate_arrays(
        self, x: np.ndarray, y: np.ndarray | None, batch_size: int | str | None = None
    ) -> dict[str, float]:
        """:meth:`evaluate` for arrays that have been checked."""
        self.reset_metrics()
        for start, stop in spans(len(x), as_batch_size(batch_size, len(x), rows_at_once(x))):
            self._run("test", x[start:stop], None if y is None else y[start:stop])
        results = self.results()
        self.reset_metrics()
        return results

    @named_arguments
    def predict(self, x: Any, batch_size: int | str | None = None, verbose: int | str = 0) -> np.ndarray:
        """What the model gives for each sample.

        Parameters
        ----------
        x : array_like, shape (samples, ...)
        batch_size : int, "full" or None
            How many samples at a time; the result does not depend on it.
        verbose : int
            Accepted for the sake of Keras programs; nothing is printed.

        Returns
        -------
        ndarray, shape (samples, ...)
        """
        quick = self._quick
        if quick is not None and batch_size is None and type(x) is np.ndarray and quick.takes(x, self):
            found = quick.predict(x)
            if found is not None:
                return found
        self._ensure_built(x)
        x, _ = check_data(self, x)
        size = as_batch_size(batch_size, len(x), rows_at_once(x))
        if len(x) > size:
            return np.concatenate([self._run("predict", x[start:stop]) for start, stop in spans(len(x), size)])
        if batch_size is not None or self.run_eagerly or active_trace() is not None:
            return self._run("predict", x)
        x = np.ascontiguousarray(x)
        quick = QuickPrediction(self, x)
        self._quick = quick  # another thread may put its own there at once
        return quick.predict_checked(x)

    def train_on_batch(self, x: Any, y: Any = None, return_dict: bool = False) -> Any:
        """One training step on one batch; loss and metrics of that batch, as from :meth:`evaluate`."""
        return self._on_batch("train", x, y, return_dict)

    def test_on_batch(self, x: Any, y: Any = None, return_dict: bool = False) -> Any:
        """Loss and metrics of one batch, as from :meth:`evaluate`."""
        return self._on_batch("test", x, y, return_dict)

    def predict_on_batch(self, x: Any) -> np.ndarray:
        """What the model gives for one batch."""
        return self.predict(x, batch_size="full")

    def _on_batch(self, kind: str, x: Any, y: Any, return_dict: bool) -> Any:
        self._require_compiled()
        self._ensure_built(x)
        x, y = check_data(self, x, y)
        self.reset_metrics()
        self._run(kind, x, y)
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
        samples = checked_array(x, "x")
        if self.run_eagerly:
            with tracing(Trace(eager=True)):
                self(constant(samples[:1]))
        else:
            self.build((None, *samples.shape[1:]))

    # -- looking and saving -------------------------------------------------------------------------------------

    def summary(self, line_length: int | None = None, print_fn: Callable[[str], Any] | None = None) -> None:
        """Print layers, output shapes and numbers of parameters.

        Parameters
        ----------
        line_length : int, optional
            Characters a line; the terminal's when None.
        print_fn : callable, optional
            Called with the text in place of print.
        """
        (print_fn or print)(summary_text(self, line_length))

    def remember(self, data: Data) -> None:
        """Keep what the data say of their inputs and classes, to be saved with the model."""
        self.class_names, self.preprocess, self.input_spec = data.class_names, data.preprocess, data.input_spec
        self.data_name = getattr(data, "name", None)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to one ``.nbnet`` file, in place of the old file only when it is complete.

        Parameters
        ----------
        path : path-like

        Raises
        ------
        SavedModelError
            When the file cannot be written; an old file is then left as it was.
        """
        from nbnet.models.saving import save

        save(self, path)

    def __reduce__(self) -> tuple[Any, ...]:
        """Let pickle and copy work as saving and loading do."""
        from nbnet.models.saving import copied

        return copied(self)


def _as_keras(results: dict[str, float]) -> Any:
    """One number, or a list of them."""
    values = list(results.values())
    return values[0] if len(values) == 1 else values
