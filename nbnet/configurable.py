"""Objects that remember the arguments they were made with, and how a user names such an object.

A layer, a loss or an optimizer can be written to a file because of this: its class and its arguments say all
that there is to say, and no part needs code for it.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any, Self

from nbnet.arguments import refuse_unknown
from nbnet.errors import NbnetError
from nbnet.registry import Registry

__all__ = ["Configurable", "resolve", "snake_case"]


class Configurable:
    """Base of the parts whose arguments are recorded as they are given."""

    _arguments: tuple[tuple[Any, ...], dict[str, Any]]

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Record the arguments."""
        parameters = cls.signature().parameters
        if kwargs and not any(item.kind is item.VAR_KEYWORD for item in parameters.values()):
            refuse_unknown(cls.__name__, kwargs, parameters)
        made = super().__new__(cls)
        made._arguments = (args, kwargs)
        return made

    def __init__(self) -> None:
        """Take no arguments unless a subclass says so."""

    @classmethod
    def signature(cls) -> inspect.Signature:
        """What the constructor takes, without ``self``."""
        whole = inspect.signature(cls.__init__)
        return whole.replace(parameters=list(whole.parameters.values())[1:])

    def get_config(self) -> dict[str, Any]:
        """The arguments by name, defaults included: ``type(self)(**config)`` makes an equal object.

        Raises
        ------
        NbnetError
            When the constructor takes ``*args``, which have no names.
        """
        args, kwargs = self._arguments
        bound = self.signature().bind(*args, **kwargs)
        bound.apply_defaults()
        config: dict[str, Any] = {}
        for name, value in bound.arguments.items():
            kind = bound.signature.parameters[name].kind
            if kind is inspect.Parameter.VAR_KEYWORD:
                config.update(value)
            elif kind is inspect.Parameter.VAR_POSITIONAL or kind is inspect.Parameter.POSITIONAL_ONLY:
                raise NbnetError(
                    f"{type(self).__name__} takes arguments without names ('{name}'), which cannot be recorded. "
                    "Give them names, or define get_config()."
                )
            else:
                config[name] = value
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """An object made with the arguments in `config`."""
        return cls(**config)


def snake_case(name: str) -> str:
    """``BatchNormalization`` → ``batch_normalization``, ``Conv2DTranspose`` → ``conv2d_transpose``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z])|(?<=[0-9]D)(?=[A-Z])", "_", name).lower()


def resolve(registry: Registry, identifier: Any, base: type, wrap: Callable[[Any, str], Any] | None = None) -> Any:
    """The object a user means by a name, a class, or an object.

    Parameters
    ----------
    registry : Registry
        Where names are looked up; ``"Adam"`` is found as ``"adam"`` too.
    identifier : str, type, callable or object
    base : type
        Class of the objects that are wanted.
    wrap : callable, optional
        ``wrap(function, name)`` makes a `base` of a plain function.

    Raises
    ------
    UnknownNameError
        When the name is not registered.
    TypeError
        When `identifier` is none of these.
    """
    name: str | None = None
    if isinstance(identifier, str):
        forms = (identifier, identifier.lower(), snake_case(identifier))
        name = next((form for form in forms if form in registry), identifier)
        identifier = registry.get(name)
    if isinstance(identifier, type) and issubclass(identifier, base):
        return identifier()
    if isinstance(identifier, base):
        return identifier
    if wrap is not None and callable(identifier) and not isinstance(identifier, type):
        return wrap(identifier, name or str(getattr(identifier, "__name__", type(identifier).__name__)))
    raise TypeError(
        f"Expected {registry.article}: a name such as {registry.names()[0]!r} or an object of {base.__name__}"
        f"{', or a function' if wrap is not None else ''}; received {identifier!r}."
    )
