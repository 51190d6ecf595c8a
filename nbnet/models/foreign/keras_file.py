"""Keras' files of weights: ``.weights.h5``, the one in a ``.keras`` archive, and the whole-model H5 of Keras 2.

Nothing else of an archive is read, and so nothing in it can be executed.
"""

from __future__ import annotations

import itertools
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

from nbnet.errors import SavedModelError
from nbnet.layers.normalization import Normalization
from nbnet.models.foreign.hdf5 import children, is_group, stored_in, text_of, texts_of
from nbnet.models.foreign.matching import Found, Pair, Rules
from nbnet.models.foreign.stored import Group, Stored, one_name_each
from nbnet.models.foreign.targets import Target, keras_layers, keras_places
from nbnet.models.model import Model

__all__ = ["WEIGHTS_MEMBER", "keras_groups", "weights_in_archive"]

WEIGHTS_MEMBER = "model.weights.h5"
_OLD_LAYERS = "_layer_checkpoint_dependencies"  # what Keras 2.13 calls "layers"
_STATE = ("optimizer", "metrics", "_metrics", "loss_tracker", "_loss_tracker")  # of training, not of the network
_MAX_DEPTH, _MAX_GROUPS = 64, 100_000
_COUNT = "count"  # a third number of Keras' Normalization, which nothing uses


def weights_in_archive(archive: zipfile.ZipFile, size: int) -> bytes:
    """The file of weights in a ``.keras`` archive.

    Parameters
    ----------
    archive : ZipFile
    size : int
        Bytes of the whole file.

    Raises
    ------
    SavedModelError
        When it is not there, or is compressed, as Keras does not do.
    """
    entries = [entry for entry in archive.infolist() if entry.filename == WEIGHTS_MEMBER]
    if len(entries) != 1:
        raise SavedModelError(f"It holds {WEIGHTS_MEMBER} {len(entries)} times; expected once.")
    entry = entries[0]
    if entry.compress_type != zipfile.ZIP_STORED or entry.file_size > size:
        raise SavedModelError(
            f"{WEIGHTS_MEMBER} in it is compressed or larger than the file: Keras did not write it so. Unpack it, and "
            "load the weights from it."
        )
    return archive.read(entry)


def keras_groups(root: Any, model: Model) -> tuple[list[Group], Rules]:
    """The layers with weights in a file, and how they are matched with those of a model.

    Parameters
    ----------
    root : h5py.File
    model : Model

    Returns
    -------
    list of Group, Rules
        In a file of Keras 2 layers go by their order, else by their places.

    Raises
    ------
    SavedModelError
        When it is no file of weights.
    """
    whole = children(root).get("model_weights", root)
    found: list[Group] = []
    if _texts(whole, "layer_names"):
        _collect_legacy(whole, found)
        rules = Rules(_fit, _by_order(model), _ignored, "order", names_decide=False)
    else:
        _collect(root, (), (), found, [0])
        rules = Rules(_fit, _by_place(model), _ignored, "place", names_decide=False)
    if not found:
        raise SavedModelError("It holds no weights where Keras keeps them.")
    return one_name_each(found), rules


def _collect(
    node: Any, place: tuple[str, ...], names: tuple[str, ...] | None, found: list[Group], count: list[int]
) -> None:
    """The groups below a node whose ``vars`` have arrays; `names` are those of the layers around, where known."""
    count[0] += 1
    if len(place) > _MAX_DEPTH or count[0] > _MAX_GROUPS:
        raise SavedModelError("Its groups are nested deeper, or are more, than those of any model. It is not read.")
    entries = children(node)
    kept = entries.pop("vars", None)
    if kept is not None and is_group(kept):
        name = text_of(kept, "name") if place else None
        if place:
            names = None if name is None or names is None else (*names, name)
        arrays = {key: stored_in(item) for key, item in sorted(children(kept).items(), key=_by_number)}
        if arrays:
            called = (*(["/".join(names)] if names else []), *([name] if name else []))
            found.append(Group("/".join(place), arrays, tuple(dict.fromkeys(called))))
    for below, child in sorted(entries.items()):
        if is_group(child):
            _collect(child, (*place, "layers" if below == _OLD_LAYERS else below), names, found, count)


def _by_number(item: tuple[str, Any]) -> tuple[int, str]:
    """0, 1, 2, …, 10, and other names after them."""
    return (int(item[0]), "") if item[0].isdecimal() else (len(item[0]) + (1 << 30), item[0])


def _collect_legacy(root: Any, found: list[Group]) -> None:
    """The layers of a file in which ``layer_names`` and ``weight_names`` tell the order.

    A nested model is one layer there; it is taken apart by the names of its weights.
    """
    entries = children(root)
    for layer in _texts(root, "layer_names"):
        if layer not in entries or not is_group(entries[layer]):
            raise SavedModelError(f"It names the layer '{layer:.80}', which it does not hold.")
        parts: dict[str, dict[str, Stored]] = {}
        for weight in _texts(entries[layer], "weight_names"):
            part, _, short = weight.rpartition("/")
            parts.setdefault(part, {})[short.partition(":")[0]] = stored_in(_below(entries[layer], weight))
        for part, arrays in parts.items():
            leaf = part.rpartition("/")[2]
            place = layer if len(parts) == 1 else f"{layer}/{leaf}"
            found.append(Group(place, arrays, tuple(dict.fromkeys((place, leaf)))))


def _texts(node: Any, name: str) -> list[str]:
    """A list of texts, in one attribute or in numbered parts of it."""
    whole = texts_of(node, name)
    if whole is not None:
        return whole
    found: list[str] = []
    for number in itertools.count():
        part = texts_of(node, f"{name}{number}")
        if part is None:
            break
        found.extend(part)
    return found


def _below(group: Any, path: str) -> Any:
    """A node by its path, each step of which is in the file itself."""
    for name in path.split("/"):
        entries = children(group) if is_group(group) else {}
        if name not in entries:
            raise SavedModelError(f"It names the weight '{path:.80}', which it does not hold.")
        group = entries[name]
    return group


def _by_place(model: Model) -> Callable[[Sequence[Target], Sequence[Group]], Found]:
    """Each layer with the group that is where Keras would keep it."""
    places = {id(layer): place for place, layer in keras_places(model)}

    def arrange(targets: Sequence[Target], groups: Sequence[Group]) -> Found:
        known = {group.place: group for group in groups}
        mine = ((target.name, known.get(places.get(id(target.layer), "?"))) for target in targets)
        return {name: group for name, group in mine if group is not None}

    return arrange


def _by_order(model: Model) -> Callable[[Sequence[Target], Sequence[Group]], Found]:
    """Layer after layer; in a nested model what is frozen comes after what is not."""
    ranked: list[Any] = [model]
    for layer in keras_layers(model):
        trained = {id(weight) for weight in layer.trainable_weights}
        ranked.extend(sorted(_leaves(layer), key=lambda leaf: not any(id(own) in trained for own in leaf._own())))
    ranks: dict[int, int] = {}
    for rank, layer in enumerate(ranked):
        ranks.setdefault(id(layer), rank)

    def arrange(targets: Sequence[Target], groups: Sequence[Group]) -> Found:
        mine = sorted(targets, key=lambda target: ranks[id(target.layer)])
        return {target.name: group for target, group in zip(mine, groups, strict=False)}

    return arrange


def _leaves(layer: Any) -> list[Any]:
    """The layers in a layer, itself first."""
    return [layer, *(leaf for child in keras_layers(layer) for leaf in _leaves(child))]


def _fit(target: Target, group: Group) -> list[Pair] | None:
    """The weights of a layer with arrays that have their numbers, or their names."""
    arrays = dict(group.arrays)
    if all(name.isdecimal() for name in arrays):
        if isinstance(target.layer, Normalization) and len(arrays) == len(target.weights) + 1:
            arrays.popitem()
        arrays = dict(zip(target.weights, arrays.values(), strict=False)) if len(arrays) == len(target.weights) else {}
    else:
        arrays.pop(_COUNT, None)
    if set(arrays) != set(target.weights):
        return None
    pairs = [Pair(weight, arrays[name]) for name, weight in target.weights.items()]
    return pairs if all(pair.stored.shape == pair.weight.shape for pair in pairs) else None


def _ignored(group: Group) -> bool:
    """Whether it is state of training, or of random numbers."""
    first, last = group.place.split("/")[0], group.place.split("/")[-1]
    return first in _STATE or last.startswith("seed_generator")
