"""Is this installation sound? Facts about it, and half a second of training as proof."""

from __future__ import annotations

import platform
import time
from collections.abc import Mapping
from typing import Any

from nbnet.datasets.digits import digits
from nbnet.kernels import cache, jit
from nbnet.layers import Dense, Flatten, Rescaling
from nbnet.models import Sequential
from nbnet.runtime import threads
from nbnet.runtime.host import cpu_target
from nbnet.training.events import Listener
from nbnet.training.versions import versions

__all__ = ["checkup"]


class _StopAfter(Listener):
    """End a training when its time is over."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._end = 0.0
        self.losses: list[float] = []

    def on_epoch_begin(self, run: Any, epoch: int) -> None:
        """Start the clock with the second epoch: the first one compiles."""
        if epoch == 1:
            self._end = time.perf_counter() + self._seconds

    def on_epoch_end(self, run: Any, epoch: int, logs: Mapping[str, float]) -> None:
        """Look at the clock."""
        self.losses.append(logs["loss"])
        run.stop = run.stop or (epoch >= 1 and time.perf_counter() >= self._end)


def checkup(seconds: float = 0.5) -> dict[str, Any]:
    """Look at the installation and train a small network for a moment.

    Parameters
    ----------
    seconds : float
        How long to train after everything is compiled.

    Returns
    -------
    dict
        ``versions``, ``platform``, ``cpu``, ``vector_bits``, ``cores``, ``threads``, ``threading_layer``, ``cache``,
        ``training`` (steps per second, the loss before and after, kernels compiled), ``warnings`` (a list of texts)
        and ``sound``: whether the loss went down.
    """
    target = cpu_target()
    state = cache.info()
    network = Sequential([Rescaling(1 / 16, input_shape=(8, 8)), Flatten(), Dense(64, "relu"), Dense(10, "softmax")])
    network.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    x, y = digits().train
    compiled = jit.compilations()
    started = time.perf_counter()
    before = float(network.evaluate(x, y))
    stop = _StopAfter(seconds)
    network.fit(x, y, batch_size=32, epochs=10**6, verbose=0, hooks=[stop])
    duration = time.perf_counter() - started
    after = float(network.evaluate(x, y))
    warnings = []
    if not state.writable:
        warnings.append(f"the kernel cache {state.path} cannot be written; kernels are compiled anew in every run")
    packages = versions()
    warnings += [f"the package {name} is missing" for name, version in packages.items() if version == "missing"]
    return {
        "versions": packages,
        "platform": platform.platform(),
        "cpu": target.name,
        "vector_bits": 8 * target.vector_bytes,
        "cores": threads.available_cores(),
        "threads": threads.get_num_threads(),
        "threading_layer": "nbnet",
        "cache": {**state._asdict(), "path": str(state.path)},
        "training": {
            "epochs": len(stop.losses),
            "steps": network.steps,
            "seconds": round(duration, 3),
            "loss_before": round(before, 4),
            "loss_after": round(after, 4),
            "kernels_compiled": jit.compilations() - compiled,
        },
        "warnings": warnings,
        "sound": after < before,
    }
