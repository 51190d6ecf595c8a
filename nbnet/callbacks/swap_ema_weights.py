"""Validation with the moving averages of the weights."""

from __future__ import annotations

from contextlib import ExitStack

from nbnet.callbacks.callback import Callback, Logs
from nbnet.errors import ArgumentError
from nbnet.hookspecs import Register, hookimpl

__all__ = ["SwapEMAWeights"]


class SwapEMAWeights(Callback):
    """Let the weights be their moving averages while the validation data are evaluated.

    The optimizer keeps the averages where it is made with ``use_ema=True``. Training goes on with the weights
    themselves.

    Parameters
    ----------
    swap_on_epoch : bool
        Let them be the averages also from the end of an epoch to the begin of the next one, for callbacks that stand
        after this one in the list: :class:`ModelCheckpoint` then saves the averages, :class:`EarlyStopping` restores
        them. After the last epoch they stay.

    Raises
    ------
    ArgumentError
        When the optimizer keeps no averages.

    References
    ----------
    B. T. Polyak and A. B. Juditsky, "Acceleration of Stochastic Approximation by Averaging", SIAM Journal on Control
    and Optimization 30, 1992.
    """

    def __init__(self, swap_on_epoch: bool = False) -> None:
        self.swap_on_epoch = swap_on_epoch
        self._swapped = ExitStack()
        self._between_epochs = False

    def on_train_begin(self, logs: Logs = None) -> None:
        """Look whether there are averages."""
        optimizer = self.model.optimizer
        try:
            with optimizer.averaged([]):
                pass
        except (AttributeError, ValueError) as error:
            raise ArgumentError(
                f"SwapEMAWeights needs an optimizer with use_ema=True; received {optimizer!r}."
            ) from error

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Take the weights back."""
        self._back()

    def on_test_begin(self, logs: Logs = None) -> None:
        """Take the averages."""
        self._swap()

    def on_test_end(self, logs: Logs = None) -> None:
        """Take the weights back."""
        self._back()

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Take the averages for the callbacks that come after."""
        if self.swap_on_epoch:
            self._swap()
            self._between_epochs = True

    def on_train_end(self, logs: Logs = None) -> None:
        """Keep the averages of a complete epoch; take the weights back where validation has failed."""
        stay = self._between_epochs
        self._back()
        if stay:
            self.model.optimizer.finalize_variable_values(self.model.trainable_weights)

    def _swap(self) -> None:
        """Take the averages."""
        self._swapped.enter_context(self.model.optimizer.averaged(self.model.trainable_weights))

    def _back(self) -> None:
        """Take the weights back, if they are swapped."""
        self._between_epochs = False
        self._swapped.close()


@hookimpl
def register_callbacks(register: Register) -> None:
    """Register ``swap_ema_weights``."""
    register("swap_ema_weights", SwapEMAWeights)
