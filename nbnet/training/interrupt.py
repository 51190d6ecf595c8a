"""Ctrl-C during training: the step is finished and everything is saved; a second one ends at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any

from nbnet.training.events import Listener

__all__ = ["Interrupt", "stop_on_interrupt"]


class Interrupt(Listener):
    """Stop a run after the step in which Ctrl-C came.

    Attributes
    ----------
    asked : bool
        Whether it came.
    """

    def __init__(self) -> None:
        self.asked = False

    def on_batch_end(self, run: Any, batch: int, logs: Mapping[str, float]) -> None:
        """Ask the loop to end."""
        if self.asked:
            run.stop = True

    def on_epoch_end(self, run: Any, epoch: int, logs: Mapping[str, float]) -> None:
        """Ask the loop to end, when Ctrl-C came during validation."""
        if self.asked:
            run.stop = True

    def handle(self, number: int, frame: FrameType | None) -> None:
        """Handle SIGINT."""
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True


@contextmanager
def stop_on_interrupt() -> Iterator[Interrupt]:
    """Take SIGINT inside the block; elsewhere than in the main thread it stays with those who have it."""
    interrupt = Interrupt()
    if threading.current_thread() is not threading.main_thread():
        yield interrupt
        return
    before = signal.signal(signal.SIGINT, interrupt.handle)
    try:
        yield interrupt
    finally:
        signal.signal(signal.SIGINT, before)
