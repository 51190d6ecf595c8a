"""A run over all registries with one library: what it prints, and whether it passed."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import time
from collections.abc import Sequence

from acceptance.agreement import DTYPES
from acceptance.coverage import KNOWN, NO_PEER, Row, compared, header
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


def rows(library: str, wanted: Sequence[str], shows: bool) -> list[Row]:
    """The rows of kinds, such as ``layer``, or of single parts, such as ``layer.Dense``."""
    try:
        importlib.import_module(f"acceptance.{library}.peer").setup()
    except ModuleNotFoundError as error:
        raise SystemExit(
            f"The comparison needs {error.name}; the extra bench has it: pip install 'nbnet[bench]'"
        ) from None
    found: list[Row] = []
    for kind, _, only in (item.partition(".") for item in wanted):
        started = time.perf_counter()
        module = importlib.import_module(f"acceptance.{library}.{'losses' if kind == 'loss' else kind + 's'}")
        if kind in KINDS:
            names, get = KINDS[kind].names(), KINDS[kind].get
        else:
            names, get = list(module.TABLE), str
        table = module.TABLE
        if only:
            names = [name for name in names if get(name) is get(only) or name == only]
            table = {name: entry for name, entry in table.items() if name in names}
            if not names:
                raise SystemExit(f"No {kind} is called '{only}'.")
        found += compared(kind, names, table, get)
        if shows:
            print(f"{kind}: {time.perf_counter() - started:.1f} s", file=sys.stderr, flush=True)
    return found


def summary(found: Sequence[Row]) -> str:
    """All rows in one line."""
    failed = [row for row in found if row.failed]
    if failed:
        return f"{len(failed)} of {len(found)} rows: " + ", ".join(f"{row.kind} {row.name}" for row in failed[:3])
    parts = {(row.kind, row.name) for row in found if row.verdict != NO_PEER}
    known = {(row.kind, row.name) for row in found if row.verdict == KNOWN}
    agreeing = [(row.dtype, max(row.errors.values())) for row in found if row.errors and not row.failed]
    largest = [max((value for one, value in agreeing if one == dtype), default=0.0) for dtype in DTYPES]
    return f"{len(parts)} parts within {' and '.join(f'{value:.0e}' for value in largest)}, {len(known)} known"


def run(library: str, arguments: Sequence[str]) -> int:
    """Parse, compare, print; the exit code."""
    parser = argparse.ArgumentParser(prog=f"acceptance.parts_{library}")
    parser.add_argument("kinds", nargs="*", metavar="KIND[.PART]", help="layer, loss, ..., layer.Dense; default all")
    parser.add_argument("--json", action="store_true", help="print summary, table and failures as one JSON object")
    options = parser.parse_args(arguments)
    unknown = [item for item in options.kinds if item.partition(".")[0] not in (*KINDS, "model")]
    if unknown:
        parser.error(f"no kind is called '{unknown[0]}'; there are {', '.join([*KINDS, 'model'])}")
    found = rows(library, options.kinds or [*KINDS, "model"], not options.json)
    table = "\n".join([header(), *(row.text() for row in found)])
    failures = "\n".join(row.text() for row in found if row.failed)
    if options.json:
        print(json.dumps({"summary": summary(found), "failures": failures, "table": table}))
        return 0
    print(table, summary(found), sep="\n\n")
    return 1 if failures else 0
