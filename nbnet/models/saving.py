"""Saving a model as one ``.nbnet`` file, and loading it; loading executes nothing from the file."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

import numpy as np

from nbnet import losses, metrics, preprocessing
from nbnet.data.spec import InputSpec
from nbnet.errors import SavedModelError
from nbnet.graph.tensor import Variable
from nbnet.layers.restoring import restoring
from nbnet.models.archive import read_archive, write_archive
from nbnet.models.model import Model
from nbnet.models.network import Network
from nbnet.models.parts import Decoder, Encoder
from nbnet.models.perceptron import Perceptron
from nbnet.models.sequential import Sequential
from nbnet.models.tensors import declared, read_tensors, write_tensors
from nbnet.version import __version__

__all__ = ["FORMAT", "copied", "load", "save"]

FORMAT = 1
_INTERNAL: dict[str, type] = {
    "FunctionLoss": losses.FunctionLoss,
    "FunctionMetric": metrics.FunctionMetric,
    "Model": Model,
    "Network": Network,
    "Perceptron": Perceptron,
    "Sequential": Sequential,
    "WeightedSum": losses.WeightedSum,
}


def save(model: Model, path: str | os.PathLike[str]) -> None:
    """Write a model to one ``.nbnet`` file.

    Parameters
    ----------
    model : Model
    path : path-like
        Ending in ``.nbnet``. An old file is replaced only by a complete new one.

    Raises
    ------
    SavedModelError
        When an argument of a layer cannot be saved, or the file cannot be written.

    Notes
    -----
    The file is a zip of model.json (layers, compile settings, versions, the plugins it needs, class names,
    preprocessing), weights.safetensors and optimizer.safetensors. Equal models give equal bytes.
    """
    encoder = Encoder(_INTERNAL)
    members = _members(model, encoder)
    _require_names(model, encoder, "saved")
    write_archive(path, members)


def copied(model: Model) -> tuple[Any, ...]:
    """How pickle and copy make an equal model: from what :func:`save` writes and the user's own classes in it.

    Raises
    ------
    SavedModelError
        When the model cannot be saved, or two different parts of the user's have one name.
    """
    encoder = Encoder(_INTERNAL)
    members = _members(model, encoder)
    _require_names(model, encoder, "copied or pickled")
    return _from_members, (members, encoder.custom)


def _require_names(model: Model, encoder: Encoder, what: str) -> None:
    """Raise a SavedModelError when two different parts of the user's have one name."""
    if encoder.ambiguous:
        raise SavedModelError(
            f"Model '{model.name}' cannot be {what}: it has different parts of the name '{encoder.ambiguous[0]}'. Give "
            "each a name of its own (def in place of lambda)."
        )


def _from_members(members: Mapping[str, bytes], custom_objects: Mapping[str, Any]) -> Model:
    """The model that :func:`copied` took apart."""
    return _restored(json.loads(members["model.json"].decode("utf-8")), members, custom_objects)


def _members(model: Model, encoder: Encoder) -> dict[str, bytes]:
    """The content of a file."""
    weights = _by_key(model)
    description: dict[str, Any] = {"format": FORMAT, "nbnet": __version__, "plugins": []}
    description["model"] = encoder.encode(model)
    description["input_shape"] = encoder.encode(model.input_shape) if model.built and model.input_shape else None
    shapes = {path: layer.input_shape for path, layer in _inside(model) if layer.built and layer.weights}
    description["layers"] = {path: encoder.encode(shape) for path, shape in shapes.items() if shape is not None}
    description["compile"] = _compiled(model, encoder)
    description["state"] = {
        "steps": model.steps,
        "epochs": model.epochs,
        "optimizer": encoder.encode(model.optimizer.get_state(_names(weights))) if model.compiled else {},
    }
    names = model.class_names
    listed = {output: list(of) for output, of in names.items()} if isinstance(names, dict) else list(names or ())
    description["class_names"] = listed or None
    lost = preprocessing.unstorable(model.preprocess)
    description["preprocess"] = {"lost": lost} if lost else {"steps": preprocessing.serialize(model.preprocess)}
    description["input_spec"] = None if model.input_spec is None else model.input_spec.get_config()
    description["data_name"] = model.data_name
    description["plugins"] = sorted(encoder.owners)
    return {
        "model.json": json.dumps(description, indent=1, ensure_ascii=False, allow_nan=False).encode("utf-8"),
        "weights.safetensors": write_tensors({key: variable.storage for key, variable in weights.items()}),
        "optimizer.safetensors": write_tensors({key: slot.storage for key, slot in _slots(model, weights).items()}),
    }


def load(path: str | os.PathLike[str], custom_objects: Mapping[str, Any] | None = None) -> Any:
    """Read a model from a ``.nbnet`` file.

    Parameters
    ----------
    path : path-like
    custom_objects : mapping of str to object, optional
        Classes and functions of your own that the model uses, by name. Those of plugins are found by themselves.

    Returns
    -------
    Model
        Compiled as it was; training goes on where it was left.

    Raises
    ------
    SavedModelError
        When the file is missing, damaged, hostile or of another version, or uses what is not there; the message
        says what to do.
    """
    content = read_archive(path)
    try:
        description = json.loads(content["model.json"].decode("utf-8"))
        _check_version(description)
        return _restored(description, content, custom_objects or {})
    except SavedModelError as error:
        raise SavedModelError(f"'{os.fspath(path)}' cannot be loaded. {error}") from error.__cause__
    except Exception as error:  # whatever the parts make of a description that nobody has checked
        raise SavedModelError(
            f"'{os.fspath(path)}' cannot be loaded: its description is malformed ({type(error).__name__}: {error})."
        ) from error


def _restored(description: dict[str, Any], content: Mapping[str, bytes], custom_objects: Mapping[str, Any]) -> Model:
    """The model that a description and its tensors make."""
    decoder = Decoder(_INTERNAL, custom_objects)
    entries = declared(content["weights.safetensors"], "weights.safetensors")
    compiled = description["compile"]
    decoder.require([compiled])  # what is missing is named before anything is built
    with restoring(sum(stop - start for _, _, start, stop in entries.values())):
        model = decoder.decode(description["model"])
        if not isinstance(model, Model):
            raise SavedModelError(f"It holds a {type(model).__name__}, not a model.")
        if description["input_shape"] is not None and not model.built:
            model.build(description["input_shape"])
        for path, layer in _inside(model):  # those that the model's call leaves to other methods
            if not layer.built and path in description["layers"]:
                layer.build(_shape(description["layers"][path]))
    weights = _by_key(model)
    arrays = read_tensors(content["weights.safetensors"], entries, weights, "weights.safetensors")
    for key, variable in weights.items():
        variable.storage[...] = arrays[key]
    if compiled is not None:
        parts = decoder.decode(compiled)
        told = {name: parts[name] for name in ("loss", "loss_weights", "metrics", "weighted_metrics")}
        model.compile(parts["optimizer"], run_eagerly=bool(parts["run_eagerly"]), **told)
        _restore_optimizer(model, weights, content.get("optimizer.safetensors"))
        model.optimizer.set_state(dict(description["state"]["optimizer"]), _names(weights))
    model.steps, model.epochs = _count(description, "steps"), _count(description, "epochs")
    names = description["class_names"]
    by_output = isinstance(names, dict)
    model.class_names = {output: _texts(of) for output, of in names.items()} if by_output else names and _texts(names)
    saved = description["preprocess"]
    lost = saved.get("lost")
    model.preprocess = _Lost(lost) if lost else preprocessing.deserialize(saved["steps"], custom_objects)
    spec = description["input_spec"]
    model.input_spec = None if spec is None else InputSpec.from_config(spec)
    model.data_name = None if description["data_name"] is None else str(description["data_name"])
    return model


def _inside(model: Model) -> Iterator[tuple[str, Any]]:
    """Path and layer of all layers inside, each before those within it, which may be made when it is built."""
    seen: set[int] = {id(model)}
    waiting: list[tuple[str, Any]] = [("", model)]
    while waiting:
        path, layer = waiting.pop(0)
        if layer is not model:
            yield path, layer
        for attribute, child in layer._children():
            if id(child) not in seen:
                seen.add(id(child))
                waiting.append((f"{path}/{child._name or attribute}", child))


def _shape(saved: Any) -> Any:
    """A shape, or a nest of them, as it was before it was written as JSON."""
    if isinstance(saved, dict):
        return {name: _shape(item) for name, item in saved.items()}
    nested = any(isinstance(item, (list, dict)) for item in saved)
    return [_shape(item) for item in saved] if nested else tuple(saved)


def _texts(names: Any) -> tuple[str, ...]:
    """Names of classes."""
    return tuple(str(name) for name in names)


def _check_version(description: Any) -> None:
    """Refuse what a later nbnet has written."""
    if not isinstance(description, dict) or type(description.get("format")) is not int:
        raise SavedModelError("Its model.json is not the description of a model.")
    if description["format"] != FORMAT:
        raise SavedModelError(
            f"It was written by nbnet {str(description.get('nbnet'))[:20]} in format {description['format']}; this "
            f"is nbnet {__version__}, which reads format {FORMAT}. Update nbnet."
        )


def _compiled(model: Model, encoder: Encoder) -> dict[str, Any] | None:
    """What compile() was given."""
    if not model.compiled:
        return None
    told = {name: encoder.encode(part) for name, part in model._objective.get_config().items()}
    return {"optimizer": encoder.encode(model.optimizer), **told, "run_eagerly": model.run_eagerly}


def _count(description: dict[str, Any], name: str) -> int:
    """A counter of the training."""
    value = description["state"][name]
    if type(value) is not int or not 0 <= value < 2**63:
        raise SavedModelError(f"Its counter '{name}' is {value!r:.40}.")
    return value


def _by_key(model: Model) -> dict[str, Variable]:
    """All weights by the names of their layers, from the model's down; a name that comes again gets a number."""
    found: dict[str, Variable] = {}
    seen: set[int] = set()

    def look(layer: Any, path: str) -> None:
        if id(layer) in seen:
            return
        seen.add(id(layer))
        for weight in layer._own():
            if id(weight) in seen:
                continue
            seen.add(id(weight))
            name = key = f"{path}{weight.name.rpartition('/')[2]}"
            number = 1
            while key in found:
                number += 1
                key = f"{name}~{number}"
            found[key] = weight
        for attribute, child in layer._children():
            look(child, f"{path}{child._name or attribute}/")

    look(model, "")
    return found


def _names(weights: Mapping[str, Variable]) -> dict[int, str]:
    """Names of weights in the file by their ids: layers inside others may give theirs the same name."""
    return {id(weight): key for key, weight in weights.items()}


def _slots(model: Model, weights: Mapping[str, Variable]) -> dict[str, Variable]:
    """The optimizer's slots by weight and name."""
    if not model.compiled:
        return {}
    return {
        f"{key}/{slot}": state
        for key, weight in weights.items()
        if model.optimizer.has_slots(weight)
        for slot, state in model.optimizer.slots(weight).items()
    }


def _restore_optimizer(model: Model, weights: Mapping[str, Variable], content: bytes | None) -> None:
    """Give the optimizer the slots that it had."""
    if content is None:
        return
    entries = declared(content, "optimizer.safetensors")
    slots: dict[str, Variable] = {}
    for key, weight in weights.items():
        names = model.optimizer.slots_for(weight)
        if names and all(f"{key}/{slot}" in entries for slot in names):
            slots.update({f"{key}/{slot}": state for slot, state in model.optimizer.slots(weight).items()})
    for key, array in read_tensors(content, entries, slots, "optimizer.safetensors").items():
        slots[key].storage[...] = array


class _Lost:
    """Stands for preprocessing that was Python code and so is not in the file."""

    def __init__(self, names: Any) -> None:
        self.names = [str(name)[:200] for name in names]

    def __call__(self, x: np.ndarray) -> NoReturn:
        raise SavedModelError(
            f"The model was trained on inputs preprocessed by {', '.join(self.names)}, which is Python code and not "
            "in the file. Apply it to the inputs yourself, and set model.preprocess = None."
        )
