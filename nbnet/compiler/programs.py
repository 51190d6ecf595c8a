"""From a fused group to a program: its operands with their strides, and its instructions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from nbnet.compiler.fused import Body, Form
from nbnet.compiler.layout import Strides, aligned, contiguous
from nbnet.graph.dtypes import LADDER
from nbnet.graph.tensor import INPUT, Tensor
from nbnet.kernels.program import Instruction, Operand, Program, Result

__all__ = ["NAMES", "Source", "Translation", "translate", "with_alias"]

NAMES = {dtype: str(dtype) for dtype in LADDER}
"""dtype → its name, which programs have in place of it."""


@dataclass(frozen=True)
class Source:
    """An operand: which input of the group, and its strides along the domain's axes, in elements."""

    index: int
    strides: Strides
    dtype: str
    lane: bool


@dataclass(frozen=True)
class Translation:
    """A group in the form kernels are made from.

    Attributes
    ----------
    sources : list of Source
    body : list of Instruction
    values : list of int
        Value number of each output of the group.
    targets : list of strides
        Strides of each output along the domain's axes.
    lanes : list of bool
        Whether each output is one number a lane.
    hot : bool
        Whether the position along the last axis matters (a one-hot is among the instructions).
    """

    sources: list[Source]
    body: list[Instruction]
    values: list[int]
    targets: list[Strides]
    lanes: list[bool]
    hot: bool

    def program(self, access: Sequence[tuple[bool, bool]], dtypes: Sequence[str]) -> Program:
        """The program whose operands vary along (inner, outer) as `access` says."""
        operands = [
            Operand(source.dtype, inner, outer, source.lane)
            for source, (inner, outer) in zip(self.sources, access, strict=True)
        ]
        results = [
            Result(value, dtype, lane) for value, dtype, lane in zip(self.values, dtypes, self.lanes, strict=True)
        ]
        return Program(tuple(operands), tuple(self.body), tuple(results))


def translate(body: Body, first: Tensor | None = None) -> Translation:
    """Number the group's values.

    Parameters
    ----------
    body : Body
    first : Tensor, optional
        The matrix product of a group of kind "matmul": it becomes operand 0, whatever feeds it is left out.
    """
    members = [node for node in body.graph.nodes() if node.op is not INPUT and node is not first]
    form = Form(body.domain, body.axes)
    lane = {id(node): first is None and form.level(node) != "element" for node in members}
    sources: dict[tuple[int, Strides, bool], int] = {}
    listed: list[Source] = []
    number: dict[int, int] = {}
    if first is not None:
        number[id(first)] = 0
        listed.append(Source(-1, contiguous(body.domain), NAMES[first.dtype], False))
    leaves: dict[tuple[int, int], int] = {}
    for node in members:
        for place, item in enumerate(node.inputs):
            if item.op is INPUT:
                source = _source(node, item, body, lane[id(node)])
                key = source.index, source.strides, source.lane
                if key not in sources:
                    sources[key] = len(listed)
                    listed.append(source)
                leaves[id(node), place] = sources[key]
    number |= {id(node): len(listed) + place for place, node in enumerate(members)}
    instructions = [
        Instruction(
            "copy" if node.op.kind == "shape" else node.op.name,
            tuple(leaves[id(node), k] if item.op is INPUT else number[id(item)] for k, item in enumerate(node.inputs)),
            NAMES[node.dtype],
            lane[id(node)],
            node.attrs.get("formula"),
        )
        for node in members
    ]
    outputs = body.graph.outputs
    lanes = [lane.get(id(node), False) for node in outputs]
    targets = [aligned(node.shape, node.shape, body.domain, body.axes) for node in outputs]
    hot = any(node.op.kind == "one_hot" for node in members)
    return Translation(listed, instructions, [number[id(node)] for node in outputs], targets, lanes, hot)


def _source(node: Tensor, item: Tensor, body: Body, lane: bool) -> Source:
    """How a node of the group reads an input of the group."""
    reduces = node.op.kind == "reduce"
    shape = node.inputs[0].shape if reduces else node.shape
    strides = aligned(item.shape, shape, body.domain, body.axes, hot=node.op.kind == "one_hot")
    return Source(item.attrs["index"], strides, NAMES[item.dtype], lane and not reduces)


def with_alias(program: Program, result: int, operand: int) -> Program:
    """The program that stores `result` in the memory of `operand`."""
    results = list(program.results)
    results[result] = replace(results[result], alias=operand)
    return replace(program, results=tuple(results))
