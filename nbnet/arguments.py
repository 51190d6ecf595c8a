"""What is said of a keyword argument that a class or function does not take."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from nbnet.errors import ArgumentError, suggest

__all__ = ["named_arguments", "refuse_unknown"]

_Function = TypeVar("_Function", bound=Callable[..., Any])

_OWN_STEP = "write a train_step of your own for it"
_PENALTY = "add the penalty to the loss in a train_step of your own"
_NO_FUNCTIONAL = (
    "there is no functional API: use nbnet.Sequential([...]), or a subclass of nbnet.Model with layers as attributes "
    "and a method call(self, x)"
)

# Arguments of Keras that do not exist here → what to do instead.
_ABSENT: dict[str, str] = {
    "activity_regularizer": _PENALTY,
    "bias_constraint": _OWN_STEP,
    "bias_regularizer": _PENALTY,
    "callbacks": "give objects with methods such as on_epoch_end(run, epoch, logs) as hooks=",
    "class_weight": "weigh the samples in a loss or train_step of your own",
    "clipnorm": "scale the gradients in a train_step of your own",
    "clipvalue": "bound the gradients in a train_step of your own",
    "ema_momentum": _OWN_STEP,
    "global_clipnorm": "scale the gradients in a train_step of your own",
    "gradient_accumulation_steps": "use a larger batch_size=",
    "initial_epoch": "a fit after another continues its count of epochs",
    "inputs": _NO_FUNCTIONAL,
    "jit_compile": "every step is compiled",
    "kernel_constraint": _OWN_STEP,
    "kernel_regularizer": _PENALTY,
    "label_smoothing": "smooth the one-hot targets before fit",
    "loss_weights": "add weighted losses: 0.7 * MSE() + 0.3 * MAE()",
    "outputs": _NO_FUNCTIONAL,
    "reduction": "a loss is the mean over the samples; for another one write a function of (y_true, y_pred)",
    "sample_weight": "weigh the samples in a loss or train_step of your own",
    "steps_per_epoch": "an epoch is one pass over the data",
    "steps_per_execution": "a step is one call into compiled code",
    "use_ema": _OWN_STEP,
    "validation_batch_size": "the results of evaluation do not depend on it",
    "validation_freq": "the validation data are evaluated after each epoch",
    "validation_steps": "all the validation data are evaluated",
    "weight_decay": _PENALTY,
    "weighted_metrics": "give metrics=",
}

# Old or short names → the argument that is meant.
_ALIASES = {"init": "kernel_initializer", "lr": "learning_rate", "nb_epoch": "epochs", "output_dim": "units"}


def refuse_unknown(owner: str, given: Iterable[str], known: Iterable[str]) -> None:
    """Raise an ArgumentError for the first of the given arguments that is not known.

    Parameters
    ----------
    owner : str
        The class or function as the user calls it.
    given, known : iterable of str
        Names of arguments.
    """
    names = set(known)
    for argument in given:
        if argument in names:
            continue
        meant = _ALIASES.get(argument)
        if meant in names:
            raise ArgumentError(f"{owner} takes no argument '{argument}'. Did you mean '{meant}'?")
        if argument in _ABSENT:
            raise ArgumentError(
                f"{owner} takes no argument '{argument}': it is not available in this version; {_ABSENT[argument]}."
            )
        raise ArgumentError(f"{owner} takes no argument '{argument}'. {suggest(argument, names, noun='argument')}")


def named_arguments(function: _Function) -> _Function:
    """Let a function answer an unknown keyword argument with what was probably meant."""
    parameters = frozenset([item.name for item in inspect.signature(function).parameters.values()][1:])

    @functools.wraps(function)
    def checked(self: Any, *args: Any, **kwargs: Any) -> Any:
        if kwargs and not parameters.issuperset(kwargs):
            refuse_unknown(f"{function.__name__}()", kwargs, parameters)
        return function(self, *args, **kwargs)

    return checked  # type: ignore[return-value]
