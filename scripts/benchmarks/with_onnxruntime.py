"""ONNX Runtime: the same network as Gemm, Relu and Softmax nodes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from benchmarks.network import Network

_threads = 1


def setup(threads: int) -> str:
    """Remember the number of threads; the version."""
    global _threads
    _threads = threads
    return str(onnxruntime.__version__)


def exported(network: Network) -> bytes:
    """The network as an ONNX model."""
    nodes, constants, name = [], [], "x"
    last = len(network.pairs) - 1
    for index, (kernel, bias) in enumerate(network.weights()):
        constants += [numpy_helper.from_array(kernel, f"w{index}"), numpy_helper.from_array(bias, f"b{index}")]
        nodes.append(helper.make_node("Gemm", [name, f"w{index}", f"b{index}"], [f"z{index}"]))
        name = "y" if index == last else f"a{index}"
        nodes.append(helper.make_node("Softmax" if index == last else "Relu", [f"z{index}"], [name]))
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", width])
        for name, width in (("x", network.widths[0]), ("y", network.widths[-1]))
    ]
    graph = helper.make_graph(nodes, "network", ends[:1], ends[1:], constants)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    found: bytes = made.SerializeToString()
    return found


def predictors(network: Network, x: np.ndarray) -> dict[str, Callable[[], Any]]:
    """From array to array."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = _threads
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(exported(network), options, providers=["CPUExecutionProvider"])
    return {"session.run": lambda: session.run(None, {"x": x})[0]}
