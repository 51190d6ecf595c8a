"""All passes in their order."""

from __future__ import annotations

from nbnet.compiler.collapse import collapse
from nbnet.compiler.expand import expand
from nbnet.compiler.fuse import fuse
from nbnet.compiler.lower import lower
from nbnet.compiler.plan import Plan
from nbnet.compiler.schedule import schedule
from nbnet.compiler.simplify import simplify
from nbnet.compiler.split import split
from nbnet.compiler.target import Target
from nbnet.graph.graph import Graph

__all__ = ["compile_graph", "optimise"]


def optimise(graph: Graph, *, simplified: bool = True, fused: bool = True) -> Graph:
    """The graph as it is lowered.

    Parameters
    ----------
    graph : Graph
    simplified, fused : bool
        Whether these passes run; results agree either way, which the tests use.
    """
    graph = expand(graph)
    if simplified:
        graph = collapse(simplify(graph))
    return fuse(split(graph), grow=fused)


def compile_graph(graph: Graph, target: Target, *, simplified: bool = True, fused: bool = True) -> Plan:
    """A graph as a plan for `target`."""
    return schedule(lower(optimise(graph, simplified=simplified, fused=fused), target))
