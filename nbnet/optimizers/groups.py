"""Groups of variables, by patterns of their names, with a learning rate and a weight decay of their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from typing import Any

from nbnet.errors import ArgumentError, suggest
from nbnet.optimizers.checks import number

__all__ = ["Group", "Groups"]


@dataclass(frozen=True)
class Group:
    """What applies to some variables.

    Attributes
    ----------
    lr_scale : float >= 0
        The learning rate is multiplied by it; 0 freezes.
    weight_decay : float >= 0 or None
        In place of the optimizer's; None is the optimizer's.
    """

    lr_scale: float = 1.0
    weight_decay: float | None = None


_KEYS = tuple(field.name for field in fields(Group))


class Groups:
    """The groups of one optimizer.

    Parameters
    ----------
    given : mapping of str to mapping of str to float, or None
        Pattern → the attributes of a :class:`Group`. In a pattern ``*`` stands for any characters, ``/`` among them,
        ``?`` for one and ``[ab]`` for one of some, as in :mod:`fnmatch`; it must match the whole name.
    owner : str
        The optimizer, for messages.

    Raises
    ------
    ArgumentError
        When a group has an unknown attribute.
    ValueError
        When a number is negative, or what is given is no mapping of mappings.
    """

    def __init__(self, given: Mapping[str, Mapping[str, Any]] | None, owner: str) -> None:
        if given is not None and not isinstance(given, Mapping):
            raise ValueError(
                f"{owner} expects groups such as {{'dense_1/*': {{'lr_scale': 0.1}}}}; received {given!r:.80}."
            )
        self._owner = owner
        self._groups = {pattern: self._group(pattern, group) for pattern, group in (given or {}).items()}

    def _group(self, pattern: Any, given: Any) -> Group:
        """One group, checked."""
        if not isinstance(pattern, str) or not isinstance(given, Mapping):
            raise ValueError(
                f"{self._owner} expects groups such as {{'dense_1/*': {{'lr_scale': 0.1}}}}; received "
                f"{pattern!r}: {given!r}."
            )
        for key in given:
            if key not in _KEYS:
                raise ArgumentError(
                    f"{self._owner} has a group '{pattern}' with the unknown attribute {key!r}. "
                    + suggest(str(key), _KEYS, noun="attribute")
                )
        scale, decay = given.get("lr_scale", 1.0), given.get("weight_decay")
        where = f"of group '{pattern}'"
        return Group(
            number(scale, f"lr_scale {where}", self._owner),
            None if decay is None else number(decay, f"weight_decay {where}", self._owner),
        )

    def __len__(self) -> int:
        return len(self._groups)

    def of(self, name: str) -> Group:
        """The group of a variable: the first whose pattern matches, else one that changes nothing."""
        for pattern, group in self._groups.items():
            if fnmatchcase(name, pattern):
                return group
        return Group()

    def require_matches(self, names: Iterable[str]) -> None:
        """Raise an ArgumentError for a pattern that matches none of the names."""
        listed = list(dict.fromkeys(names))
        for pattern in self._groups:
            if not any(fnmatchcase(name, pattern) for name in listed):
                raise ArgumentError(
                    f"{self._owner} has a group '{pattern}' that matches no variable. The variables are "
                    f"{', '.join(listed[:20])}{', …' if len(listed) > 20 else ''}; '*' stands for any characters."
                )
