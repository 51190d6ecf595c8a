"""What a file of weights holds: arrays, not yet read, in groups of one layer each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

__all__ = ["Group", "Stored", "from_bfloat16", "one_name_each"]


@dataclass(frozen=True)
class Stored:
    """An array in a file.

    Attributes
    ----------
    shape : tuple of int
        As the file declares it.
    read : callable
        Gives the array; called only when its shape is the one that is wanted.
    """

    shape: tuple[int, ...]
    read: Callable[[], np.ndarray]


@dataclass(frozen=True)
class Group:
    """The arrays of one layer in a file.

    Attributes
    ----------
    place : str
        Where it is in the file.
    arrays : dict of str to Stored
        By the names that the file gives them.
    names : tuple of str
        What the layer was called, from the whole path of names to the last of them.
    """

    place: str
    arrays: Mapping[str, Stored]
    names: tuple[str, ...] = field(default=())

    def answers_to(self, name: str) -> bool:
        """Whether it is meant by a name or a place."""
        return name == self.place or name in self.names

    def __str__(self) -> str:
        called = f" '{self.names[0]}'" if self.names and self.names[0] != self.place else ""
        return f"'{self.place}'{called} ({', '.join(f'{name} {item.shape}' for name, item in self.arrays.items())})"


def one_name_each(groups: Sequence[Group]) -> list[Group]:
    """The groups without the names that several of them have."""
    every = [name for group in groups for name in set(group.names)]
    return [
        Group(group.place, group.arrays, tuple(name for name in group.names if every.count(name) == 1))
        for group in groups
    ]


def from_bfloat16(words: np.ndarray) -> np.ndarray:
    """The float32 numbers of which the given 16-bit words are the upper halves."""
    return (words.view(np.uint16).astype(np.uint32) << 16).view(np.float32)
