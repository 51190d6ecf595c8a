"""The nouns of a graph: operators, symbolic tensors, state, and run-time scalars.

A :class:`Tensor` is one node: an operator, its inputs and its attributes, with a shape and a dtype that are
known when it is made. Calling :func:`apply` with a Tensor among the operands records a node; with plain
arrays it answers at once through the operator's NumPy reference.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from nbnet.errors import ShapeError, TraceError
from nbnet.graph.dtypes import as_array, as_dtype, floating, is_weak, promote
from nbnet.graph.operators import Operators

if TYPE_CHECKING:
    from nbnet.graph.trace import Origin, Trace

__all__ = ["Op", "RuntimeScalar", "Spec", "Tensor", "Variable", "active_trace", "apply", "as_operand", "constant"]

Shape = tuple[int, ...]
Spec = tuple[Shape, np.dtype]


@dataclass(frozen=True, eq=False)
class Op:
    """An operator: how shapes, gradients and numbers follow from its inputs.

    Parameters
    ----------
    name : str
        Unique name, as printed in graphs.
    infer : callable
        ``infer(*inputs, **attrs) -> (shape, dtype)``; inputs have ``shape`` and ``dtype``.
    reference : callable
        ``reference(*arrays, **attrs) -> ndarray``: the formula in a few lines of NumPy.
    gradient : callable or None
        ``gradient(node, grad) -> tuple`` with a Tensor or None for each input, written with ops. Results of
        the shape of `node` are summed down to the input's shape by the caller. None: no gradient flows.
    kind : str
        What the compiler groups by: "elementwise", "reduce", "matmul", "shape", "gather", "random", "leaf"…
    promotes : int or None
        Index of the first operand that takes part in dtype promotion; None: operands keep their types.
    floats : bool
        Whether integer operands are computed in float32.
    """

    name: str
    infer: Callable[..., Spec]
    reference: Callable[..., Any]
    gradient: Callable[[Tensor, Tensor], Sequence[Any]] | None = None
    kind: str = "elementwise"
    promotes: int | None = None
    floats: bool = False

    def __repr__(self) -> str:
        return f"Op({self.name})"


class Tensor(Operators):
    """A node of a graph: the symbolic result of one operator.

    Attributes
    ----------
    op : Op
        The operator.
    inputs : tuple of Tensor
        What it is applied to.
    attrs : mapping
        Its static attributes (axes, shapes, …).
    shape : tuple of int
    dtype : numpy.dtype
    origin : Origin or None
        The layer and the user's source line that made it.
    value : ndarray or None
        The number, known only while running eagerly.
    """

    __slots__ = ("attrs", "dtype", "inputs", "op", "origin", "shape", "value")

    def __init__(
        self,
        op: Op,
        inputs: Sequence[Tensor],
        attrs: Mapping[str, Any],
        shape: Shape,
        dtype: np.dtype,
        origin: Origin | None = None,
        value: np.ndarray | None = None,
    ) -> None:
        self.op = op
        self.inputs = tuple(inputs)
        self.attrs = MappingProxyType(dict(attrs))
        self.shape = tuple(shape)
        self.dtype = dtype
        self.origin = origin
        self.value = value

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    def numpy(self) -> np.ndarray:
        """The number, while running eagerly.

        Raises
        ------
        TraceError
            While tracing, when no number exists yet.
        """
        if self.value is None:
            where = f" (made at {self.origin})" if self.origin else ""
            raise TraceError(
                f"{self!r}{where} is symbolic: while a step is traced it has a shape and a dtype but no numbers. "
                "Use ops (ops.where instead of if, ops.exp instead of math.exp), make an operator of a function of "
                "plain numbers with nbnet.elementwise(f), or compile(run_eagerly=True) to look at numbers."
            )
        return self.value

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.numpy(), dtype=dtype, copy=bool(copy) or None)

    def __repr__(self) -> str:
        value = "" if self.value is None else f", value={np.array2string(self.value, threshold=8, precision=4)}"
        return f"Tensor({self.op.name}, shape={self.shape}, {self.dtype}{value})"


class Variable(Operators):
    """State that outlives a step: a weight, a moving average, an optimizer's slot, a metric's total.

    Parameters
    ----------
    value : array_like
        The initial value.
    dtype : dtype, optional
        Taken from `value` when None.
    name : str
        For messages, checkpoints and plans.
    trainable : bool
        Whether gradients are wanted for it.
    copy : bool
        Without it the variable takes `value` as its memory, where that is an array as :func:`aligned_empty` makes them:
        nobody else may use it from then on.

    Attributes
    ----------
    regularizer : callable or None
        Of the value, over ops: a penalty of shape () that training adds to the loss.
    constraint : callable or None
        Of the value, over ops: what the value becomes after each update, of the same shape.
    """

    moves: ClassVar[int] = 0
    """How often any variable was given other memory; who keeps addresses looks here whether they still hold."""
    changes: ClassVar[int] = 0  # how often any was given another `trainable`, regularizer or constraint
    version: int = 0  # how often this one was given another regularizer or constraint, which a step is traced with

    def __init__(
        self, value: Any, dtype: Any = None, name: str = "variable", trainable: bool = True, copy: bool = True
    ) -> None:
        array = as_array(value, None if dtype is None else as_dtype(dtype))
        self.name = name
        self.trainable = trainable
        self.regularizer: Callable[[Any], Any] | None = None
        self.constraint: Callable[[Any], Any] | None = None
        self.shape: Shape = array.shape
        self.dtype: np.dtype = array.dtype
        self.storage = _as_storage(array, copy)

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        return self.storage.size

    @property
    def storage(self) -> np.ndarray:
        """The array that compiled steps read and write in place."""
        return self._storage

    @storage.setter
    def storage(self, array: np.ndarray) -> None:
        self._storage = array
        self.address: int = array.ctypes.data
        Variable.moves += 1

    def __setattr__(self, name: str, value: Any) -> None:
        if name in ("trainable", "regularizer", "constraint") and vars(self).get(name, value) is not value:
            Variable.changes += 1
            self.version += name != "trainable"
        object.__setattr__(self, name, value)

    def __setstate__(self, state: dict[str, Any]) -> None:
        """A copy, or what was pickled, has memory of its own."""
        vars(self).update(state)
        self.storage = _as_storage(state["_storage"])

    def numpy(self) -> np.ndarray:
        """A copy of the current value."""
        return self.storage.copy()

    def assign(self, value: Any) -> Tensor | None:
        """Set the value: at once outside a trace, else as an ordered effect of the traced step.

        Raises
        ------
        ShapeError
            When the shape differs from the variable's.
        """
        shape = value.shape if hasattr(value, "shape") else np.shape(value)
        if tuple(shape) != self.shape:
            raise ShapeError(
                f"Variable '{self.name}' holds an array of shape {self.shape}; received shape {tuple(shape)}."
            )
        trace = active_trace()
        if trace is not None:
            return trace.assign(self, value)
        self.storage[...] = as_array(value, self.dtype)
        return None

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        trace = active_trace()
        if trace is not None:
            return np.asarray(trace.read(self), dtype=dtype)
        return np.array(self.storage, dtype=dtype)

    def __repr__(self) -> str:
        return f"Variable('{self.name}', shape={self.shape}, {self.dtype})"


class RuntimeScalar(Operators):
    """A number that a compiled step reads anew at each call: a learning rate, the step number, the seed.

    Parameters
    ----------
    name : str
    provider : callable
        Called without arguments before each run.
    dtype : dtype
        float32, float64 or int64.
    """

    def __init__(self, name: str, provider: Callable[[], Any], dtype: Any = "float32") -> None:
        self.name = name
        self.provider = provider
        self.dtype = as_dtype(dtype)
        self.shape: Shape = ()

    def numpy(self) -> np.ndarray:
        """The current value."""
        return np.asarray(self.provider(), self.dtype)

    def __repr__(self) -> str:
        return f"RuntimeScalar('{self.name}', {self.dtype})"


_ALIGNMENT = 64


def aligned_empty(shape: Shape, dtype: np.dtype, alignment: int = _ALIGNMENT) -> np.ndarray:
    """An uninitialised C-contiguous array whose first byte stands on an `alignment` border."""
    return _aligned(np.empty, shape, dtype, alignment)


def aligned_zeros(shape: Shape, dtype: np.dtype) -> np.ndarray:
    """The same as :func:`aligned_empty`, filled with zeros; a large one takes memory where it is first written."""
    return _aligned(np.zeros, shape, dtype, _ALIGNMENT)


def _aligned(make: Callable[..., np.ndarray], shape: Shape, dtype: np.dtype, alignment: int) -> np.ndarray:
    """A part of an array of bytes from an `alignment` border on."""
    size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    raw = make(size + alignment, np.uint8)
    start = -raw.ctypes.data % alignment
    return raw[start : start + size].view(dtype).reshape(shape)


def _as_storage(array: np.ndarray, copy: bool = True) -> np.ndarray:
    """An array in memory as compiled steps expect it of a variable; without `copy` itself where it lies so."""
    if not copy and array.flags.carray and array.ctypes.data % _ALIGNMENT == 0:
        return array
    found = aligned_empty(array.shape, array.dtype)
    found[...] = array
    return found


class _Active(threading.local):
    """The stack of traces of one thread."""

    def __init__(self) -> None:
        self.traces: list[Trace] = []


_active = _Active()


def active_trace() -> Trace | None:
    """The innermost trace of this thread, or None."""
    return _active.traces[-1] if _active.traces else None


def _no_reference(*_: Any, **__: Any) -> Any:
    """Leaves get their numbers from outside."""
    raise TraceError("A leaf of a graph has no formula; its value is bound when the graph is run.")


def _leaf(name: str) -> Op:
    return Op(name, infer=lambda **attrs: (attrs["shape"], attrs["dtype"]), reference=_no_reference, kind="leaf")


INPUT = _leaf("input")  # attrs: index, name
CONSTANT = _leaf("constant")  # attrs: value (ndarray)
SCALAR = _leaf("scalar")  # attrs: scalar (RuntimeScalar)
READ = _leaf("read")  # attrs: variable; the value before the step


def constant(value: Any, dtype: Any = None) -> Tensor:
    """A leaf that holds a fixed array."""
    array = as_array(value, None if dtype is None else as_dtype(dtype))
    trace = active_trace()
    eager = array if trace is not None and trace.eager else None
    return Tensor(CONSTANT, (), {"value": array}, array.shape, array.dtype, value=eager)


def _lift(operand: Any, trace: Trace | None) -> Any:
    """State becomes its symbolic value inside a trace and its array outside."""
    if isinstance(operand, Variable):
        return operand.numpy() if trace is None else trace.read(operand)
    if isinstance(operand, RuntimeScalar):
        if trace is None:
            return operand.numpy()
        return trace.scalar(operand)
    return operand if isinstance(operand, Tensor) or is_weak(operand) else as_array(operand)


def as_operand(value: Any) -> Any:
    """`value` with a shape and a dtype: a Tensor, the value of state at this point, or an array."""
    lifted = _lift(value, active_trace())
    return lifted if isinstance(lifted, Tensor) else as_array(lifted)


def apply(op: Op, *operands: Any, **attrs: Any) -> Any:
    """Record `op` when an operand is symbolic, else compute it at once.

    Parameters
    ----------
    op : Op
    *operands : Tensor, Variable, RuntimeScalar, array_like or number
        Python numbers take the dtype of the other operands.
    **attrs
        Static attributes of the operator.

    Returns
    -------
    Tensor or ndarray
        A Tensor when a Tensor, or state inside a trace, is among the operands; else an array (a NumPy
        scalar for a result without axes).
    """
    trace = active_trace()
    values = [_lift(operand, trace) for operand in operands]
    symbolic = any(isinstance(value, Tensor) for value in values) or (trace is not None and op.kind == "random")
    target: np.dtype | None = None
    if op.promotes is not None:
        target = promote(*values[op.promotes :])
        if op.floats:
            target = floating(target)
    lifted: list[Any] = []
    for index, value in enumerate(values):
        wanted = target if op.promotes is not None and index >= op.promotes else None
        if isinstance(value, Tensor):
            # `is None` matters: to NumPy, dtype("float64") == None is true.
            same = wanted is None or value.dtype == wanted
            lifted.append(value if same else value.astype(wanted))
        else:
            array = as_array(value, wanted)
            lifted.append(constant(array) if symbolic else array)
    shape, dtype = op.infer(*lifted, **attrs)
    if not symbolic:
        return np.asarray(op.reference(*lifted, **attrs)).astype(dtype, copy=False)[()]
    node = Tensor(op, lifted, attrs, shape, dtype, origin=trace.origin() if trace is not None else None)
    if trace is not None and trace.eager:
        node.value = np.asarray(op.reference(*(item.numpy() for item in lifted), **attrs)).astype(dtype, copy=False)
    return node
