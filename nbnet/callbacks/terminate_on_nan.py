"""A training whose loss turns NaN ends without an error."""

from __future__ import annotations

import math

from nbnet.callbacks.callback import Callback, Logs
from nbnet.errors import NonFiniteError
from nbnet.hookspecs import Register, hookimpl

__all__ = ["TerminateOnNaN"]


class TerminateOnNaN(Callback):
    """End training without an error when loss or gradients turn NaN or infinite.

    Such a step ends training in any case: before anything is written the step is checked, so the weights are those
    before it. Without this callback ``fit`` raises a NonFiniteError; with it ``fit`` prints the same diagnosis, tells
    ``on_train_end`` and returns the History of the epochs before.

    Parameters
    ----------
    raise_error : bool
        True: raise the error all the same.

    Notes
    -----
    In Keras the weights are NaN by then, as the loss is looked at after the step.
    """

    def __init__(self, raise_error: bool = False) -> None:
        self.raise_error = raise_error

    def on_non_finite(self, error: ArithmeticError) -> bool:
        """Print the diagnosis, and let training end."""
        if self.raise_error:
            return False
        print(f"{error} Training ends here; the weights are as before this step.", flush=True)
        self.model.stop_training = True
        return True

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Look at the loss that was reported: a training step of one's own may report another one than it follows."""
        loss = (logs or {}).get("loss")
        if loss is None or math.isfinite(loss):
            return
        message = f"The loss that epoch {epoch + 1} reports is {loss}."
        if self.raise_error:
            raise NonFiniteError(message)
        print(f"{message} Training ends here.", flush=True)
        self.model.stop_training = True


@hookimpl
def register_callbacks(register: Register) -> None:
    """Register ``terminate_on_nan``."""
    register("terminate_on_nan", TerminateOnNaN)
