"""What a formula refers to exists, or the error says what does not, and where."""

from __future__ import annotations

import math
import os.path

import pytest

from nbnet.errors import KernelError
from nbnet.kernels.names import require_names


def with_unknown_name(x):
    return x * unheard_of  # noqa: F821


def with_unknown_attribute(x):
    return math.unheard_of(x)


def good(x):
    return math.exp(x) + len(os.path.sep) + abs(x)


def test_undefined_names():
    with pytest.raises(
        KernelError, match=r"^NameError: name 'unheard_of' is not defined, in with_unknown_name \(test_n"
    ):
        require_names(with_unknown_name)


def test_unknown_attributes():
    with pytest.raises(KernelError, match=r"^AttributeError: module 'math' has no attribute 'unheard_of', in with_unk"):
        require_names(with_unknown_attribute)


def test_what_exists_passes():
    require_names(good)
