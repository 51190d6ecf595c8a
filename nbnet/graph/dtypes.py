"""The six data types and how they combine.

Types form one ladder ``bool < uint8 < int32 < int64 < float32 < float64``; two arrays combine to the higher
rung. This differs from NumPy in one way: an integer and a float32 give float32, not float64, since networks
compute in float32 and labels are integers. Python numbers are weak: they take the array's type, except that
a Python float makes an integer array float32 and a Python int makes a bool array int32.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nbnet.errors import DTypeError

__all__ = ["DEFAULT_FLOAT", "LADDER", "as_array", "as_dtype", "floating", "is_weak", "promote"]

LADDER: tuple[np.dtype, ...] = tuple(
    np.dtype(name) for name in ("bool", "uint8", "int32", "int64", "float32", "float64")
)
DEFAULT_FLOAT = np.dtype("float32")
_RUNG = {dtype: rung for rung, dtype in enumerate(LADDER)}


def as_dtype(dtype: Any) -> np.dtype:
    """The supported dtype that `dtype` names.

    Raises
    ------
    DTypeError
        When it is none of bool, uint8, int32, int64, float32, float64.
    """
    try:
        found = np.dtype(dtype)
    except TypeError as error:
        raise DTypeError(f"Expected a data type such as 'float32'; received {dtype!r}.") from error
    if found not in _RUNG:
        names = ", ".join(str(known) for known in LADDER)
        raise DTypeError(f"Data type {found} is not supported; use one of {names} (for instance x.astype('float32')).")
    return found.newbyteorder("=")


def is_weak(value: Any) -> bool:
    """Whether `value` is a plain Python number, which takes the type of what it meets."""
    return isinstance(value, (bool, int, float)) and not isinstance(value, np.generic)


def _weak_dtype(value: bool | int | float, strong: np.dtype | None) -> np.dtype:
    """The dtype a weak number takes beside `strong` (None: beside other weak numbers only)."""
    if isinstance(value, bool):
        return strong or LADDER[0]
    if isinstance(value, int):
        if strong is None or strong == LADDER[0]:
            return np.dtype("int32") if -(2**31) <= value < 2**31 else np.dtype("int64")
        return strong
    return strong if strong is not None and strong.kind == "f" else DEFAULT_FLOAT


def promote(*operands: Any) -> np.dtype:
    """The common dtype of operands, each with a ``dtype`` or a Python number."""
    strong = [operand.dtype for operand in operands if not is_weak(operand)]
    top = max(strong, key=_RUNG.__getitem__) if strong else None
    weak = [_weak_dtype(operand, top) for operand in operands if is_weak(operand)]
    return max([*weak, *([top] if top is not None else [])], key=_RUNG.__getitem__)


def floating(dtype: np.dtype) -> np.dtype:
    """`dtype` if it is a float, else float32: the type in which exp, sqrt or a division is computed."""
    return dtype if dtype.kind == "f" else DEFAULT_FLOAT


def as_array(value: Any, dtype: np.dtype | None = None) -> np.ndarray:
    """`value` as an array of a supported dtype; nested lists of floats become float32.

    Raises
    ------
    DTypeError
        When the values are not numbers or of an unsupported type.
    """
    if isinstance(value, (np.ndarray, np.generic)):
        array = np.asarray(value)
        if array.dtype not in _RUNG:
            if array.dtype.kind in "iu" and array.dtype.itemsize < 8:
                array = array.astype("int32" if array.dtype.itemsize < 4 else "int64")
            elif array.dtype == np.float16:
                array = array.astype(DEFAULT_FLOAT)
            else:
                as_dtype(array.dtype)
    else:
        try:
            array = np.asarray(value)
        except ValueError as error:
            raise DTypeError(
                f"Expected numbers in a regular nesting; received {type(value).__name__}: {error}"
            ) from error
        if array.dtype.kind == "f":
            array = array.astype(dtype if dtype is not None and dtype.kind == "f" else DEFAULT_FLOAT)
        elif array.dtype not in _RUNG:
            as_dtype(array.dtype)
    return array if dtype is None or array.dtype == dtype else array.astype(dtype)
