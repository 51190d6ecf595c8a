"""What the tests of saving share."""

from __future__ import annotations

import pytest

from tests.models.saved import trained


@pytest.fixture
def file(tmp_path):
    """A saved model."""
    path = tmp_path / "model.nbnet"
    trained().save(path)
    return path
