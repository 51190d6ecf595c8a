"""exp, log, tanh, sigmoid, erf and gelu on a million float32 numbers and one thread: their time and their error."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from benchmarks.frameworks import framework
from benchmarks.processes import NAMES, Settings, alternate, pooled, versions
from benchmarks.tables import Table, all_of, at_most
from benchmarks.timing import measure, summarize

FRAMEWORKS = ("nbnet", "torch")
FUNCTIONS = ("exp", "log", "tanh", "sigmoid", "erf", "gelu")
ELEMENTS = 1_000_000
SLOWER = 1.5
"""How many times PyTorch's time is allowed."""
ULP, ABSOLUTE = 2.0, 2e-7
"""An element's error must be within one of them."""


def reference(name: str) -> Callable[[Any], Any]:
    """The function in float64."""
    import numpy as np

    erf, erfc = np.frompyfunc(math.erf, 1, 1), np.frompyfunc(math.erfc, 1, 1)
    found: dict[str, Callable[[Any], Any]] = {
        "exp": np.exp, "log": np.log, "tanh": np.tanh,
        "sigmoid": lambda x: np.where(x < 0, np.exp(-np.abs(x)), 1.0) / (1.0 + np.exp(-np.abs(x))),
        "erf": lambda x: erf(x).astype("float64"),
        "gelu": lambda x: 0.5 * x * erfc(x * -math.sqrt(0.5)).astype("float64"),  # no cancellation where x < 0
    }  # fmt: skip
    return found[name]


def sample(name: str, count: int) -> Any:
    """Finite float32 numbers: evenly spaced where the function bends, and from all binades; log: above 0."""
    import numpy as np

    bits = np.random.default_rng(2).integers(0, 1 << 32, count, dtype="uint32").view("float32")
    bits = bits[np.isfinite(bits)]
    if name == "log":
        return np.concatenate([np.linspace(0.25, 4.0, count, dtype="float32"), np.abs(bits[bits != 0])])
    if name == "exp":
        bits = bits[np.abs(bits) < 104]  # beyond, the results are infinity and 0
        return np.concatenate([np.linspace(-104.0, 89.0, count, dtype="float32"), bits])
    return np.concatenate([np.linspace(-12.0, 12.0, count, dtype="float32"), bits])


def errors(x: Any, got: Any, exact: Any) -> dict[str, float]:
    """How far results are from the exact ones.

    Returns
    -------
    dict
        The greatest error in ulp of the exact result (1e9 at most) for normal and for subnormal results; the greatest
        absolute error of results up to 1; the greatest share of what is allowed, 1 being the bound, infinity counted as
        1e9, and where that is; the part of all results that is out of bounds. Results that overflow float32 must be
        infinite, and none may be NaN.
    """
    import numpy as np

    with np.errstate(over="ignore", under="ignore"):
        rounded = exact.astype("float32")
        finite = np.isfinite(rounded)
        off = np.where(finite, np.abs(got.astype("float64") - np.where(finite, exact, 0.0)), 0.0)
        ulp = off / np.where(finite, np.spacing(np.abs(np.where(finite, rounded, 1.0))).astype("float64"), 1.0)
    share = np.minimum(ulp / ULP, off / ABSOLUTE)
    share[(~finite & (got != rounded)) | ~(share <= 1e9)] = 1e9
    ulp = np.where(ulp <= 1e9, ulp, 1e9)
    ordinary = np.abs(np.where(finite, exact, 0.0)) >= np.finfo("float32").tiny
    return {
        "ulp": float(ulp[ordinary].max()),
        "ulp_subnormal": float(ulp[~ordinary].max()) if (~ordinary).any() else 0.0,
        "absolute": float(np.nan_to_num(off[np.abs(exact) <= 1], nan=1e9, posinf=1e9).max()),
        "allowed": float(share.max()),
        "worst_at": float(x[np.argmax(share)]),
        "out_of_bounds": float((share > 1).mean()),
    }


def work(name: str, settings: Settings) -> dict[str, Any]:
    """Times and errors of one framework's functions."""
    import numpy as np

    module = framework(name)
    found: dict[str, Any] = {"version": module.setup(1), "times": {}, "errors": {}}
    x = np.random.default_rng(0).standard_normal(ELEMENTS, dtype="float32") * np.float32(3)
    for function in FUNCTIONS:
        given = np.abs(x) + np.float32(1e-3) if function == "log" else x
        for way, call in module.unary(function, given).items():
            found["times"][f"{function} {way}"] = measure(call, settings.seconds / 2, settings.least)
        points = sample(function, 20_000 if settings.quick else 500_000)
        with np.errstate(all="ignore"):
            found["errors"][function] = errors(
                points, module.values(function, points), reference(function)(points.astype("float64"))
            )
    copied = np.empty_like(x)
    found["times"]["copy"] = measure(lambda: np.copyto(copied, x), settings.seconds / 2, settings.least)
    return found


def table(runs: dict[str, list[dict[str, Any]]]) -> Table:
    """The results of all processes."""
    names = [name for name, results in runs.items() if results]
    copy = summarize([value for name in names for value in pooled(runs[name], "copy")])
    made = Table(
        f"Elementary functions of {ELEMENTS:,} float32 numbers, one thread: ns an element",
        ["function", *(f"{NAMES[name]} {way}" for way in ("kept", "returned") for name in names),
         "x PyTorch's time (of minima)", "/ copy", *(f"{NAMES[name]} error" for name in names), "target", "verdict"],
        notes=[
            "Kept: written to memory that is there (a Variable of nbnet, out= of PyTorch). Returned: a new array as "
            "the result, which nbnet copies out of its plan. The target is for kept.",
            f"Limit: copying the numbers, {copy.text(1e3 / ELEMENTS)} ns an element.",
            "Error against float64, over evenly spaced numbers and all binades: the greatest share of what is allowed, "
            "2 ulp or 2e-7 absolute, the laxer for each element; and the greatest in ulp of results that are normal "
            "numbers.",
            versions(runs),
        ],
    )  # fmt: skip
    for function in FUNCTIONS:
        times = {
            (name, way): summarize(pooled(runs[name], f"{function} {way}"))
            for way in ("kept", "returned")
            for name in names
        }
        own = times["nbnet", "kept"]
        found = {name: runs[name][0]["errors"][function] for name in names}
        judged = [("error", at_most(found["nbnet"]["allowed"], 1.0))]
        data: dict[str, Any] = {"function": function, "errors": found, "times_the_copy": own.median / copy.median}
        ratio = "-"
        if "torch" in names:
            peer = times["torch", "kept"]
            data["ratio"], data["ratio_of_minima"] = own.median / peer.median, own.minimum / peer.minimum
            ratio = f"{data['ratio']:.2f} ({data['ratio_of_minima']:.2f})"
            judged.append(("time", at_most(data["ratio"], SLOWER)))
        data["verdict"] = all_of(judged) if "torch" in names else "PyTorch did not run"
        data["ns"] = {
            f"{name} {way}": {key: value * 1e3 / ELEMENTS for key, value in vars(item).items() if key != "count"}
            for (name, way), item in times.items()
        }
        made.rows.append(
            [function, *(item.text(1e3 / ELEMENTS) for item in times.values()), ratio,
             f"{own.median / copy.median:.2f}",
             *(f"{found[name]['allowed']:.2g} ({found[name]['ulp']:.3g} ulp)" for name in names),
             f"{SLOWER} x PyTorch; 2 ulp or 2e-7", data["verdict"]]
        )  # fmt: skip
        made.data.append(data)
    return made


def run(settings: Settings) -> list[Table]:
    """Measure, on one thread whatever was asked for."""
    settings = replace(settings, threads=1)
    return [table(alternate("math", FRAMEWORKS, settings))]
