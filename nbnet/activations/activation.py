"""The base of activations that have arguments."""

from __future__ import annotations

from typing import Any

from nbnet.configurable import Configurable

__all__ = ["Activation"]


class Activation(Configurable):
    """Base of activations with arguments: subclasses define :meth:`__call__` over ops.

    An object of a registered subclass is given in place of a name, ``Dense(8, activation=LeakyReLU(0.1))``, and is
    saved with its arguments. The name of the class stands for an object with its defaults.
    """

    def __call__(self, x: Any) -> Any:
        """The activation of each element.

        Parameters
        ----------
        x : Tensor or array_like

        Returns
        -------
        Tensor or ndarray
            Of the shape of `x`.
        """
        raise NotImplementedError(f"{type(self).__name__} defines no __call__(x).")

    def __repr__(self) -> str:
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.get_config().items())
        return f"{type(self).__name__}({arguments})"
