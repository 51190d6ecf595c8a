"""Telling by shapes and numbers which module of a file is which layer, where the file does not keep their order."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from nbnet.errors import SavedModelError
from nbnet.models.foreign.stored import Group
from nbnet.models.foreign.targets import Target

__all__ = ["by_shapes_and_numbers"]


def by_shapes_and_numbers(
    targets: Sequence[Target], groups: Sequence[Group], fits: Callable[[Target, Group], bool]
) -> dict[str, Group]:
    """Each layer with the one group that fits it; several alike in the order of the numbers in their names.

    Parameters
    ----------
    targets : sequence of Target
        In the order of the model.
    groups : sequence of Group
        In any order.
    fits : callable
        (target, group) → bool.

    Returns
    -------
    dict of str to Group
        Layers are left out for which there is nothing, or not enough.

    Raises
    ------
    SavedModelError
        When several groups fit the same layers, and their names do not differ in numbers alone.

    Notes
    -----
    If k layers are fitted by k groups together, those belong to them in any complete matching, so that they can be
    taken off and the others looked at anew (Hall 1935, "On representatives of subsets").
    """
    found: dict[str, Group] = {}
    left, free = list(targets), list(groups)
    while True:
        classes: dict[tuple[int, ...], list[Target]] = {}
        for target in left:
            classes.setdefault(tuple(n for n, group in enumerate(free) if fits(target, group)), []).append(target)
        tight = next((key for key, members in classes.items() if key and len(key) == len(members)), None)
        if tight is None:
            break
        alike, members = [free[number] for number in tight], classes[tight]
        found.update((target.name, group) for target, group in zip(members, _in_order(alike, members), strict=True))
        left = [target for target in left if target.name not in found]
        free = [group for number, group in enumerate(free) if number not in tight]
    return found


def _in_order(groups: list[Group], members: Sequence[Target]) -> list[Group]:
    """Groups that are alike, by the numbers in their names."""
    if len({re.sub(r"\d+", "#", group.place) for group in groups}) > 1:
        raise _unclear(groups, members)
    return sorted(groups, key=lambda group: [int(number) for number in re.findall(r"\d+", group.place)])


def _unclear(groups: Sequence[Group], members: Sequence[Target]) -> SavedModelError:
    """What to say where only the user can tell."""
    sources = ", ".join(f"'{group.place}'" for group in groups)
    layers = ", ".join(f"'{target.name}'" for target in members)
    return SavedModelError(
        f"It is not clear which of {sources} is which of the layers {layers}: their shapes are alike, and the file "
        f"keeps no order. Say it, e.g. name_map={{'{groups[0].place}': '{members[0].name}', ...}}."
    )
