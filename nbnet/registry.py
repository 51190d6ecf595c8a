"""Name → object and its owner, one registry for each kind of part.

A registry fills itself on first use: the callback that loads nbnet's own parts and all plugins is bound from
above (:func:`bind_loader`), so this file knows nothing of either.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nbnet.errors import PluginError, UnknownNameError, suggest

__all__ = [
    "REGISTRIES",
    "Absent",
    "Entry",
    "Registry",
    "absent",
    "activations",
    "bind_loader",
    "callbacks",
    "constraints",
    "datasets",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "optimizers",
    "regularizers",
    "schedules",
    "templates",
]

# Parts that a first-party plugin has: an unknown name can say what to install.
_FIRST_PARTY = {("activation", "swish"): "nbnet-swish"}


@dataclass(frozen=True)
class Entry:
    """A registered object and the plugin (``"nbnet"`` for nbnet's own) that registered it."""

    obj: Any
    owner: str


@dataclass(frozen=True)
class Absent:
    """A plugin that is installed but not in use, and why."""

    name: str
    reason: str


_loader: Callable[[], None] | None = None
absent: list[Absent] = []


def bind_loader(callback: Callable[[], None]) -> None:
    """Bind the callback that fills the registries; it is called at each access and loads only once."""
    global _loader
    _loader = callback


def _load() -> None:
    """Fill the registries if that has not happened yet."""
    if _loader is not None:
        _loader()


class Registry:
    """The parts of one kind.

    Parameters
    ----------
    noun : str
        What an entry is, in the singular, e.g. ``"activation"``; used in messages.
    """

    def __init__(self, noun: str) -> None:
        self.noun = noun
        self._entries: dict[str, Entry] = {}

    def register(self, name: str, obj: Any, owner: str, override: bool = False) -> None:
        """Make `obj` known as `name`.

        Parameters
        ----------
        name : str
            The name users write.
        obj : object
            A function, class or path, as the hook of this kind says.
        owner : str
            The plugin that brings it.
        override : bool
            Replace an entry that another owner made.

        Raises
        ------
        PluginError
            When the name is taken; the message names both owners.
        """
        if not isinstance(name, str) or not name:
            raise PluginError(
                f"Plugin '{owner}' registers {self.article} under {name!r}; a name is a string that is not empty."
            )
        taken = self._entries.get(name)
        if taken is not None and not override:
            raise PluginError(
                f"The {self.noun} '{name}' is registered by '{taken.owner}' and again by '{owner}'. Rename one, or "
                "give register(..., override=True) in the one that shall win, or leave a plugin out with NBNET_PLUGINS."
            )
        self._entries[name] = Entry(obj, owner)

    def snapshot(self) -> dict[str, Entry]:
        """A copy of what is registered now, to :meth:`restore` when a plugin fails half-way."""
        return dict(self._entries)

    def restore(self, entries: dict[str, Entry]) -> None:
        """Go back to a :meth:`snapshot`."""
        self._entries = dict(entries)

    def get(self, name: str) -> Any:
        """The object known as `name`.

        Raises
        ------
        UnknownNameError
            When there is none; the message lists close names and plugins that may have it.
        """
        return self._entry(name).obj

    def owner(self, name: str) -> str:
        """The plugin that registered `name`; ``"nbnet"`` for nbnet's own parts."""
        return self._entry(name).owner

    def names(self) -> list[str]:
        """All names, sorted."""
        _load()
        return sorted(self._entries)

    @property
    def article(self) -> str:
        """The noun with its article."""
        return f"{'an' if self.noun[0] in 'aeiou' else 'a'} {self.noun}"

    def __contains__(self, name: object) -> bool:
        _load()
        return name in self._entries

    def __repr__(self) -> str:
        return f"Registry({self.noun!r}, {len(self._entries)} names)"

    def _entry(self, name: str) -> Entry:
        _load()
        found = self._entries.get(name) if isinstance(name, str) else None
        if found is None:
            raise UnknownNameError(self._unknown(name))
        return found

    def _unknown(self, name: Any) -> str:
        """The message for a name that is not here."""
        parts = [f"Unknown {self.noun} {name!r}.", suggest(str(name), self._entries, noun=self.noun)]
        provider = _FIRST_PARTY.get((self.noun, str(name)))
        if provider is not None:
            parts.append(f"The plugin {provider} has it: pip install {provider}.")
        parts += [f"The plugin '{item.name}' is not in use: {item.reason}" for item in absent]
        return " ".join(parts)


activations = Registry("activation")
losses = Registry("loss")
metrics = Registry("metric")
optimizers = Registry("optimizer")
schedules = Registry("schedule")
initializers = Registry("initializer")
regularizers = Registry("regularizer")
constraints = Registry("constraint")
layers = Registry("layer")
callbacks = Registry("callback")
datasets = Registry("dataset")
templates = Registry("template")

REGISTRIES: dict[str, Registry] = {
    "register_activations": activations,
    "register_losses": losses,
    "register_metrics": metrics,
    "register_optimizers": optimizers,
    "register_schedules": schedules,
    "register_initializers": initializers,
    "register_regularizers": regularizers,
    "register_constraints": constraints,
    "register_layers": layers,
    "register_callbacks": callbacks,
    "register_datasets": datasets,
    "register_templates": templates,
}
