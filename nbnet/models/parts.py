"""Layers, losses, optimizers and functions as plain data, and back, without executing anything from the data.

A registered part is written as its name, a class of the user's as its name marked ``custom``; constructors are called
with the recorded arguments. Special forms are dicts with one key that begins with ``@``. A layer that is met again is
written as ``@same`` and the number that the first place then carries.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from nbnet.configurable import Configurable
from nbnet.errors import SavedModelError
from nbnet.layers.weighted import Weighted
from nbnet.registry import REGISTRIES

__all__ = ["Decoder", "Encoder"]

_MAX_ARRAY = 1 << 20  # elements; larger arrays are weights and belong elsewhere
_NUMBERS = "biuf"  # kinds of dtypes
_KINDS = {registry.noun: registry for registry in REGISTRIES.values()}


class Encoder:
    """Objects → what JSON can hold.

    Parameters
    ----------
    internal : mapping of str to type
        Classes that are nbnet's own but in no registry, such as Sequential.

    Attributes
    ----------
    owners : set of str
        The plugins, other than nbnet itself, whose parts were met.
    custom : dict of str to object
        Classes and functions that are in no registry, by the name that the file gives them.
    ambiguous : list of str
        Names that stand for several of them.
    """

    def __init__(self, internal: Mapping[str, type]) -> None:
        self.owners: set[str] = set()
        self.custom: dict[str, Any] = {}
        self.ambiguous: list[str] = []
        self._layers: dict[int, tuple[Any, dict[str, Any]]] = {}  # by id, with how it was written
        self._internal = {id(obj): name for name, obj in internal.items()}
        self._registered: dict[int, tuple[str, str, str]] = {}
        for kind, registry in _KINDS.items():
            for name in registry.names():
                self._registered.setdefault(id(registry.get(name)), (kind, name, registry.owner(name)))

    def encode(self, value: Any) -> Any:
        """`value` as plain data.

        Raises
        ------
        SavedModelError
            When it is something that cannot be written.
        """
        if value is None or isinstance(value, (bool, int, str)):
            return value
        if isinstance(value, float):
            return value if math.isfinite(value) else {"@float": repr(value)}
        if isinstance(value, np.generic):
            return self.encode(value.item())
        if isinstance(value, np.dtype):
            return str(value)
        if isinstance(value, np.ndarray):
            if value.dtype.kind not in _NUMBERS:
                raise SavedModelError(f"An argument of a layer is an array of {value.dtype}; numbers can be saved.")
            if value.size > _MAX_ARRAY:
                raise SavedModelError(f"An argument of a layer is an array of {value.size} numbers; make it a weight.")
            return {
                "@array": [str(value.dtype), list(value.shape), [self.encode(item) for item in value.ravel().tolist()]]
            }
        if isinstance(value, (list, tuple)):
            return [self.encode(item) for item in value]
        if isinstance(value, Mapping):
            if not all(isinstance(key, str) and not key.startswith("@") for key in value):
                raise SavedModelError(
                    f"A dict among the arguments of a layer has keys that cannot be saved: {list(value)!r:.80}."
                )
            return {key: self.encode(item) for key, item in value.items()}
        if isinstance(value, Weighted):
            return self._layer(value)
        if isinstance(value, Configurable):
            return {"@object": {**self._named(type(value)), "config": self.encode(value.get_config())}}
        if callable(value):
            return {"@function": self._named(value)}
        raise SavedModelError(
            f"{type(value).__name__} {value!r:.60} is an argument of a layer, loss or optimizer but cannot be saved. "
            "Use numbers, text, lists, dicts and registered parts, or define get_config()."
        )

    def _layer(self, layer: Any) -> dict[str, Any]:
        """A layer, which keeps its weights for itself wherever it stands."""
        if id(layer) in self._layers:
            written = self._layers[id(layer)][1]
            if "config" not in written:
                raise SavedModelError(f"{layer!r} is an argument of a layer inside it, so it cannot be saved.")
            written.setdefault("number", sum("number" in other for _, other in self._layers.values()))
            return {"@same": written["number"]}
        written = self._named(type(layer))
        self._layers[id(layer)] = layer, written
        written["config"] = self.encode(layer.get_config())
        return {"@object": written}

    def _named(self, obj: Any) -> dict[str, Any]:
        """How the file names a class or function."""
        if id(obj) in self._internal:
            return {"kind": "internal", "name": self._internal[id(obj)]}
        if id(obj) in self._registered:
            kind, name, owner = self._registered[id(obj)]
            if owner == "nbnet":
                return {"kind": kind, "name": name}
            self.owners.add(owner)
            return {"kind": kind, "name": name, "owner": owner}
        name = str(getattr(obj, "__name__", None) or getattr(obj, "name", type(obj).__name__))
        if self.custom.setdefault(name, obj) is not obj:
            self.ambiguous.append(name)
        return {"kind": "custom", "name": name}


class Decoder:
    """What JSON held → objects.

    Parameters
    ----------
    internal : mapping of str to type
        As for :class:`Encoder`.
    custom_objects : mapping of str to object
        Classes and functions of the user's by name.
    """

    def __init__(self, internal: Mapping[str, type], custom_objects: Mapping[str, Any]) -> None:
        self._internal = internal
        self._custom = custom_objects
        self._numbered: dict[int, Any] = {}
        self.missing: list[str] = []

    def decode(self, data: Any) -> Any:
        """The object that `data` describes.

        Raises
        ------
        SavedModelError
            When a part is not there, or the description is malformed.
        """
        self.require(data)
        return self._decoded(data)

    def require(self, data: Any) -> None:
        """Raise a SavedModelError that names all parts of `data` that are not there."""
        self.missing = []
        self._look(data)
        if self.missing:
            raise SavedModelError(" ".join(self.missing))

    def _look(self, data: Any) -> None:
        """Collect everything that is not there, so that one message names it all."""
        if isinstance(data, list):
            for item in data:
                self._look(item)
        elif isinstance(data, dict):
            for key, item in data.items():
                if key in ("@object", "@function"):
                    if not isinstance(item, dict):
                        raise SavedModelError("The description of the model is malformed.")
                    self._find(item)
                self._look(item)

    def _find(self, named: dict[str, Any]) -> Any:
        """The class or function that a description names; None, and a note in `missing`, where it is not there."""
        kind, name, owner = (str(named.get(key, "")) for key in ("kind", "name", "owner"))
        if name in self._custom:
            return self._custom[name]
        if kind == "internal" and name in self._internal:
            return self._internal[name]
        if kind in _KINDS and name in _KINDS[kind]:
            return _KINDS[kind].get(name)
        if kind == "custom":  # it was a class of the program that saved it, and may have come in as a plugin's since
            for registry in _KINDS.values():
                if name in registry and registry.owner(name) != "nbnet":
                    return registry.get(name)
        if owner:
            text = (
                f"The model uses the {kind} '{name:.60}' of the plugin '{owner:.200}', which is not loaded. Install "
                f"the plugin, or name its file with --plugin, or pass custom_objects={{'{name:.60}': ...}}."
            )
        else:
            text = (
                f"The model uses '{name:.60}', which is not part of nbnet. Pass it: nbnet.load(path, custom_objects="
                f"{{'{name:.60}': ...}}); in commands, name the plugin file that registers it with --plugin."
            )
        if text not in self.missing:
            self.missing.append(text)
        return None

    def _decoded(self, data: Any) -> Any:
        if isinstance(data, list):
            return [self._decoded(item) for item in data]
        if not isinstance(data, dict):
            return data
        marks = [key for key in data if key.startswith("@")]
        if not marks:
            return {key: self._decoded(item) for key, item in data.items()}
        try:
            (mark,) = data
            content = data[mark]
            if mark == "@float":
                return {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}[content]
            if mark == "@array":
                dtype, shape, values = content
                kind = np.dtype(str(dtype))
                if kind.kind not in _NUMBERS:
                    raise SavedModelError(f"An array among the arguments of a part has the dtype {str(dtype)!r:.40}.")
                return np.asarray(self._decoded(values), kind).reshape([int(size) for size in shape])
            if mark == "@function":
                return self._find(content)
            if mark == "@object":
                made = self._object(content)
                if "number" in content:
                    self._numbered[content["number"]] = made
                return made
            if mark == "@same":
                return self._numbered[content]
        except SavedModelError:
            raise
        except Exception as error:  # whatever a part makes of arguments that nobody has checked
            raise SavedModelError(f"A part of the model cannot be restored from {str(data)[:100]}: {error}") from error
        raise SavedModelError(f"The description of the model has an unknown mark {mark!r:.40}.")

    def _object(self, content: dict[str, Any]) -> Any:
        """An object made by its class from its arguments."""
        found = self._find(content)
        config = self._decoded(content["config"])
        if not (isinstance(found, type) and issubclass(found, Configurable)):
            raise SavedModelError(
                f"'{str(content.get('name'))[:60]}' is expected to be a class of a layer, loss, metric or optimizer; "
                f"received {found!r:.80}."
            )
        return found.from_config(config)
