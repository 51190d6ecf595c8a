"""ONNX Runtime: the same networks as Conv, MaxPool, Gemm, Relu and Softmax nodes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from benchmarks.images import ImageNetwork
from benchmarks.network import Network

_threads = 1


def setup(threads: int) -> str:
    """Remember the number of threads; the version."""
    global _threads
    _threads = threads
    return str(onnxruntime.__version__)


def _kinds(network: Network | ImageNetwork) -> list[tuple[str, int]]:
    """Kind and number of each layer."""
    return list(network.layers) if isinstance(network, ImageNetwork) else [("dense", n) for n in network.widths[1:]]


def exported(network: Network | ImageNetwork) -> bytes:
    """The network as an ONNX model; images are (batch, channels, height, width)."""
    nodes, constants, name = [], [], "x"
    images = isinstance(network, ImageNetwork)
    weights = iter(network.weights(channels_first=True) if images else network.weights())
    kinds = _kinds(network)
    for index, (kind, number) in enumerate(kinds):
        if kind in ("pool", "flatten"):
            window = {"kernel_shape": [number] * 2, "strides": [number] * 2} if kind == "pool" else {}
            nodes.append(helper.make_node("MaxPool" if window else "Flatten", [name], [f"a{index}"], **window))
            name = f"a{index}"
            continue
        kernel, bias = next(weights)
        constants += [numpy_helper.from_array(kernel, f"w{index}"), numpy_helper.from_array(bias, f"b{index}")]
        product = "Conv" if kind == "conv" else "Gemm"
        nodes.append(helper.make_node(product, [name, f"w{index}", f"b{index}"], [f"z{index}"]))
        name = "y" if index == len(kinds) - 1 else f"a{index}"
        nodes.append(helper.make_node("Softmax" if name == "y" else "Relu", [f"z{index}"], [name]))
    inputs = (network.shape[2], *network.shape[:2]) if images else network.widths[:1]
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", *sizes])
        for name, sizes in (("x", inputs), ("y", (kinds[-1][1],)))
    ]
    graph = helper.make_graph(nodes, "network", ends[:1], ends[1:], constants)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    found: bytes = made.SerializeToString()
    return found


def predictors(network: Network | ImageNetwork, x: np.ndarray) -> dict[str, Callable[[], Any]]:
    """From array to array."""
    if isinstance(network, ImageNetwork):
        x = np.ascontiguousarray(x.transpose(0, 3, 1, 2))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = _threads
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(exported(network), options, providers=["CPUExecutionProvider"])
    return {"session.run": lambda: session.run(None, {"x": x})[0]}
