"""Random numbers."""

from __future__ import annotations

from nbnet.compiler.lowered import Lowered, Ref, Step
from nbnet.graph.tensor import Tensor
from nbnet.kernels import random

__all__ = ["lower_random"]


def lower_random(lowered: Lowered, node: Tensor) -> None:
    """Fill a buffer from the stream of the node's layer and number."""
    out = lowered.result(node)
    kind = node.op.name.removeprefix("random_")
    seed, step, *parameters = (lowered.of(item) for item in node.inputs)
    spec = random.Spec(f"{kind}{node.attrs.get('bits', '')}", str(node.dtype))
    limit = Ref(parameters[0]) if parameters else node.attrs.get("threshold", 0)
    words = [Ref(out), node.size, Ref(seed), Ref(step), node.attrs["stream"], node.attrs["number"], limit]
    lowered.emit(
        Step(
            spec,
            words,
            random.items(node.size),
            random.CHUNK,
            node.op.name,
            [seed, step, *parameters],
            [out],
            spec.flops(node.size),
            spec.bytes(node.size),
            (node.origin,) if node.origin else (),
        )
    )
