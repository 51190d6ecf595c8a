"""A plan for people: one row a kernel call, totals and peak memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nbnet.compiler.plan import Entry, Plan
from nbnet.compiler.table import shortened, table

__all__ = ["describe", "explain", "format_bytes", "format_count", "layer_names"]


def format_count(number: float) -> str:
    """A count with a metric prefix: ``1.5M``."""
    for unit in ("", "k", "M", "G", "T"):
        if abs(number) < 1000 or unit == "T":
            return f"{number:.3g}{unit}" if unit else f"{number:.0f}"
        number /= 1000
    return ""


def format_bytes(number: float) -> str:
    """A size with a binary prefix: ``1.5 MiB``."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if abs(number) < 1024 or unit == "GiB":
            return f"{number:.3g} {unit}" if unit != "B" else f"{number:.0f} B"
        number /= 1024
    return ""


def _row(number: int, entry: Entry) -> dict[str, Any]:
    """One entry as plain data."""
    return {
        "entry": number,
        "kernel": entry.spec.family,
        "computes": entry.label,
        "layers": list(dict.fromkeys(origin.layer for origin in entry.origins if origin.layer)),
        "lines": list(dict.fromkeys(f"{origin.file}:{origin.line}" for origin in entry.origins if origin.file)),
        "source": list(dict.fromkeys(origin.source for origin in entry.origins if origin.source)),
        "shapes": entry.shapes,
        "flops": entry.flops,
        "bytes": entry.bytes,
        "items": entry.items,
        "chunks": entry.chunks,
        "beside": entry.beside,
        "choice": entry.choice,
        "after_guard": entry.group if not entry.guard else 0,
    }


def describe(plan: Plan) -> dict[str, Any]:
    """A plan as plain data (JSON).

    Returns
    -------
    dict
        ``entries`` (a dict each: kernel, what it computes, layers, source lines, shapes, FLOPs, bytes, work
        items, chunks, how many entries before it may still run, why it is done in this way), ``totals`` (entries,
        kernels, flops, bytes, peak_memory, constants, state) in FLOPs and bytes, ``guards``.
    """
    return {
        "entries": [_row(number, entry) for number, entry in enumerate(plan.entries)],
        "totals": {
            "entries": len(plan.entries),
            "kernels": len(plan.kernels()),
            "flops": plan.flops,
            "bytes": plan.bytes,
            "peak_memory": plan.arena,
            "constants": len(plan.constants),
            "state": sum(variable.storage.nbytes for variable in plan.variables),
        },
        "guards": list(plan.guards),
    }


def explain(plan: Plan, width: int = 160) -> str:
    """A plan as a table.

    Parameters
    ----------
    plan : Plan
    width : int
        Columns of text to use; long descriptions are cut.
    """
    found = describe(plan)
    header = ("#", "kernel", "layer", "line", "flops", "bytes", "items/chunks", "shapes", "computes")
    lines = [
        (
            str(row["entry"]),
            row["kernel"],
            layer_names(row["layers"]),
            row["lines"][0].rsplit("/", 1)[-1] if row["lines"] else "",
            format_count(row["flops"]),
            format_bytes(row["bytes"]),
            f"{row['items']}/{row['chunks']}",
            shortened(row["shapes"], 44),
            row["computes"],
        )
        for row in found["entries"]
    ]
    totals = found["totals"]
    text = [table(header, lines, {0, 4, 5, 6}, width), ""]
    text.append(
        f"{totals['entries']} entries, {totals['kernels']} kernels, {format_count(totals['flops'])} FLOPs, "
        f"{format_bytes(totals['bytes'])} read and written"
    )
    text.append(
        f"peak memory of intermediates {format_bytes(totals['peak_memory'])}, state {format_bytes(totals['state'])}, "
        f"constants {format_bytes(totals['constants'])}"
    )
    reasons = [(row["entry"], row["choice"]) for row in found["entries"] if row["choice"]]
    if reasons:
        text.append("\nproducts:")
        text.extend(shortened(f"{number:>4}  {reason}", width) for number, reason in reasons)
    return "\n".join(text)


def layer_names(layers: Sequence[str]) -> str:
    """The first of an entry's layers, and how many more it has."""
    if not layers:
        return ""
    return layers[0] + (f" +{len(layers) - 1}" if len(layers) > 1 else "")
