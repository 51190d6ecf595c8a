#!/usr/bin/env python3
"""Timings of nbnet beside other frameworks: alternating subprocesses, so that a drifting machine hits all alike.

    scripts/bench.py dense              a training step of 784-128-64-10
    scripts/bench.py math               exp, log, tanh, sigmoid, erf, gelu: time and error
    scripts/bench.py start              from the start of a process to the end of its first step
    scripts/bench.py predict            latency of one sample and of one image, throughput of 1,024
    scripts/bench.py fit                what the training loop adds; wide and tiny networks; memory
    scripts/bench.py conv               convolutions one by one, forward and both gradients
    scripts/bench.py cnn                a training step of a convolutional network; its memory
    scripts/bench.py all --quick        a smoke test: few cases, few steps, one round
    scripts/bench.py dense --markdown   the table as the README has it

The peers are PyTorch, JAX, Keras on TensorFlow, scikit-learn and ONNX Runtime (pip install -e '.[bench]'); those that
are not installed are left out. Every framework has the same number of threads, and compilation is not counted.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from typing import Any

from benchmarks import cnn, cnn_memory, conv, dense, elementary, fit, predict, start
from benchmarks.machine import busy, cores, describe
from benchmarks.processes import NAMES, Settings
from benchmarks.tables import Table

BENCHMARKS: dict[str, Any] = {
    "dense": dense, "math": elementary, "start": start, "predict": predict, "fit": fit, "conv": conv, "cnn": cnn,
}  # fmt: skip
WORKERS: dict[str, Any] = {**BENCHMARKS, **fit.PARTS, "cnn-memory": cnn_memory}


def report(tables: list[Table], machine: dict[str, Any], form: str, command: str) -> str:
    """All tables as "text", "markdown" or "json"."""
    if form == "json":
        found = [{"title": table.title, "notes": table.notes, "rows": table.data} for table in tables]
        return json.dumps({"command": command, "machine": machine, "tables": found}, indent=2)
    about = ", ".join(f"{key} {value}" for key, value in machine.items())
    caption = f"Measured with `{command}` on: {about}."
    return "\n\n".join([*(table.text(form == "markdown") for table in tables), caption])


def main() -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("benchmark", choices=[*BENCHMARKS, "all"])
    parser.add_argument("--rounds", type=int, default=5, help="processes of each framework, in turn")
    parser.add_argument("--seconds", type=float, default=0.5, help="time for each case in each process")
    parser.add_argument("--threads", type=int, default=cores())
    parser.add_argument("--peers", default=",".join(NAMES), help="which to compare with; default %(default)s")
    parser.add_argument("--quick", action="store_true", help="a smoke test")
    parser.add_argument("--json", dest="form", action="store_const", const="json", default="text")
    parser.add_argument("--markdown", dest="form", action="store_const", const="markdown")
    arguments = parser.parse_args()
    peers = tuple(filter(None, arguments.peers.split(",")))
    if unknown := set(peers) - set(NAMES):
        parser.error(f"--peers expects some of {', '.join(NAMES)}; received {', '.join(sorted(unknown))}")
    if min(arguments.rounds, arguments.threads) < 1:
        parser.error("--rounds and --threads expect at least 1")
    settings = Settings(arguments.threads, arguments.rounds, arguments.seconds, frameworks=peers)
    if arguments.quick:
        settings = Settings(arguments.threads, rounds=1, seconds=0.02, quick=True, frameworks=peers)
    machine = describe(settings.threads)
    if warning := busy(settings.threads):
        print(f"bench: {warning}", file=sys.stderr)
    wanted = list(BENCHMARKS) if arguments.benchmark == "all" else [arguments.benchmark]
    tables = [table for name in wanted for table in BENCHMARKS[name].run(settings)]
    command = shlex.join(["scripts/bench.py", *sys.argv[1:]])
    print(report(tables, machine, arguments.form, command))


def work(benchmark: str, framework: str, settings: str) -> None:
    """One framework's part of one benchmark, in a process that `main` started; prints JSON."""
    found = WORKERS[benchmark].work(framework, Settings(**json.loads(settings)))
    print(json.dumps(found))


if __name__ == "__main__":
    if sys.argv[1:2] == ["worker"]:
        work(*sys.argv[2:])
    else:
        main()
