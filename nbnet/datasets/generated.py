"""What generated data sets share: a name, as long as it says which samples they are."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import ParamSpec

from nbnet.data.data import Data

__all__ = ["generated"]

P = ParamSpec("P")


def generated(function: Callable[P, Data]) -> Callable[P, Data]:
    """Give the data the function's name, when its arguments are the defaults.

    A saved model keeps the name, and is evaluated on the data set of that name: it must be the one that it knows.
    """
    signature = inspect.signature(function)

    @functools.wraps(function)
    def make(*args: P.args, **kwargs: P.kwargs) -> Data:
        data = function(*args, **kwargs)
        given = signature.bind(*args, **kwargs).arguments
        given.pop("preprocess", None)
        usual = all(
            type(value) is type(signature.parameters[name].default) and value == signature.parameters[name].default
            for name, value in given.items()
        )
        data.name = function.__name__ if usual else None
        return data

    return make
