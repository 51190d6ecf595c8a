"""Running plans on the CPU: memory, addresses, and the call of the runner."""

from __future__ import annotations

import ctypes
import math
import operator
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from nbnet.compiler.plan import Address, Buffer, Plan
from nbnet.errors import DataError
from nbnet.graph.tensor import Variable, aligned_empty
from nbnet.kernels import jit
from nbnet.runtime import threads
from nbnet.runtime.runner import GUARD, Program
from nbnet.runtime.scalars import Scalars
from nbnet.runtime.stop import GuardStop

__all__ = ["Executable", "on_compile", "report_compilation"]

_REGIONS = {"arena": 0, "constant": 1, "scalar": 2, "control": 3}

_COPIED = 16384
"""Bytes up to which an input is copied to memory of the executable, which takes less time than to find its address."""

_ALONE_FLOPS, _ALONE_BYTES = 5_000_000, 1_500_000
"""Operations and bytes up to which the calling thread runs a plan by itself: about 50 µs.

A second core gains little there where the cores share a fast cache, and where they do not the step of a small network
took up to 2.5 times as long with it.
"""


def report_compilation(done: int, total: int) -> None:
    """The default progress report: one line on a terminal's standard error, overwritten as kernels are compiled."""
    if not sys.stderr.isatty():
        return
    text = f"compiling {done}/{total} kernels (first run only)"
    sys.stderr.write(f"\r{text}" if done < total else "\r" + " " * len(text) + "\r")
    sys.stderr.flush()


on_compile: Callable[[int, int], None] | None = report_compilation
"""Called as ``on_compile(done, total)`` while a plan's missing kernels are compiled; None: silence."""


class _Arena:
    """Memory for intermediates, shared by all plans of the process: only one runs at a time."""

    def __init__(self) -> None:
        self.size = -1
        self.reserve(0)

    def reserve(self, size: int) -> None:
        """Grow to at least `size` bytes."""
        if self.size < size:
            self.memory = aligned_empty((size,), np.dtype("uint8"))
            self.address, self.size = self.memory.ctypes.data, size


arena = _Arena()


class Executable:
    """A plan with compiled kernels, ready to run.

    Parameters
    ----------
    plan : Plan
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        kernels = _load_kernels(plan.kernels())
        words = [word for entry in plan.entries for word in entry.words]
        self._words = np.array([word.offset if isinstance(word, Address) else word for word in words], np.int64)
        self._cells = self._words.data
        self._copies = [_copy(shape, dtype) for shape, dtype in plan.inputs]
        self._bound = [0] * len(plan.inputs)
        self._pointing = _pointing(words, len(plan.inputs))
        fixed = [
            (place, _region(word)) for place, word in enumerate(words)
            if isinstance(word, Address) and word.region != "input"
        ]  # fmt: skip
        self._places = np.array([place for place, _ in fixed], np.intp)
        self._regions = np.array([region for _, region in fixed], np.intp)
        self._offsets = self._words[self._places]
        self._moved: tuple[int, int] = (-1, -1)
        self._constants = aligned_empty((len(plan.constants),), np.dtype("uint8"))
        self._constants[:] = np.frombuffer(plan.constants, np.uint8)
        self._scalars = Scalars(plan.scalars)
        self._control = aligned_empty((8,), np.dtype("int64"))
        self._control[:] = 0
        self._flags = self._control.data
        self._stops = any(isinstance(word, Address) and word.region == "control" for word in words)
        self._readers: list[Callable[[], Any]] = []
        self._program = self._made_program(kernels)
        self._alone = _alone(plan)
        for index, copy in enumerate(self._copies):
            if copy is not None:
                self._point(index, copy.ctypes.data)

    @property
    def threads(self) -> int:
        """With how many threads it runs."""
        return 1 if self._alone else threads.get_num_threads()

    def _made_program(self, kernels: dict[Any, jit.Compiled]) -> Program:
        """The tables of the runner."""
        entries = np.zeros((len(self.plan.entries), 8), np.int64)
        address = self._words.ctypes.data
        for index, entry in enumerate(self.plan.entries):
            guard = GUARD if entry.guard else 0
            entries[index, :6] = kernels[entry.spec].address, address, entry.items, entry.chunk, guard, entry.beside
            address += 8 * len(entry.words)
        return Program(entries, np.zeros((len(entries), 16), np.int64), self._control, self.plan.flushes)

    def run(self, inputs: Sequence[np.ndarray]) -> list[Any]:
        """Run the plan once.

        Parameters
        ----------
        inputs : sequence of ndarray
            C-contiguous, of the plan's shapes and dtypes.

        Returns
        -------
        list of ndarray
            Copies of the outputs; NumPy scalars of those without axes.

        Raises
        ------
        GuardStop
            When a guard fired.
        DataError
            When an index was out of range.
        """
        with threads.lock:
            return self.run_locked(inputs)

    def run_locked(self, inputs: Sequence[np.ndarray]) -> list[Any]:
        """`run` for callers that hold ``threads.lock``."""
        if arena.size < self.plan.arena:
            arena.reserve(self.plan.arena)
        if self._moved != (arena.address, Variable.moves):
            self._bind()
        for index, copy in enumerate(self._copies):
            if copy is not None:
                copy[...] = inputs[index]
            elif (address := _address(inputs[index])) != self._bound[index]:
                self._point(index, address)
        self._scalars.read()
        if not self._stops:
            self._program.run(self.threads)
            return self._outputs(inputs)
        self._flags[1] = 0
        self._program.run(self.threads)
        if bad_index := self._flags[1]:
            raise DataError(
                f"An index is out of range: position {bad_index - 1} of the indices given to ops.gather (or to an "
                "embedding) points beyond the axis it picks from. Check the labels or token numbers."
            )
        if stopped := self._flags[0]:
            raise GuardStop(stopped)
        return self._outputs(inputs)

    def _bind(self) -> None:
        """Write the addresses into the words but those of inputs."""
        moved = arena.address, Variable.moves
        bases = [arena.address, self._constants.ctypes.data, self._scalars.cells.ctypes.data, self._control.ctypes.data]
        bases += [variable.address for variable in self.plan.variables]
        self._words[self._places] = np.array(bases, np.int64)[self._regions] + self._offsets
        self._readers = [self._reader(buffer) for buffer in self.plan.outputs if buffer.address.region != "input"]
        self._moved = moved

    def _point(self, index: int, address: int) -> None:
        """Write the address of an input into the words."""
        for place, offset in self._pointing[index]:
            self._cells[place] = address + offset
        self._bound[index] = address

    def _reader(self, buffer: Buffer) -> Callable[[], Any]:
        """What copies an output from where it stands."""
        address = buffer.address
        if address.region == "state":
            view = self.plan.variables[address.index].storage.reshape(buffer.shape)
        else:
            memory = {"arena": arena.memory, "constant": self._constants, "scalar": self._scalars.cells}[address.region]
            raw = memory[address.offset : address.offset + buffer.nbytes]
            view = raw.view(buffer.dtype).reshape(buffer.shape)
        return view.copy if view.ndim else partial(operator.getitem, view, ())

    def _outputs(self, inputs: Sequence[np.ndarray]) -> list[Any]:
        """Copies of the outputs."""
        if len(self._readers) == len(self.plan.outputs):
            return [read() for read in self._readers]
        readers = iter(self._readers)
        return [
            np.array(inputs[buffer.address.index]).reshape(buffer.shape)[()] if buffer.address.region == "input"
            else next(readers)() for buffer in self.plan.outputs
        ]  # fmt: skip


def _region(address: Address) -> int:
    """Number of a region in the table of base addresses."""
    return len(_REGIONS) + address.index if address.region == "state" else _REGIONS[address.region]


def _copy(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray | None:
    """Memory for a small input, None for a large one."""
    return aligned_empty(shape, dtype) if math.prod(shape) * dtype.itemsize <= _COPIED else None


def _pointing(words: Sequence[int | Address], inputs: int) -> list[list[tuple[int, int]]]:
    """For each input where in the words its address stands, and with which offset."""
    found: list[list[tuple[int, int]]] = [[] for _ in range(inputs)]
    for place, word in enumerate(words):
        if isinstance(word, Address) and word.region == "input":
            found[word.index].append((place, word.offset))
    return found


def _alone(plan: Plan) -> bool:
    """Whether helpers would find nothing to do, or too little."""
    small = plan.flops <= _ALONE_FLOPS and plan.bytes <= _ALONE_BYTES
    return small or all(entry.chunks == 1 and not entry.beside for entry in plan.entries)


_address_of = ctypes.addressof
_first_byte: Callable[[Any], ctypes.c_char] = ctypes.c_char.from_buffer


def _address(array: np.ndarray) -> int:
    """Where an array with elements begins."""
    try:
        return _address_of(_first_byte(array))  # a third of the time of array.ctypes.data
    except TypeError:  # it is read-only
        return array.ctypes.data


def _load_kernels(specs: Sequence[Any]) -> dict[Any, jit.Compiled]:
    """The compiled kernels of a plan; what must be compiled is reported."""
    missing = [spec for spec in specs if on_compile is not None and not jit.is_cached(spec)]
    found, done = {}, 0
    for spec in specs:
        if spec in missing and on_compile is not None:
            on_compile(done, len(missing))
            done += 1
        found[spec] = jit.load(spec)
    if missing and on_compile is not None:
        on_compile(len(missing), len(missing))
    return found
