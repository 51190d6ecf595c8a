"""What one input sample looks like, as plain data: what a saved model needs to read inputs for predictions."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeGuard

import numpy as np

from nbnet.data.table_spec import TableSpec
from nbnet.errors import DataError, SavedModelError
from nbnet.preprocessing.nest import is_nest, parts
from nbnet.preprocessing.table import Table

__all__ = ["InputSpec"]


@dataclass(frozen=True)
class InputSpec:
    """Shape, dtype and range of the raw input samples that a model was trained on.

    Attributes
    ----------
    shape : tuple of int
        Shape of one sample, without the batch axis.
    dtype : str
        Its dtype.
    minimum, maximum : float
        The range of the training inputs, before any preprocessing. An image file's 0 to 255 is mapped to it.
    mean : float or None
        Their mean; None where a file does not say it. Specifications are compared without it.
    table : TableSpec or None
        The columns, where samples are rows of a table. Its dtype is ``"table"``, its shape the number of columns, and
        it has no range.
    inputs : dict of str to InputSpec, or None
        A specification for each of several inputs. The dtype is then ``"inputs"``, the shape (), and there is no range.
    ordered : bool
        Whether these inputs come as a tuple in this order, and have no names of their own.
    """

    shape: tuple[int, ...]
    dtype: str
    minimum: float
    maximum: float
    mean: float | None = field(default=None, compare=False)
    table: TableSpec | None = None
    inputs: Mapping[str, InputSpec] | None = field(default=None, hash=False)
    ordered: bool = False

    @classmethod
    def of(cls, x: Any) -> InputSpec:
        """The specification of the samples in an array (N, ...), a table, or a dict or tuple of these.

        Missing values (NaN) do not count.
        """
        if is_nest(x):
            inputs = {name: cls.of(item) for name, item in parts(x).items()}
            return cls((), _INPUTS, 0.0, 0.0, inputs=inputs, ordered=isinstance(x, tuple))
        if isinstance(x, Table):
            return cls((len(x.names),), _TABLE, 0.0, 0.0, None, TableSpec.of(x))
        low, high = float(x.min()), float(x.max())
        if math.isfinite(low):
            return cls(tuple(x.shape[1:]), str(x.dtype), low, high, float(x.mean(dtype=np.float64)))
        present = x[~np.isnan(x)]
        if not present.size:
            raise DataError("Expected inputs with values; all of them are missing (NaN).")
        mean = float(present.mean(dtype=np.float64))
        return cls(tuple(x.shape[1:]), str(x.dtype), float(present.min()), float(present.max()), mean)

    def get_config(self) -> dict[str, Any]:
        """Plain data for JSON."""
        if self.inputs is not None:
            inputs = {name: spec.get_config() for name, spec in self.inputs.items()}
            return {"dtype": self.dtype, "inputs": inputs, "ordered": self.ordered}
        config = {name: getattr(self, name) for name in ("dtype", "minimum", "maximum", "mean")}
        table = {} if self.table is None else {"table": self.table.get_config()}
        return {"shape": list(self.shape), **config, **table}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> InputSpec:
        """The specification that :meth:`get_config` described.

        Raises
        ------
        SavedModelError
            When a field is missing or is not what it should be.
        """
        if config.get("dtype") == _INPUTS:
            return cls._of_several(config)
        shape = config.get("shape")
        minimum, maximum = config.get("minimum"), config.get("maximum")
        if not isinstance(shape, list) or not all(type(extent) is int and extent >= 0 for extent in shape):
            raise SavedModelError(f"The saved input specification has the shape {str(shape)[:60]!r}.")
        if not _is_number(minimum) or not _is_number(maximum):
            raise SavedModelError(f"The saved input specification has the range {str((minimum, maximum))[:60]}.")
        mean = config.get("mean")
        if mean is not None and not _is_number(mean):
            raise SavedModelError(f"The saved input specification has the mean {str(mean)[:60]!r}.")
        if not isinstance(config.get("dtype"), str):
            raise SavedModelError(f"The saved input specification has the dtype {str(config.get('dtype'))[:60]!r}.")
        table = None if config.get("table") is None else TableSpec.from_config(config["table"])
        if (table is None) != (config["dtype"] != _TABLE) or (table is not None and shape != [len(table.columns)]):
            raise SavedModelError("The saved input specification has a dtype or shape that does not fit its table.")
        mean = None if mean is None else float(mean)
        return cls(tuple(shape), config["dtype"], float(minimum), float(maximum), mean, table)

    @classmethod
    def _of_several(cls, config: Mapping[str, Any]) -> InputSpec:
        """The specification of several inputs."""
        inputs, ordered = config.get("inputs"), config.get("ordered")
        several = inputs if isinstance(inputs, Mapping) and len(inputs) <= _MOST_INPUTS else {}
        nested = any(not isinstance(item, Mapping) or item.get("dtype") == _INPUTS for item in several.values())
        if not several or nested or not isinstance(ordered, bool):
            raise SavedModelError(f"The saved input specification has the inputs {str(inputs)[:60]!r}.")
        made = {str(name): cls.from_config(item) for name, item in several.items()}
        return cls((), _INPUTS, 0.0, 0.0, inputs=made, ordered=ordered)

    def looks_negative(self, x: np.ndarray) -> bool:
        """Whether light and dark seem swapped in `x`: the mean of its negative is much nearer to the training's."""
        extent = self.maximum - self.minimum
        if self.mean is None or extent <= 0:
            return False
        mean = float(x.mean(dtype=np.float64))
        distance, swapped = abs(mean - self.mean), abs(self.minimum + self.maximum - mean - self.mean)
        return distance - swapped > _FAR * extent

    def check(self, x: np.ndarray, where: str) -> np.ndarray:
        """`x` as a batch of such samples: one sample alone gets the batch axis.

        Raises
        ------
        DataError
            When neither `x` nor its items have the expected shape.
        """
        if x.shape[1:] == self.shape and x.ndim == len(self.shape) + 1:
            return x
        if x.shape == self.shape:
            return x[None]
        raise DataError(
            f"{where}: expected samples of shape {self.shape}, that is an array "
            f"({', '.join(['N', *map(str, self.shape)])}{'' if self.shape else ','}); received {x.shape}. Reshape the "
            "array, or use the model it was made for."
        )


_TABLE, _INPUTS = "table", "inputs"
_MOST_INPUTS = 1000

# How much nearer to the training samples' mean, in parts of their range, the negative of an image must be. Negatives of
# digits are 0.39 (8 x 8 pixels) to 0.74 (28 x 28 pixels) nearer.
_FAR = 0.3


def _is_number(value: object) -> TypeGuard[float]:
    """Whether a value from JSON is a finite number."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= sys.float_info.max
