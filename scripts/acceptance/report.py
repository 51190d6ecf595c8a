"""A run over all registries with one library: what it prints, and whether it passed."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import time
from collections.abc import Sequence

from acceptance.agreement import DTYPES
from acceptance.coverage import Row, compared, header
from nbnet import registry

KINDS = {
    "activation": registry.activations,
    "loss": registry.losses,
    "metric": registry.metrics,
    "optimizer": registry.optimizers,
    "schedule": registry.schedules,
    "initializer": registry.initializers,
    "regularizer": registry.regularizers,
    "constraint": registry.constraints,
    "layer": registry.layers,
}
"""Every kind of part that computes; each has a module ``<kind>s`` with a TABLE in the folder of a library."""


def rows(library: str, kinds: Sequence[str], shows: bool) -> list[Row]:
    """The rows of all kinds, and of whole models."""
    importlib.import_module(f"acceptance.{library}.peer").setup()
    found: list[Row] = []
    for kind in kinds:
        started = time.perf_counter()
        module = importlib.import_module(f"acceptance.{library}.{'losses' if kind == 'loss' else kind + 's'}")
        if kind in KINDS:
            parts = KINDS[kind]
            found += compared(kind, parts.names(), module.TABLE, parts.get)
        else:
            found += compared(kind, module.TABLE, module.TABLE, lambda name: name)
        if shows:
            print(f"{kind}: {time.perf_counter() - started:.1f} s", file=sys.stderr, flush=True)
    return found


def summary(found: Sequence[Row]) -> str:
    """All rows in one line."""
    failed = [row for row in found if row.failed]
    if failed:
        return f"{len(failed)} of {len(found)} rows: " + ", ".join(f"{row.kind} {row.name}" for row in failed[:3])
    apart = {(row.kind, row.name) for row in found}
    largest = [max((max(row.errors.values()) for row in found if row.dtype == dtype and row.errors)) for dtype in DTYPES]
    return f"{len(apart)} parts, error {' and '.join(f'{value:.0e}' for value in largest)}"


def run(library: str, arguments: Sequence[str]) -> int:
    """Parse, compare, print; the exit code."""
    parser = argparse.ArgumentParser(prog=f"acceptance.parts_{library}")
    parser.add_argument("kinds", nargs="*", metavar="KIND", help="activation, loss, ..., model; default all")
    parser.add_argument("--json", action="store_true", help="print summary, table and failures as one JSON object")
    options = parser.parse_args(arguments)
    found = rows(library, options.kinds or [*KINDS, "model"], not options.json)
    table = "\n".join([header(), *(row.text() for row in found)])
    failures = "\n".join(row.text() for row in found if row.failed)
    if options.json:
        print(json.dumps({"summary": summary(found), "failures": failures, "table": table}))
        return 0
    print(table, summary(found), sep="\n\n")
    return 1 if failures else 0
