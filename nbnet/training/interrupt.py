"""Ctrl-C or another signal in training: the step is finished and everything saved; a second one ends at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from nbnet.training.events import Listener

__all__ = ["Interrupt", "stop_on_interrupt"]


class Interrupt(Listener):
    """Stop a run after the step in which a signal came.

    Attributes
    ----------
    asked : bool
        Whether one came.
    number : int
        Which; SIGINT until one comes.
    """

    def __init__(self) -> None:
        self.asked = False
        self.number = int(signal.SIGINT)
        self._run: Any = None

    def on_train_begin(self, run: Any) -> None:
        """Know whom to ask to end; no event after each step is needed then, which would cost its time."""
        self._run = run
        if self.asked:
            run.stop = True

    def handle(self, number: int, frame: FrameType | None) -> None:
        """Note the first signal; a second one ends at once."""
        if self.asked:
            raise KeyboardInterrupt
        self.asked, self.number = True, number
        if self._run is not None:
            self._run.stop = True


@contextmanager
def stop_on_interrupt(*others: signal.Signals) -> Iterator[Interrupt]:
    """Take SIGINT, and `others`, inside the block; outside the main thread they stay with those who have them."""
    interrupt = Interrupt()
    if threading.current_thread() is not threading.main_thread():
        yield interrupt
        return
    before = {number: signal.signal(number, interrupt.handle) for number in (signal.SIGINT, *others)}
    try:
        yield interrupt
    finally:
        for number, handler in before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)
