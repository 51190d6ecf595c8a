"""The base of callbacks, with the signature of Keras' own."""

from __future__ import annotations

import inspect
from collections.abc import MutableMapping
from typing import Any

from nbnet.configurable import Configurable
from nbnet.training.unheard import unheard

__all__ = ["Callback", "Logs"]

Logs = MutableMapping[str, Any] | None


class Callback(Configurable):
    """Base of callbacks: subclasses define some of the methods below, and are given to ``fit(callbacks=[...])``.

    The methods are Keras': they take `logs`, not the run, and reach the model as ``self.model``. An object with the
    methods of :class:`nbnet.training.events.Listener`, such as ``on_epoch_end(run, epoch, logs)``, will do as well.

    Attributes
    ----------
    model : Model or None
        The model that is trained, from ``on_train_begin`` on. ``self.model.stop_training = True`` ends training after
        the step, or the epoch, in progress.
    params : dict
        ``"verbose"``, ``"epochs"``, ``"steps"`` (batches an epoch, or None) and ``"do_validation"``.

    Notes
    -----
    Each method takes a `logs` dict: empty at a beginning; at the end of a batch the means of this epoch so far, at the
    end of an epoch also those of the validation data (``"val_loss"``, …). What ``on_epoch_end`` adds to it is seen by
    the callbacks after this one. Epochs and batches are counted from 0.

    A method that is not overridden is not called, so callbacks that do not listen to batches cost nothing in a batch.
    Unlike in Keras, validation tells no batches (``on_test_batch_begin`` and ``on_test_batch_end``): a callback that
    defines them is refused. ``evaluate`` and ``predict`` take no callbacks.

    A training that ends by an error or Ctrl-C still tells ``on_train_end``; Keras does not.

    Examples
    --------
    >>> class Losses(Callback):
    ...     def on_epoch_end(self, epoch, logs=None):
    ...         print(epoch, logs["loss"])
    >>> Losses().on_epoch_end(0, {"loss": 0.5})
    0 0.5
    """

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """Prepare the attributes here, so that a subclass need not call this class's constructor."""
        made = super().__new__(cls, *args, **kwargs)
        made.params = {}
        made._model = None
        return made

    params: dict[str, Any]
    _model: Any

    @property
    def model(self) -> Any:
        """The model that is trained."""
        return self._model

    def set_model(self, model: Any) -> None:
        """Called with the model when training begins."""
        self._model = model

    def set_params(self, params: dict[str, Any]) -> None:
        """Called with :attr:`params` when training begins."""
        self.params = params

    @unheard
    def on_train_begin(self, logs: Logs = None) -> None:
        """Before the first epoch."""

    @unheard
    def on_train_end(self, logs: Logs = None) -> None:
        """After the last epoch, with its logs."""

    @unheard
    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Before the first batch of an epoch."""

    @unheard
    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """After the last batch of an epoch and its validation."""

    @unheard
    def on_train_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Before a batch."""
        self.on_batch_begin(batch, logs)

    @unheard
    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """After a batch."""
        self.on_batch_end(batch, logs)

    @unheard
    def on_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """The older name of :meth:`on_train_batch_begin`."""

    @unheard
    def on_batch_end(self, batch: int, logs: Logs = None) -> None:
        """The older name of :meth:`on_train_batch_end`."""

    @unheard
    def on_test_begin(self, logs: Logs = None) -> None:
        """Before the validation data are evaluated."""

    @unheard
    def on_test_end(self, logs: Logs = None) -> None:
        """After the validation data were evaluated; `logs` have no ``val_`` in their names."""

    @unheard
    def on_non_finite(self, error: ArithmeticError) -> bool:
        """When loss or gradients of a step are NaN or infinite: nothing was written.

        Parameters
        ----------
        error : NonFiniteError
            The diagnosis.

        Returns
        -------
        bool
            True: training ends without the error.
        """
        return False

    def __repr__(self) -> str:
        parameters = self.signature().parameters
        try:
            config = self.get_config()
        except Exception:  # a subclass with arguments that have no names
            config = {}
        given = [
            f"{name}={value!r}"
            for name, value in config.items()
            if name not in parameters
            or parameters[name].default is inspect.Parameter.empty
            or not _same(parameters[name].default, value)
        ]
        return f"{type(self).__name__}({', '.join(given)})"


def _same(default: Any, value: Any) -> bool:
    """Whether a value is the default."""
    return value is default or (type(value) is type(default) and bool(value == default))
