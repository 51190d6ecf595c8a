"""Lower: each node becomes a call of a kernel from the kernel library.

The result names buffers by number; where they lie in memory is the scheduler's business.
"""

from __future__ import annotations

import numpy as np

from nbnet.compiler.fused import FUSED, PICK
from nbnet.compiler.lowered import Lowered
from nbnet.compiler.lowering import RULES
from nbnet.compiler.lowering.guards import lower_guards
from nbnet.compiler.target import Target
from nbnet.errors import KernelError
from nbnet.graph.graph import Graph
from nbnet.graph.tensor import CONSTANT, INPUT, READ, SCALAR
from nbnet.graph.trace import Assign

__all__ = ["lower"]


def lower(graph: Graph, target: Target) -> Lowered:
    """Choose a kernel for each node of a fused graph.

    Parameters
    ----------
    graph : Graph
        After expand; it may also be simplified and fused.
    target : Target

    Raises
    ------
    KernelError
        When an op has no kernel.
    """
    lowered = Lowered(graph, target)
    scalars: dict[int, int] = {}
    for node in graph.nodes():
        if node.op is INPUT:
            lowered.place[id(node)] = lowered.slot(node.shape, node.dtype, "input", node.attrs["index"])
        elif node.op is CONSTANT:
            lowered.place[id(node)] = lowered.constant(np.ascontiguousarray(node.attrs["value"]))
        elif node.op is SCALAR:
            index = scalars.setdefault(id(node.attrs["scalar"]), len(scalars))
            lowered.place[id(node)] = lowered.slot((), node.dtype, "scalar", index, node.attrs["scalar"])
        elif node.op is READ:
            lowered.place[id(node)] = lowered.variable(node.attrs["variable"])
        elif node.op.name == "reshape":
            lowered.place[id(node)] = lowered.of(node.inputs[0])
        elif node.op is not PICK:
            rule = RULES.get(node.attrs["group"].kind if node.op is FUSED else node.op.name)
            if rule is None:
                raise KernelError(f"The op '{node.op.name}' has no kernel.")
            rule(lowered, node)
    for effect in graph.effects:
        if isinstance(effect, Assign):
            lowered.variable(effect.variable)
    lower_guards(lowered)
    return lowered
