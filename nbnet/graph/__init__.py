"""What to compute: tensors, operators, traces, graphs and their gradients. Pure Python and NumPy."""

from nbnet.graph import ops

__all__ = ["ops"]
