"""Pickles of dicts, lists, texts, numbers and NumPy arrays of numbers, read without executing anything.

A pickle is a program for a stack machine that may call any function it names. This reader runs the few instructions
that such data need. It imports nothing that a file names: the three names by which NumPy stores an array stand for
checks here, after which the array is made from its bytes.

References
----------
Python documentation, "pickletools: tools for pickle developers", for the instructions; NumPy, ``ndarray.__reduce__``
and ``ndarray.__setstate__``, for what an array is stored as.
"""

from __future__ import annotations

import io
import os
import pickletools
from collections.abc import Callable
from typing import Any

import numpy as np

from nbnet.data.reading import PathLike, byte_size, human, opened
from nbnet.errors import DataError

__all__ = ["MAX_PICKLE_BYTES", "read_pickle"]

# The largest file of its kind, the training images of CIFAR-100, has 155 MB.
MAX_PICKLE_BYTES = 2**29

_RECONSTRUCT, _NDARRAY, _DTYPE = "reconstruct", "ndarray", "dtype"
_NAMES = {
    ("numpy.core.multiarray", "_reconstruct"): _RECONSTRUCT,
    ("numpy._core.multiarray", "_reconstruct"): _RECONSTRUCT,
    ("numpy", "ndarray"): _NDARRAY,
    ("numpy", "dtype"): _DTYPE,
}
_TYPES = {"b1", "u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8"}

_PUSHED = {
    *("BININT", "BININT1", "BININT2", "INT", "LONG1", "BINFLOAT", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE"),
    *("BINUNICODE8", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8"),
}
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_BYTES_OF_PYTHON_2 = {"BINSTRING", "SHORT_BINSTRING"}
_PUT, _GET = {"BINPUT", "LONG_BINPUT"}, {"BINGET", "LONG_BINGET"}
_TUPLES = {"EMPTY_TUPLE": 0, "TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}


class _Refused(Exception):
    """What a pickle does that data need not; the message says what."""


class _Named:
    """One of the three names of NumPy."""

    def __init__(self, what: str) -> None:
        self.what = what


class _Mark:
    """Where the items of a collection begin on the stack."""


class _StoredType:
    """A dtype as stored: the code, then its byte order."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.order = "<"


class _StoredArray:
    """An array as stored, before and after its contents have come."""

    def __init__(self) -> None:
        self.array: np.ndarray | None = None


def read_pickle(path: PathLike, max_bytes: int = MAX_PICKLE_BYTES) -> Any:
    """What a pickle of plain data and arrays holds.

    Parameters
    ----------
    path : path-like
        The file, of protocol 2, 3 or 4.
    max_bytes : int
        Refuse a file that is larger; it is read as a whole.

    Returns
    -------
    object
        Of dict, list, tuple, str, bytes, int, float, bool and None, with ndarrays as items of the outermost one. Text
        of Python 2 comes as bytes.

    Raises
    ------
    DataError
        When the file cannot be read, is too large, truncated or damaged, or holds anything else. Nothing of it has been
        executed then.
    """
    with opened(path, "pickle") as stream:
        size = os.fstat(stream.fileno()).st_size
        if size > max_bytes:
            raise DataError(f"The pickle '{path}' has {human(size)}; the limit is {human(max_bytes)}.")
        content = stream.read(max_bytes + 1)
    try:
        return _run(content)
    except _Refused as refused:
        raise DataError(
            f"The pickle '{path}' is refused: {refused}. Expected dicts, lists, texts, numbers and NumPy arrays of "
            "numbers; nothing else is read, as a pickle can run any program. Do not open it by other means."
        ) from None
    except (ValueError, IndexError, KeyError, TypeError, OverflowError, AttributeError, MemoryError) as error:
        raise DataError(
            f"The pickle '{path}' is truncated or damaged, or no pickle: {error or type(error).__name__}. Download it "
            "again."
        ) from error


def _run(content: bytes) -> Any:
    """Run the instructions; what is on the stack in the end."""
    stack: list[Any] = []
    memo: dict[Any, Any] = {}
    argument: Any
    for instruction, argument, _ in pickletools.genops(io.BytesIO(content)):
        name = instruction.name
        if name in _PUSHED:
            stack.append(argument)
        elif name in _BYTES_OF_PYTHON_2:
            stack.append(argument.encode("latin-1"))
        elif name in _PUT:
            memo[argument] = stack[-1]
        elif name in _GET:
            stack.append(memo[argument])
        elif name == "MEMOIZE":
            memo[len(memo)] = stack[-1]
        elif name == "STOP":
            return _finished(stack)
        else:
            _instruction(name, argument, stack)
    raise ValueError("it has no end")


def _instruction(name: str, argument: Any, stack: list[Any]) -> None:
    """One of the instructions that are less frequent."""
    if name in ("PROTO", "FRAME"):
        return
    if name in _CONSTANTS:
        stack.append(_CONSTANTS[name])
    elif name in _TUPLES:
        count = _TUPLES[name]
        items = _popped(stack, count)
        stack.append(tuple(items))
    elif name in _ACTIONS:
        _ACTIONS[name](stack)
    elif name == "GLOBAL":
        stack.append(_named(*argument.split(" ", 1)))
    elif name == "STACK_GLOBAL":
        stack.append(_named(*_popped(stack, 2)))
    else:
        raise _Refused(f"it has the instruction {name}")


def _popped(stack: list[Any], count: int) -> list[Any]:
    """The uppermost `count` items, taken off."""
    if len(stack) < count:
        raise ValueError("its stack is empty too early")
    items = stack[len(stack) - count :]
    del stack[len(stack) - count :]
    return items


def _since_mark(stack: list[Any]) -> list[Any]:
    """The items above the last mark, taken off with it."""
    start = len(stack) - 1
    while not isinstance(stack[start], _Mark):
        start -= 1
        if start < 0:
            raise ValueError("a mark is missing")
    items = stack[start + 1 :]
    del stack[start:]
    return items


def _named(module: Any, name: Any) -> _Named:
    """One of the three names; no other is looked up."""
    what = _NAMES.get((module, name)) if isinstance(module, str) and isinstance(name, str) else None
    if what is None:
        raise _Refused(f"it names {module!s:.80}.{name!s:.80}")
    return _Named(what)


def _append(stack: list[Any]) -> None:
    item = stack.pop()
    _of(stack, list).append(item)


def _appends(stack: list[Any]) -> None:
    items = _since_mark(stack)
    _of(stack, list).extend(items)


def _set_item(stack: list[Any]) -> None:
    _set(_popped(stack, 2), stack)


def _set_items(stack: list[Any]) -> None:
    _set(_since_mark(stack), stack)


def _set(items: list[Any], stack: list[Any]) -> None:
    """Put keys and values into the dict on the stack; texts alone, as the hash of nested tuples may take for ever."""
    target = _of(stack, dict)
    for key, value in zip(items[::2], items[1::2], strict=True):
        if not isinstance(key, str | bytes):
            raise _Refused(f"it has a dict with a key of type {type(key).__name__}")
        target[key] = value


def _of(stack: list[Any], kind: type) -> Any:
    """The uppermost item, which must be of a kind."""
    if not isinstance(stack[-1], kind):
        raise ValueError(f"it puts items into what is no {kind.__name__}")
    return stack[-1]


def _call(stack: list[Any]) -> None:
    """What stands for a call: an array without contents, or a dtype without its byte order."""
    called, arguments = _popped(stack, 2)
    what = called.what if isinstance(called, _Named) else None
    first = arguments[0] if isinstance(arguments, tuple) and arguments else None
    if what == _RECONSTRUCT and isinstance(first, _Named) and first.what == _NDARRAY:
        stack.append(_StoredArray())
    elif what == _DTYPE and isinstance(first, str | bytes):
        code = _text(first)
        if code not in _TYPES:
            raise _Refused(f"it has an array of dtype {code!r:.40}")
        stack.append(_StoredType(code))
    else:
        raise _Refused("it calls what does not make an array")


def _build(stack: list[Any]) -> None:
    """Give a dtype its byte order, or an array its contents."""
    target, state = _popped(stack, 2)
    if not isinstance(state, tuple):
        raise _Refused("it sets the state of an object by other than a tuple")
    if isinstance(target, _StoredType):
        target.order = _text(state[1])
        if target.order not in ("<", ">", "|", "="):
            raise ValueError("a dtype has no byte order")
    elif isinstance(target, _StoredArray):
        target.array = _made(*state)
    else:
        raise _Refused(f"it sets the state of an object of type {type(target).__name__}")
    stack.append(target)


def _made(_: Any, shape: Any, kind: Any, fortran: Any, content: Any) -> np.ndarray:
    """An array from its bytes, once its shape is known to fit them."""
    sizes = isinstance(shape, tuple) and all(type(size) is int and size >= 0 for size in shape)
    if not sizes or not isinstance(kind, _StoredType) or not isinstance(content, bytes):
        raise _Refused("it has an array without shape, dtype and bytes")
    dtype = np.dtype((">" if kind.order == ">" else "<") + kind.code)
    if byte_size(shape, dtype.itemsize) != len(content):
        raise ValueError(f"an array {shape} of {kind.code} cannot have {len(content)} bytes")
    array = np.frombuffer(content, dtype).reshape(shape, order="F" if fortran else "C")
    return array.astype(dtype.newbyteorder("="), copy=False)


def _text(value: Any) -> str:
    """Text that Python 2 stored as bytes."""
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _finished(stack: list[Any]) -> Any:
    """The result, with arrays in place of what they were stored as, in the collection and in the dict of it."""
    if len(stack) != 1:
        raise ValueError("its end comes too early")
    result = stack[0]
    if isinstance(result, dict):
        return {key: _plain(value) for key, value in result.items()}
    if isinstance(result, list | tuple):
        return type(result)(_plain(value) for value in result)
    return _plain(result)


def _plain(value: Any) -> Any:
    """An array for what it was stored as."""
    if isinstance(value, _Named | _StoredType | _Mark) or (isinstance(value, _StoredArray) and value.array is None):
        raise ValueError("something in it has no contents")
    return value.array if isinstance(value, _StoredArray) else value


_ACTIONS: dict[str, Callable[[list[Any]], None]] = {
    "MARK": lambda stack: stack.append(_Mark()),
    "EMPTY_DICT": lambda stack: stack.append({}),
    "EMPTY_LIST": lambda stack: stack.append([]),
    "TUPLE": lambda stack: stack.append(tuple(_since_mark(stack))),
    "DICT": lambda stack: _set(_since_mark(stack), _pushed(stack, {})),
    "LIST": lambda stack: stack.append(_since_mark(stack)),
    "APPEND": _append,
    "APPENDS": _appends,
    "SETITEM": _set_item,
    "SETITEMS": _set_items,
    "REDUCE": _call,
    "BUILD": _build,
}


def _pushed(stack: list[Any], item: Any) -> list[Any]:
    """The stack with one more item."""
    stack.append(item)
    return stack
