"""From the start of a process to the end of its first training step, and ``nbnet train`` as a whole."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.processes import NAMES, ROOT, Settings, environment, present
from benchmarks.tables import Table, at_most
from benchmarks.timing import Summary, summarize

FIRST_STEP = {
    "nbnet": """
import numpy as np, nbnet
from nbnet.layers import Dense, Input
model = nbnet.Sequential([Input((784,)), Dense(128, activation="relu"), Dense(64, activation="relu"),
                          Dense(10, activation="softmax")])
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
model.train_on_batch(np.ones((32, 784), "float32"), np.zeros(32, "int64"))
""",
    "torch": """
import torch
from torch import nn
model = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10))
optimizer = torch.optim.Adam(model.parameters(), fused=True)
nn.CrossEntropyLoss()(model(torch.ones(32, 784)), torch.zeros(32, dtype=torch.int64)).backward()
optimizer.step()
""",
    "jax": """
import numpy as np
from benchmarks.network import Network
from benchmarks.with_jax import train_step
train_step(Network(), np.ones((32, 784), "float32"), np.zeros(32, "int64"))()
""",
    "keras": """
import numpy as np, keras
from keras.layers import Dense, Input
model = keras.Sequential([Input((784,)), Dense(128, activation="relu"), Dense(64, activation="relu"),
                          Dense(10, activation="softmax")])
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
model.train_on_batch(np.ones((32, 784), "float32"), np.zeros(32, "int64"))
""",
    "sklearn": """
import numpy as np
from sklearn.neural_network import MLPClassifier
MLPClassifier((128, 64)).partial_fit(np.ones((32, 784), "float32"), np.zeros(32, "int64"), classes=np.arange(10))
""",
}
"""A program a framework: make the network, train on one batch of 32."""
WARM, COLD, TRAIN = 1.2, 12.0, 4.0
"""Seconds allowed."""


def until_step(framework: str, settings: Settings, cache: str | None) -> float:
    """Seconds from before the process was started until its step was done."""
    code = FIRST_STEP[framework] + "\nimport time\nprint(time.time())"
    start = time.time()  # a clock that both processes read
    return float(_output([sys.executable, "-c", code], settings, cache).splitlines()[-1]) - start


def whole_training(settings: Settings, cache: str | None) -> float:
    """Seconds of ``nbnet train`` of the digits template, from its start to its end."""
    template = ROOT / "nbnet" / "templates" / "digits.py"
    with tempfile.TemporaryDirectory() as out:
        start = time.perf_counter()
        _output([sys.executable, "-m", "nbnet", "train", str(template), "--out", out], settings, cache)
        return time.perf_counter() - start


def _output(command: Sequence[str], settings: Settings, cache: str | None) -> str:
    """Standard output of a command that must succeed."""
    variables = environment(settings.threads)
    variables["PYTHONPATH"] += f"{';' if sys.platform == 'win32' else ':'}{ROOT / 'scripts'}"
    if cache is not None:
        variables["NBNET_CACHE_DIR"] = cache
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"bench: {' '.join(command)} failed:\n{done.stderr}")
    return done.stdout


def table(times: dict[tuple[str, str], Summary]) -> Table:
    """The results: (framework, what) → seconds."""
    made = Table(
        "From the start of a process to the end of its first training step (784-128-64-10, batch 32): seconds",
        ["framework", "what", "s", "x nbnet's time", "target s", "verdict"],
        notes=[
            "Importing, building and compiling included. Cold: with an empty kernel cache. nbnet train: the digits "
            "template, 40 epochs, until the process has ended.",
        ],
    )
    goals = {"warm": WARM, "cold": COLD, "nbnet train, warm": TRAIN}
    for (name, what), found in times.items():
        ratio = found.median / times["nbnet", "warm"].median
        cells = [NAMES[name], what, found.text(form=".2f"), f"{ratio:.2f}", "", ""]
        data: dict[str, Any] = {"framework": name, "what": what, **vars(found), "ratio": ratio}
        if name == "nbnet":
            data["target"], data["verdict"] = goals[what], at_most(found.median, goals[what])
            cells[4:] = [f"{goals[what]:g}", data["verdict"]]
        made.rows.append(cells)
        made.data.append(data)
    return made


def run(settings: Settings) -> list[Table]:
    """Measure: cold first, which fills a cache of its own, then warm; a smoke test uses the cache that is there."""
    found: dict[tuple[str, str], list[float]] = {}
    names = present(("nbnet", "torch") if settings.quick else tuple(FIRST_STEP), settings)
    with tempfile.TemporaryDirectory() as folder:
        cache = None if settings.quick else str(Path(folder) / "warm")
        if cache is None:
            until_step("nbnet", settings, cache)
        else:
            colds = [cache, *(str(Path(folder) / str(number)) for number in range(1, min(settings.rounds, 3)))]
            found["nbnet", "cold"] = [until_step("nbnet", settings, cold) for cold in colds]
            print("start: cold done", file=sys.stderr)
            whole_training(settings, cache)
        for number in range(settings.rounds):
            for name in names:
                found.setdefault((name, "warm"), []).append(until_step(name, settings, cache))
            found.setdefault(("nbnet", "nbnet train, warm"), []).append(whole_training(settings, cache))
            print(f"start: round {number + 1} of {settings.rounds}", file=sys.stderr)
    return [table({case: summarize(values) for case, values in found.items()})]
