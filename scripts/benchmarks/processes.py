"""One process for each framework, in turn, so that a drifting machine hits all alike."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
NAMES = {
    "nbnet": "nbnet", "torch": "PyTorch", "jax": "JAX", "keras": "Keras", "sklearn": "scikit-learn",
    "onnxruntime": "ONNX Runtime",
}  # fmt: skip
"""Each framework as tables write it; its code is in with_<framework>.py."""
NEEDS = {"keras": ("keras", "tensorflow"), "onnxruntime": ("onnxruntime", "onnx")}
"""The modules a framework is made of, where it is not one of its own name."""


@dataclass(frozen=True)
class Settings:
    """What a run is asked for.

    Attributes
    ----------
    threads : int
        For every framework.
    rounds : int
        Processes of each framework.
    seconds : float
        How long one case is timed in one process.
    quick : bool
        A smoke test: few cases, one round.
    frameworks : tuple of str
        Those that are wanted.
    """

    threads: int
    rounds: int = 5
    seconds: float = 0.5
    quick: bool = False
    frameworks: tuple[str, ...] = tuple(NAMES)

    @property
    def least(self) -> int:
        """Calls of a case that are timed however long they take."""
        return 3 if self.quick else 20


def environment(threads: int) -> dict[str, str]:
    """Variables that hold every framework to `threads` threads of the CPU, and have this nbnet imported."""
    count = str(threads)
    set_here = {
        "OMP_NUM_THREADS": count, "MKL_NUM_THREADS": count, "OPENBLAS_NUM_THREADS": count, "NBNET_NUM_THREADS": count,
        "TF_NUM_INTRAOP_THREADS": count, "NPROC": count,  # NPROC: the size of XLA's pool
        "JAX_PLATFORMS": "cpu", "CUDA_VISIBLE_DEVICES": "", "KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3",
        "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))),
    }  # fmt: skip
    if threads == 1:
        set_here["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
    return {**os.environ, **set_here}


_left_out: set[str] = set()


def present(frameworks: Sequence[str], settings: Settings) -> list[str]:
    """Those of `frameworks` that are wanted and installed; each missing one is named once on standard error."""
    found = []
    for name in frameworks:
        if name != "nbnet" and name not in settings.frameworks:
            continue
        missing = [part for part in NEEDS.get(name, (name,)) if importlib.util.find_spec(part) is None]
        if missing and name not in _left_out:
            _left_out.add(name)
            print(f"bench: {NAMES[name]} is left out: {', '.join(missing)} is not installed", file=sys.stderr)
        if not missing:
            found.append(name)
    return found


def run_worker(benchmark: str, framework: str, settings: Settings) -> dict[str, Any]:
    """What the benchmark's `work` gives for one framework in a process of its own.

    Raises
    ------
    SystemExit
        When the process fails; its standard error is in the message.
    """
    command = [sys.executable, str(ROOT / "scripts" / "bench.py"), "worker", benchmark, framework]
    done = subprocess.run(
        [*command, json.dumps(asdict(settings))],
        env=environment(settings.threads), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"bench: {benchmark} with {NAMES.get(framework, framework)} failed:\n{done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def alternate(benchmark: str, frameworks: Sequence[str], settings: Settings) -> dict[str, list[dict[str, Any]]]:
    """What each present framework's processes found, `settings.rounds` of each in turn."""
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in present(frameworks, settings)}
    for number in range(settings.rounds):
        for name, found in runs.items():
            start = time.perf_counter()
            found.append(run_worker(benchmark, name, settings))
            took = time.perf_counter() - start
            print(f"{benchmark}: {NAMES[name]}, round {number + 1} of {settings.rounds}, {took:.1f} s", file=sys.stderr)
    return runs


def pooled(results: Sequence[dict[str, Any]], case: str) -> list[float]:
    """The times of one case over all rounds; empty where the framework does not do it."""
    return [value for result in results for value in result["times"].get(case, [])]


def versions(runs: dict[str, list[dict[str, Any]]]) -> str:
    """E.g. "nbnet 0.1.0, PyTorch 2.13.0"."""
    return ", ".join(f"{NAMES[name]} {results[0]['version']}" for name, results in runs.items() if results)
