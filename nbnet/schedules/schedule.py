"""The base of learning-rate schedules."""

from __future__ import annotations

from nbnet.configurable import Configurable

__all__ = ["Schedule"]


class Schedule(Configurable):
    """Base of schedules: a learning rate as a function of the step. Subclasses define :meth:`__call__`."""

    def __call__(self, step: int) -> float:
        """The learning rate at a step.

        Parameters
        ----------
        step : int >= 0
            How many updates have been made.

        Returns
        -------
        float
        """
        raise NotImplementedError(f"{type(self).__name__} defines no __call__(step).")

    def __repr__(self) -> str:
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.get_config().items())
        return f"{type(self).__name__}({arguments})"
