"""Compiling Python functions over ops: ``nbnet.function`` and ``nbnet.grad``."""

from __future__ import annotations

import functools
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nbnet.compiler.plan import Plan
from nbnet.compiler.reuse import plan_of
from nbnet.errors import GradientError, NonFiniteError
from nbnet.graph.gradient import gradients
from nbnet.graph.graph import Graph, evaluate, make_input
from nbnet.graph.seed import get_seed
from nbnet.graph.tensor import RuntimeScalar, Tensor, Variable, active_trace, constant
from nbnet.graph.trace import Guard, Trace, tracing
from nbnet.runtime import threads
from nbnet.runtime.eager import first_non_finite, run_eagerly
from nbnet.runtime.host import cpu_target
from nbnet.runtime.nest import flatten_call, rebuild
from nbnet.runtime.stop import GuardStop

if TYPE_CHECKING:
    from nbnet.runtime.cpu import Executable

__all__ = ["Function", "function", "grad"]

_KEPT = 8
"""Plans that a function keeps, by signature; the least recently used goes first."""


class _Compiled:
    """One signature: the traced graph, its plan, and how results are put back into their nest."""

    def __init__(self, graph: Graph, result: Any, trace: Trace) -> None:
        self.graph, self.result, self.trace = graph, result, trace
        self.plan = plan_of(graph, cpu_target())
        self._alone = isinstance(result, Tensor)
        named = type(result) is dict and all(isinstance(item, Tensor) for item in result.values())
        self._names = tuple(result) if named else None

    def nest(self, outputs: Sequence[Any]) -> Any:
        """The outputs as the function returned them; arrays without axes as numbers."""
        if self._alone:
            return outputs[0]
        if self._names is not None:
            return dict(zip(self._names, outputs, strict=True))
        values = iter(outputs)
        return rebuild(self.result, lambda item: next(values) if isinstance(item, Tensor) else item)

    @functools.cached_property
    def executable(self) -> Executable:
        """The plan with its kernels; compiled when first asked for."""
        from nbnet.runtime.cpu import Executable  # loads Numba, which describing a network does not need

        return Executable(self.plan)


class Function:
    """A Python function over ops, compiled for each signature of its arguments.

    Parameters
    ----------
    f : callable
        Called with Tensors in place of arrays, once for each signature. It may read and assign Variables.
    name : str, optional
        For messages; the function's own name by default.
    seed, step : callable, optional
        Without arguments, giving integers: what random numbers are a function of. By default nbnet's seed and
        the number of completed calls.
    eager : bool
        Run op by op through the NumPy references, so that print and a debugger see numbers.
    """

    def __init__(
        self,
        f: Callable[..., Any],
        *,
        name: str | None = None,
        seed: Callable[[], int] | None = None,
        step: Callable[[], int] | None = None,
        eager: bool = False,
    ) -> None:
        self.f = f
        self.name = name or str(getattr(f, "__name__", type(f).__name__))
        self.eager = eager
        self.calls = 0
        self._seed = seed or get_seed
        self._step = step or (lambda: self.calls)
        self._plans: OrderedDict[Any, _Compiled] = OrderedDict()
        self._latest: tuple[Any, _Compiled | None] = (None, None)
        self._lock = threading.RLock()
        functools.update_wrapper(self, f, updated=())

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run; inside another trace the function is simply inlined."""
        if active_trace() is not None:
            return self.f(*args, **kwargs)
        if self.eager:
            result = run_eagerly(self.f, args, kwargs, self._seed, self._step, self.name)
            self.calls += 1
            return result
        leaves: list[np.ndarray] = []
        return self._run(self._compiled(args, kwargs, leaves), leaves)

    def prepared(self, *args: Any, **kwargs: Any) -> Callable[..., Any]:
        """The compiled function for one signature, for callers that have looked at the arguments themselves.

        Parameters
        ----------
        args, kwargs
            Arguments as of a call; nothing is run.

        Returns
        -------
        callable
            Takes the arrays among the arguments, in order, and nothing else: C-contiguous ndarrays of the same shapes
            and dtypes, which is not checked. It is not for use while a step is traced, and keeps its plan.
        """
        compiled = self._compiled(args, kwargs, [])
        return lambda *leaves: self._run(compiled, leaves)

    def _run(self, compiled: _Compiled, leaves: Sequence[np.ndarray]) -> Any:
        """Run a plan, count the call and let others count it."""
        executable = compiled.executable
        try:
            with threads.lock:  # no other call may draw random numbers for the same step
                outputs = executable.run_locked(leaves)
                self.calls += 1
                for callback in compiled.trace.after:
                    callback()
        except GuardStop as stop:
            raise self._diagnosis(compiled, stop, leaves) from None
        return compiled.nest(outputs)

    def explain(self, *args: Any, **kwargs: Any) -> Plan:
        """The plan for these arguments; nothing is run."""
        return self._compiled(args, kwargs, []).plan

    def graph(self, *args: Any, **kwargs: Any) -> Graph:
        """The traced graph for these arguments, before any pass."""
        return self._compiled(args, kwargs, []).graph

    def _compiled(self, args: Sequence[Any], kwargs: Mapping[str, Any], leaves: list[np.ndarray]) -> _Compiled:
        """The plan for a signature, traced if it is new."""
        key = flatten_call(args, kwargs, leaves)
        latest, compiled = self._latest
        if compiled is not None and latest == key:
            return compiled
        with self._lock:
            found = self._plans.get(key)
            if found is None:
                found = self._plans[key] = self._traced(args, kwargs, leaves)
                if len(self._plans) > _KEPT:
                    self._plans.popitem(last=False)
            self._plans.move_to_end(key)
            self._latest = key, found
            return found

    def _traced(self, args: Sequence[Any], kwargs: Mapping[str, Any], leaves: Sequence[np.ndarray]) -> _Compiled:
        """Call the function with symbols."""
        trace = Trace(RuntimeScalar("seed", self._seed, "int64"), RuntimeScalar("step", self._step, "int64"))
        inputs = [make_input(array.shape, array.dtype, index) for index, array in enumerate(leaves)]
        symbols = iter(inputs)

        def symbol(item: Any) -> Any:
            return item if isinstance(item, (Tensor, Variable)) else next(symbols)

        with tracing(trace):
            result = self.f(*rebuild(tuple(args), symbol), **rebuild(dict(kwargs), symbol))
            outputs: list[Tensor] = []
            result = rebuild(result, lambda item: _output(item, outputs))
        graph = Graph(tuple(inputs), tuple(outputs), tuple(trace.effects))
        return _Compiled(graph, result, trace)

    def _diagnosis(self, compiled: _Compiled, stop: GuardStop, leaves: Sequence[np.ndarray]) -> NonFiniteError:
        """Replay the step through the references and name the first number that is not finite."""
        values: dict[int, np.ndarray] = {}
        evaluate(compiled.graph, leaves, lambda node, value: values.__setitem__(id(node), value))
        guards = [effect for effect in compiled.graph.effects if isinstance(effect, Guard)]
        guard = guards[stop.guard - 1]
        found = first_non_finite(guard.watched, lambda node: values[id(node)])
        written = ", ".join(other.name for other in guards[: stop.guard - 1])
        earlier = f" Updates before it ({written}) were written." if written else ""
        return NonFiniteError(
            f"A number in step '{self.name}' is not finite: {found}. The update '{guard.name}' was not written, so the "
            f"weights are as they were before the step.{earlier} Lower the learning rate, or look for extreme values "
            "in the data."
        )


def _output(item: Any, outputs: list[Tensor]) -> Any:
    """A result as a node of the graph."""
    if isinstance(item, Variable):
        trace = active_trace()
        assert trace is not None
        item = trace.read(item)
    elif not isinstance(item, Tensor):
        item = constant(item)
    outputs.append(item)
    return item


def function(f: Callable[..., Any] | None = None, *, eager: bool = False) -> Any:
    """Compile a Python function over ops; also a decorator.

    Parameters
    ----------
    f : callable
        Takes nested tuples, lists and dicts of arrays; None, bools and strings are static. It is called with
        Tensors once for each signature (shapes, dtypes, static values), and what it computed then runs as one
        compiled plan.
    eager : bool
        Run op by op instead, to look at numbers.

    Returns
    -------
    Function

    Examples
    --------
    >>> import nbnet
    >>> @nbnet.function
    ... def distance(x, y):
    ...     return nbnet.ops.sqrt(nbnet.ops.sum(nbnet.ops.square(x - y)))
    >>> float(distance([0.0, 0.0], [3.0, 4.0]))
    5.0
    """
    if f is None:
        return functools.partial(function, eager=eager)
    return Function(f, eager=eager)


def grad(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """The gradient of a function whose result is one number.

    Parameters
    ----------
    f : callable
        Over ops; its arguments at `argnums` are floating-point arrays.
    argnums : int or sequence of int
        With respect to which positional arguments.

    Returns
    -------
    callable
        With the arguments of `f`; gives one array of the argument's shape, or a tuple of them. Inside a
        compiled function it records the gradient; called with arrays it is compiled like any function. It can
        be differentiated again.

    Examples
    --------
    >>> import nbnet
    >>> slope = nbnet.grad(lambda x: x * x * x)
    >>> float(slope(2.0))
    12.0
    """
    numbers = (argnums,) if isinstance(argnums, int) else tuple(argnums)

    def derivative(*args: Any, **kwargs: Any) -> Any:
        values = [_differentiable(item, place, f) if place in numbers else item for place, item in enumerate(args)]
        missing = [place for place in numbers if place >= len(args)]
        if missing:
            raise GradientError(
                f"grad expects a positional argument {missing[0]} to differentiate by; received {len(args)}."
            )
        found = gradients(f(*values, **kwargs), [values[place] for place in numbers])
        return found[0] if isinstance(argnums, int) else tuple(found)

    name = f"grad({getattr(f, '__name__', type(f).__name__)})"
    compiled = Function(derivative, name=name)
    functools.update_wrapper(compiled, f, updated=())
    return compiled


def _differentiable(item: Any, place: int, f: Callable[..., Any]) -> Tensor:
    """An argument as a float tensor."""
    trace = active_trace()
    if isinstance(item, Variable) and trace is not None:
        item = trace.read(item)
    if not isinstance(item, Tensor) or item.dtype.kind != "f":
        kind = getattr(item, "dtype", type(item).__name__)
        raise GradientError(
            f"grad of '{getattr(f, '__name__', 'f')}' differentiates by argument {place}, which must be a "
            f"floating-point array; received {kind}. Use floats, e.g. x.astype('float32')."
        )
    return item
