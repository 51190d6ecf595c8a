"""Every operator, compiled, against its reference: values and gradients, with every pass on and off."""

from __future__ import annotations

import numpy as np
import pytest

from nbnet.graph import ops
from nbnet.graph.gradient import gradients
from nbnet.graph.graph import Graph, make_input
from nbnet.graph.ops.registry import OPS
from nbnet.graph.tensor import apply
from nbnet.graph.trace import Trace, tracing
from nbnet.testing import fuzz
from tests.graph.samples import SAMPLES


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", SAMPLES)
def test_value_and_gradient(name, dtype):
    """Of two samples of each op in float32, and of one in float64."""
    arrays, leaves, outputs = [], [], []
    with tracing(Trace()):
        for sample in SAMPLES[name][: 2 if dtype == "float32" else 1]:
            own = [array.astype(dtype) if array.dtype.kind == "f" else array for array in sample.inputs]
            inputs = [make_input(array.shape, array.dtype, len(arrays) + k) for k, array in enumerate(own)]
            arrays += own
            leaves += inputs
            result = apply(OPS[name], *inputs, **sample.attrs)
            outputs.append(result)
            sources = [leaf for leaf in inputs if leaf.dtype.kind == "f"]
            if sample.differentiable and result.dtype.kind == "f" and sources:
                outputs += gradients(ops.sum(result * result), sources)
    graph = Graph(tuple(leaves), tuple(outputs))
    with np.errstate(all="ignore"):
        fuzz.check(fuzz.Sample(0, graph, arrays))
