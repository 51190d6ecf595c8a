"""Which group of a file belongs to which layer: all weights of a model are set, or none."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nbnet.errors import SavedModelError, suggest
from nbnet.graph.tensor import Variable
from nbnet.models.foreign.stored import Group, Stored
from nbnet.models.foreign.targets import Target

__all__ = ["Found", "Pair", "Rules", "by_names", "matched"]

_SHOWN = 6  # how many misfits a message lists


@dataclass(frozen=True)
class Pair:
    """A weight and the array that it becomes.

    Attributes
    ----------
    weight : Variable
    stored : Stored
    change : callable, optional
        What is done to the array, e.g. transposing it.
    """

    weight: Variable
    stored: Stored
    change: Callable[[np.ndarray], np.ndarray] | None = None

    def value(self) -> np.ndarray:
        """The array in the dtype of the weight.

        Raises
        ------
        SavedModelError
            When a number is too large for that dtype.
        """
        array = self.stored.read()
        array = array if self.change is None else self.change(array)
        with np.errstate(over="ignore"):
            cast = array.astype(self.weight.dtype)
        if cast.shape != self.weight.shape or np.isinf(cast).sum() != np.isinf(array).sum():
            raise SavedModelError(
                f"The array for '{self.weight.name}' does not fit {self.weight.dtype} {self.weight.shape}: it is "
                f"{array.dtype} {array.shape} and its numbers may be too large. Give the layer dtype='float64'."
            )
        return cast


Found = dict[str, Group]
"""Names of targets → the groups that are theirs."""


@dataclass(frozen=True)
class Rules:
    """How a kind of file is matched with a model.

    Attributes
    ----------
    fit : callable
        (target, group) → the pairs, or None where they do not belong together.
    arrange : callable
        (targets, groups) → Found, without names: by places or by shapes.
    ignored : callable
        Whether a group may be left over, such as the state of an optimizer.
    arrangement : str
        What `arrange` goes by, for messages.
    names_decide : bool
        Whether names that all agree are believed against `arrange`; else that is an error.
    advise : callable, optional
        (target, group) → what is wrong with a group that nearly fits, else "".
    """

    fit: Callable[[Target, Group], list[Pair] | None]
    arrange: Callable[[Sequence[Target], Sequence[Group]], Found]
    ignored: Callable[[Group], bool]
    arrangement: str
    names_decide: bool
    advise: Callable[[Target, Group], str] | None = None


def matched(
    targets: Sequence[Target],
    groups: Sequence[Group],
    rules: Rules,
    name_map: Mapping[str, str | None] | None,
    skip_mismatch: bool,
    by_name: bool | None,
) -> list[Pair]:
    """The arrays of a file for the weights of a model.

    Parameters
    ----------
    targets, groups
        The layers, and what the file has.
    rules : Rules
    name_map, skip_mismatch, by_name
        As for :func:`nbnet.models.foreign.load_weights`.

    Returns
    -------
    list of Pair
        Shapes fit.

    Raises
    ------
    SavedModelError
        When something is missing, left over, of another shape, or may be meant in several ways.
    """
    found, open_targets, open_groups = _told(targets, groups, name_map or {})
    named = by_names(open_targets, open_groups)
    named_fits = by_name is None and _complete(named, open_targets, open_groups, rules)
    if by_name or (named_fits and rules.names_decide):
        found |= named
    else:
        usual = rules.arrange(open_targets, open_groups)
        usual_fits = named_fits and _complete(usual, open_targets, open_groups, rules)
        swapped = [name for name in usual if usual_fits and usual[name] is not named[name]]
        if swapped:
            raise SavedModelError(
                f"It is not clear which weights '{swapped[0]}' should have: by {rules.arrangement} "
                f"{usual[swapped[0]]}, by name {named[swapped[0]]}. Say by_name=True or by_name=False."
            )
        found |= named if named_fits else usual
    pairs, misfits = _pairs(targets, groups, found, rules, set(name_map or ()))
    if misfits and not (skip_mismatch and pairs):
        raise SavedModelError(f"{_listed(misfits)} {_REMEDY if pairs else 'Nothing fits: is it the file you mean?'}")
    if misfits:
        warnings.warn(f"Not all weights were loaded. {_listed(misfits)}", stacklevel=7)
    return pairs


_REMEDY = (
    "Nothing was loaded. Build the model as the one that was saved, say with name_map={'name in the file': 'layer'} "
    "what belongs together, or leave out what does not fit with skip_mismatch=True."
)


def by_names(targets: Sequence[Target], groups: Sequence[Group]) -> Found:
    """Each layer with the group of its name."""
    known = {name.replace(".", "/"): group for group in groups for name in (*group.names, group.place)}
    return {target.name: known[target.name] for target in targets if target.name in known}


def _told(
    targets: Sequence[Target], groups: Sequence[Group], name_map: Mapping[str, str | None]
) -> tuple[Found, list[Target], list[Group]]:
    """What the name map says, and the layers and groups that it says nothing of."""
    found: Found = {}
    used: set[int] = set()
    names = {target.name: target for target in targets}
    for source, name in name_map.items():
        group = next((item for item in groups if item.answers_to(source)), None)
        if group is None:
            known = [known for item in groups for known in (item.place, *item.names)]
            raise SavedModelError(f"The file has no '{source}', which name_map names. {suggest(source, known)}")
        used.add(id(group))
        if name is None:
            continue
        if name not in names:
            raise SavedModelError(
                f"The model has no layer '{name}' with weights, which name_map names. {suggest(name, names)}"
            )
        if name in found:
            raise SavedModelError(f"name_map gives the layer '{name}' twice.")
        found[name] = group
    left = [group for group in groups if id(group) not in used]
    return found, [target for target in targets if target.name not in found], left


def _complete(found: Found, targets: Sequence[Target], groups: Sequence[Group], rules: Rules) -> bool:
    """Whether every layer has a group that fits, and no group is left over."""
    used = {id(group) for group in found.values()}
    return (
        all(target.name in found and rules.fit(target, found[target.name]) is not None for target in targets)
        and len(used) == len(found)
        and all(id(group) in used or rules.ignored(group) for group in groups)
    )


def _pairs(
    targets: Sequence[Target], groups: Sequence[Group], found: Found, rules: Rules, told: set[str]
) -> tuple[list[Pair], list[str]]:
    """Weights with their arrays, and a line for each thing that does not fit."""
    pairs: list[Pair] = []
    misfits = []
    taken = {id(group) for group in found.values()}
    unused = [group for group in groups if id(group) not in taken]
    for target in targets:
        group = found.get(target.name)
        fitting = None if group is None else rules.fit(target, group)
        if group is None:
            misfits.append(f"the file has nothing for {target}{_advice(target, unused, rules)}")
        elif fitting is None:
            misfits.append(f"{target} does not take {group}{_advice(target, [group], rules)}")
        else:
            pairs.extend(fitting)
    used = {id(group) for group in found.values()}
    left = [group for group in groups if id(group) not in used and not rules.ignored(group)]
    misfits.extend(f"no layer takes {group}" for group in left if not any(map(group.answers_to, told)))
    return pairs, misfits


def _advice(target: Target, groups: Sequence[Group], rules: Rules) -> str:
    """What is wrong with the first of some groups that nearly fits, in brackets."""
    found = next(filter(None, (rules.advise(target, group) for group in groups)), "") if rules.advise else ""
    return f" ({found})" if found else ""


def _listed(misfits: Sequence[str]) -> str:
    """The first of some lines as sentences."""
    more = [f"and {len(misfits) - _SHOWN} more"] if len(misfits) > _SHOWN else []
    text = "; ".join([*misfits[:_SHOWN], *more])
    return f"{text[0].upper()}{text[1:]}."
