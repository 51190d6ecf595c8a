"""All operators by name: what tests run over and what a compiler can look a node's operator up in."""

from __future__ import annotations

from nbnet.graph.tensor import Op

__all__ = ["OPS", "register"]

OPS: dict[str, Op] = {}


def register(op: Op) -> Op:
    """Enter `op` under its name and give it back.

    Raises
    ------
    ValueError
        When another operator has the name.
    """
    if op.name in OPS:
        raise ValueError(f"An operator named '{op.name}' exists already; give this one another name.")
    OPS[op.name] = op
    return op
