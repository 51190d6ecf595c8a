"""Pooling on the CPU: loops over channels, which are contiguous, for windows inside the image and at its border."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from nbnet.kernels.expression import compile_source
from nbnet.kernels.memory import ITEMSIZE, make_load, make_store, wide, word
from nbnet.kernels.pool import Spec

_EXTENTS = ("images", "H", "W", "C", "OH", "OW", "stride_h", "stride_w", "top", "left", "rows")
_ARRAYS = {
    "max": ("x", "y"), "mean": ("x", "y"), "max_input": ("x", "y", "dy", "dx"), "mean_input": ("dy", "dx"),
}  # fmt: skip
UNROLLED = 16
"""Pixels of a window up to which one loop over the channels looks at all of them."""


class _Source:
    """Lines of the kernel."""

    def __init__(self, spec: Spec) -> None:
        self.spec, self.lines = spec, list[str]()
        self.arrays = _ARRAYS[spec.kind]
        number = np.dtype(spec.dtype).type
        self.names: dict[str, Any] = {"word": word, "wide": wide, "zero": number(0), "one": number(1), "number": number}
        for scope, name in enumerate(self.arrays):
            self.names[f"load_{name}"] = make_load(spec.dtype, scope, len(self.arrays))
            self.names[f"store_{name}"] = make_store(spec.dtype, scope, len(self.arrays))
        self.taps = [(kh, kw) for kh in range(spec.KH) for kw in range(spec.KW)]

    def add(self, depth: int, *lines: str) -> None:
        """Append lines indented by `depth` levels."""
        self.lines += ["    " * depth + line for line in lines]

    def pixel(self, kh: str, kw: str) -> str:
        """Bytes from the first pixel of an image to a pixel of the window."""
        return f"(((h0 + {kh}) * W + w0 + {kw}) * C * size)"


def build(spec: Spec) -> Callable[[int, int, int], None]:
    """`kernel(words, start, stop)` of a specification."""
    source = _Source(spec)
    source.names["size"] = ITEMSIZE[spec.dtype]
    source.add(0, "def kernel(words, start, stop):")
    source.add(1, "wide()")
    for index, name in enumerate((*_EXTENTS, *(f"{array}_address" for array in source.arrays))):
        source.add(1, f"{name} = word(words, {index})")
    source.add(1, "parts = OH // rows", "for item in range(start, stop):")
    source.add(2, "image = item // parts", "first = (item - image * parts) * rows")
    large, small = ("dx", "dy") if spec.backward else ("x", "y")
    for name in source.arrays:
        height, width = ("H", "W") if name in ("x", "dx") else ("OH", "OW")
        source.add(2, f"{name}_image = {name}_address + image * {height} * {width} * C * size")
    if spec.backward:
        source.add(
            2,
            "begin = max(first * stride_h - top, 0) if first else 0",
            "end = (first + rows) * stride_h - top if first + rows < OH else H",
            f"zeroed = {large}_image + begin * W * C * size",
            "for c in range((min(end, H) - begin) * W * C):",
            f"    store_{large}(zeroed, c, zero)",
        )
    source.add(2, "for oh in range(first, first + rows):")
    source.add(3, "h0 = oh * stride_h - top", "for ow in range(OW):")
    source.add(4, "w0 = ow * stride_w - left")
    source.add(4, f"{small}_row = {small}_image + (oh * OW + ow) * C * size")
    if spec.kind == "max_input":
        source.add(4, "y_row = y_image + (oh * OW + ow) * C * size")
    source.add(4, f"kh0, kh1 = max(0, -h0), min({spec.KH}, H - h0)", f"kw0, kw1 = max(0, -w0), min({spec.KW}, W - w0)")
    if len(source.taps) <= UNROLLED:
        source.add(4, f"if kh1 - kh0 == {spec.KH} and kw1 - kw0 == {spec.KW}:")
        _inside(source)
        source.add(4, "else:")
        _border(source, 5)
    else:
        _border(source, 4)
    return compile_source("kernel", source.lines, source.names)


def _inside(source: _Source) -> None:
    """A window that lies in the image: one loop over the channels."""
    spec, taps = source.spec, source.taps
    images = {"max": ("x",), "mean": ("x",), "max_input": ("x", "dx"), "mean_input": ("dx",)}[spec.kind]
    for place, (kh, kw) in enumerate(taps):
        for name in images:
            source.add(5, f"{name}{place} = {name}_image + {source.pixel(str(kh), str(kw))}")
    source.add(5, "for c in range(C):")
    if spec.kind == "max":
        source.add(6, "best = load_x(x0, c)")
        for place in range(1, len(taps)):
            source.add(6, f"value = load_x(x{place}, c)", "best = value if value > best or value != value else best")
        source.add(6, "store_y(y_row, c, best)")
    elif spec.kind == "mean":
        total = " + ".join(f"load_x(x{place}, c)" for place in range(len(taps)))
        source.names["whole_share"] = np.dtype(spec.dtype).type(1 / len(taps))
        source.add(6, f"store_y(y_row, c, ({total}) * whole_share)")
    elif spec.kind == "mean_input":
        source.names["whole_share"] = np.dtype(spec.dtype).type(1 / len(taps))
        source.add(6, "given = load_dy(dy_row, c) * whole_share")
        for place in range(len(taps)):
            source.add(6, f"store_dx(dx{place}, c, load_dx(dx{place}, c) + given)")
    else:
        source.add(6, "best = load_y(y_row, c)", "left_over = load_dy(dy_row, c)")
        for place in range(len(taps)):
            source.add(
                6,
                f"hit = load_x(x{place}, c) == best",
                f"store_dx(dx{place}, c, load_dx(dx{place}, c) + (left_over if hit else zero))",
                "left_over = zero if hit else left_over",
            )


def _border(source: _Source, depth: int) -> None:
    """Any window: a loop over the channels for each pixel inside the image."""
    kind = source.spec.kind
    if kind == "max_input":
        # What is left of the gradient of each channel depends on the pixels before: channel by channel.
        source.add(
            depth,
            "for c in range(C):",
            "    best = load_y(y_row, c)",
            "    left_over = load_dy(dy_row, c)",
            "    for kh in range(kh0, kh1):",
            "        for kw in range(kw0, kw1):",
            f"            at = {source.pixel('kh', 'kw')}",
            "            if load_x(x_image + at, c) == best:",
            "                store_dx(dx_image + at, c, load_dx(dx_image + at, c) + left_over)",
            "                left_over = zero",
        )
        return
    if kind in ("mean", "mean_input"):
        source.add(depth, "share = one / number((kh1 - kh0) * (kw1 - kw0))")
    if kind == "mean":
        source.add(depth, "for c in range(C):", "    store_y(y_row, c, zero)")
    source.add(depth, "for kh in range(kh0, kh1):", "    for kw in range(kw0, kw1):")
    source.add(depth + 2, f"at = {source.pixel('kh', 'kw')}")
    if kind == "max":
        source.add(
            depth + 2,
            "here = x_image + at",
            "if kh == kh0 and kw == kw0:",
            "    for c in range(C):",
            "        store_y(y_row, c, load_x(here, c))",
            "else:",
            "    for c in range(C):",
            "        value, best = load_x(here, c), load_y(y_row, c)",
            "        store_y(y_row, c, value if value > best or value != value else best)",
        )
    elif kind == "mean":
        source.add(
            depth + 2,
            "here = x_image + at",
            "for c in range(C):",
            "    store_y(y_row, c, load_y(y_row, c) + load_x(here, c))",
        )
        source.add(depth, "for c in range(C):", "    store_y(y_row, c, load_y(y_row, c) * share)")
    else:
        source.add(
            depth + 2,
            "here = dx_image + at",
            "for c in range(C):",
            "    store_dx(here, c, load_dx(here, c) + load_dy(dy_row, c) * share)",
        )
