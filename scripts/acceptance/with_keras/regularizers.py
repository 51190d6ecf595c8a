"""Regularizers beside those of Keras."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np

from acceptance import own, samples
from acceptance.agreement import Errors, error, errors
from acceptance.coverage import Case, Entry, Known
from acceptance.with_keras import peer
from nbnet import regularizers as nb

kr = keras.regularizers


AT_ZERO = Known("The slope of |w| at w = 0 is 1 in JAX, and 0 here and in PyTorch.", within=1.0)


def case(
    label: str, ours: Callable[[Any], Any], theirs: Callable[[], Any], zeros: int = 0, known: Known | None = None
) -> Case:
    """The penalty of a matrix, of which some columns are 0, and its gradient."""

    def compare(dtype: str) -> Errors:
        peer.compute_in(dtype)
        w = samples.normal((7, 5), dtype)
        w[:, :zeros] = 0
        penalty, slopes = own.value_and_gradients(ours, [w], [0])
        expected, expected_slopes = peer.value_and_gradients(theirs(), [w], [0])
        return {
            "forward": error(penalty, expected),
            "gradient": errors(slopes, expected_slopes),
            "restored": error(own.values(own.restored(ours), w), np.asarray(expected)),
        }

    return Case(label, compare, known)


TABLE: Mapping[str, Entry] = {
    "l1": [
        case("L1()", nb.L1(), kr.L1),
        case("L1(0.3)", nb.L1(0.3), lambda: kr.L1(0.3)),
        case("L1() of zeros too", nb.L1(), kr.L1, 2, AT_ZERO),
    ],
    "l2": [case("L2()", nb.L2(), kr.L2, 2), case("L2(0.3)", nb.L2(0.3), lambda: kr.L2(0.3))],
    "l1_l2": [
        case("L1L2(0.1, 0.2)", nb.L1L2(0.1, 0.2), lambda: kr.L1L2(0.1, 0.2)),
        case("L1L2(l1=0.1)", nb.L1L2(l1=0.1), lambda: kr.L1L2(l1=0.1)),
        case("L1L2(), without arguments 0.01 and 0.01", nb.L1L2(), lambda: kr.L1L2(0.01, 0.01)),
    ],
    "orthogonal": [
        case("OrthogonalRegularizer()", nb.OrthogonalRegularizer(), kr.OrthogonalRegularizer),
        case(
            "OrthogonalRegularizer(0.5, 'columns')",
            nb.OrthogonalRegularizer(0.5, "columns"),
            lambda: kr.OrthogonalRegularizer(0.5, "columns"),
        ),
    ],
}
