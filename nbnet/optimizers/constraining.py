"""Constraints: what a weight becomes after its update."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nbnet.errors import ShapeError
from nbnet.optimizers.link import Application, Changes, Link, Update

__all__ = ["Constraining"]


class Constraining(Link):
    """Each variable that has a constraint is brought to satisfy it after the update."""

    def around(self, update: Update, at: Application) -> Update:
        """`update`, and the constraints after it."""

        def constrained(params: Sequence[Any], grads: Sequence[Any]) -> Changes:
            changes = []
            for variable, (new, slots) in zip(at.variables, update(params, grads), strict=True):
                found = new if variable.constraint is None else variable.constraint(new)
                if tuple(found.shape) != variable.shape:
                    raise ShapeError(
                        f"The constraint {variable.constraint!r} of variable '{variable.name}' expects to give shape "
                        f"{variable.shape}, as the variable has; it gave {tuple(found.shape)}."
                    )
                changes.append((found, slots))
            return changes

        return constrained
