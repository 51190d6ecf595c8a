"""From a fused group to a program: its operands with their strides, and its instructions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from nbnet.compiler.fused import Body, classify
from nbnet.compiler.layout import Strides, aligned, contiguous
from nbnet.graph.tensor import INPUT, Tensor
from nbnet.kernels.program import Instruction, Operand, Program, Result

__all__ = ["Source", "Translation", "translate"]


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
    if first is None:
        levels = classify(members, body.domain, body.axes) or {}
    else:
        levels = {id(node): "element" for node in members}
    sources: dict[tuple[int, Strides, bool], int] = {}
    listed: list[Source] = []
    if first is not None:
        listed.append(Source(-1, contiguous(body.domain), str(first.dtype), False))
    pending: list[tuple[Tensor, list[tuple[str, int]]]] = []
    hot = False
    for node in members:
        level = levels[id(node)]
        lane = level != "element" and node.op.kind != "reduce"
        form = node.inputs[0].shape if node.op.kind == "reduce" else node.shape
        one_hot = node.op.kind == "one_hot"
        hot = hot or one_hot
        arguments: list[tuple[str, int]] = []
        for item in node.inputs:
            if item is first:
                arguments.append(("source", 0))
            elif item.op is not INPUT:
                arguments.append(("node", id(item)))
            else:
                strides = aligned(item.shape, form, body.domain, body.axes, hot=one_hot)
                key = (item.attrs["index"], strides, lane)
                if key not in sources:
                    sources[key] = len(listed)
                    listed.append(Source(item.attrs["index"], strides, str(item.dtype), lane))
                arguments.append(("source", sources[key]))
        pending.append((node, arguments))
    number = {id(node): len(listed) + place for place, node in enumerate(members)}
    if first is not None:
        number[id(first)] = 0
    instructions = [
        Instruction(
            "copy" if node.op.kind == "shape" else node.op.name if node.op.kind != "formula" else "formula",
            tuple(number[value] if kind == "node" else value for kind, value in arguments),
            str(node.dtype),
            levels[id(node)] != "element",
            node.attrs.get("formula"),
        )
        for node, arguments in pending
    ]
    outputs = body.graph.outputs
    lanes = [levels.get(id(node), "element") != "element" for node in outputs]
    targets = [aligned(node.shape, node.shape, body.domain, body.axes) for node in outputs]
    return Translation(listed, instructions, [number[id(node)] for node in outputs], targets, lanes, hot)


def with_alias(program: Program, result: int, operand: int) -> Program:
    """The program that stores `result` in the memory of `operand`."""
    results = list(program.results)
    results[result] = replace(results[result], alias=operand)
    return replace(program, results=tuple(results))
