"""The plugin door: built-in parts, installed plugins (entry points) and plugin files come in through pluggy.

Each plugin is taken in by itself, nbnet's own modules first, so they claim their names first and a plugin may
already look them up while it is imported. What a plugin registers is collected before any of it is entered: one
that fails half-way leaves nothing behind.
"""

from __future__ import annotations

import importlib
import os
import threading
import warnings
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

import pluggy

from nbnet import hookspecs, registry
from nbnet.built_in import BUILT_IN
from nbnet.errors import PluginError, suggest
from nbnet.python_file import import_file
from nbnet.registry import REGISTRIES

__all__ = ["BUILT_IN", "GROUP", "Plugin", "add_file", "load", "plugins", "reload"]

GROUP = "nbnet"


@dataclass
class Plugin:
    """One plugin as ``nbnet plugins list`` shows it.

    Attributes
    ----------
    name : str
        Module of a built-in, entry-point name, or path of a file; the owner in messages.
    origin : str
        ``"built-in"``, ``"installed"`` or ``"file"``.
    distribution : str
        Distribution and version, or the file's path.
    module : str
        The module that was imported.
    provides : dict of str to list of str
        Noun → registered names.
    error : str or None
        Why it is not in use.
    """

    name: str
    origin: str
    distribution: str
    module: str
    provides: dict[str, list[str]] = field(default_factory=dict)
    error: str | None = None

    @property
    def owner(self) -> str:
        """Who owns what it registers: ``"nbnet"`` for all built-ins."""
        return "nbnet" if self.origin == "built-in" else self.name


_lock = threading.RLock()
_found: dict[str, Plugin] = {}
_manager: pluggy.PluginManager | None = None


def load() -> None:
    """Take in nbnet's own parts and the plugins that are installed and enabled; only the first call does anything.

    Raises
    ------
    PluginError
        When a name clashes, a hook is misspelt, or NBNET_PLUGINS names a plugin that is not installed.
    """
    global _manager
    with _lock:
        if _manager is not None:
            return
        _manager = pluggy.PluginManager("nbnet")
        _manager.add_hookspecs(hookspecs)
        try:
            for name in BUILT_IN:
                plugin = Plugin(name, "built-in", "nbnet", name)
                _take_in(plugin, importlib.import_module(name))
            _load_installed()
        except BaseException:
            _forget()
            raise


def reload() -> None:
    """Forget all plugins and plugin files and load anew, e.g. after NBNET_PLUGINS has changed.

    Objects that were looked up before stay as they are.
    """
    with _lock:
        _forget()
        load()


def add_file(path: str | os.PathLike[str]) -> Plugin:
    """Take in a plugin file, as ``--plugin FILE.py`` does.

    Parameters
    ----------
    path : path-like
        A Python file with functions marked ``@nbnet.hookimpl``. It is executed.

    Returns
    -------
    Plugin
        What was taken in; a file that is already there is not executed again.

    Raises
    ------
    PluginError
        When the file is missing or no Python file, or its names clash. What the file itself raises comes through.
    """
    load()
    resolved = Path(path).expanduser().resolve()
    with _lock:
        known = _found.get(str(resolved))
        if known is not None:
            return known
        if resolved.suffix != ".py" or not resolved.is_file():
            raise PluginError(f"--plugin expects a Python file; '{path}' is not one or does not exist.")
        plugin = Plugin(str(resolved), "file", str(resolved), "")
        module = import_file(resolved, "nbnet_plugin")
        plugin.module = module.__name__
        _take_in(plugin, module)
        if not plugin.provides:
            raise PluginError(
                f"The plugin file '{path}' registers nothing. A plugin has functions such as\n"
                "    @nbnet.hookimpl\n    def register_activations(register): ..."
            )
        return plugin


def plugins() -> list[Plugin]:
    """All plugins in the order they came in, with those that could not be loaded."""
    load()
    return list(_found.values())


def _forget() -> None:
    """Undo a load that failed, so that the next access fails with the same message and not with empty registries."""
    global _manager
    _manager = None
    _found.clear()
    registry.absent.clear()
    for parts in REGISTRIES.values():
        parts.restore({})


def _enabled() -> set[str] | None:
    """The names in NBNET_PLUGINS; None when all plugins are enabled."""
    listed = os.environ.get("NBNET_PLUGINS")
    return None if listed is None else {name.strip() for name in listed.split(",") if name.strip()}


def _load_installed() -> None:
    """Take in the plugins that other distributions announce as entry points."""
    enabled = _enabled()
    points = sorted(metadata.entry_points(group=GROUP), key=lambda point: point.name)
    unknown = sorted((enabled or set()) - {point.name for point in points})
    if unknown:
        raise PluginError(
            f"NBNET_PLUGINS names the plugin '{unknown[0]}', which is not installed. "
            + suggest(unknown[0], [point.name for point in points], noun="plugin")
        )
    for point in points:
        distribution = f"{point.dist.name} {point.dist.version}" if point.dist is not None else point.value
        plugin = Plugin(point.name, "installed", distribution, point.value)
        if point.name in _found:
            raise PluginError(
                f"Two plugins are called '{point.name}': {_found[point.name].distribution} and {distribution}. "
                "Uninstall one of them."
            )
        if enabled is not None and point.name not in enabled:
            _leave_out(plugin, "NBNET_PLUGINS leaves it out.")
            continue
        try:
            module = point.load()
            _take_in(plugin, module)
        except PluginError:
            raise
        except (Exception, SystemExit) as error:  # a broken plugin must not stop those who do not need it
            _leave_out(plugin, f"{type(error).__name__}: {error}")
            warnings.warn(
                f"The plugin '{plugin.name}' ({distribution}) could not be loaded and is skipped: {plugin.error}",
                RuntimeWarning,
                stacklevel=2,
            )


def _leave_out(plugin: Plugin, reason: str) -> None:
    """Remember a plugin that is there but not in use; unknown-name messages mention it."""
    plugin.error = reason
    _found[plugin.name] = plugin
    registry.absent.append(registry.Absent(plugin.name, reason))


def _take_in(plugin: Plugin, module: Any) -> None:
    """Register `module` with pluggy, collect what its hooks register, and enter that into the registries."""
    assert _manager is not None
    try:
        _manager.register(module, name=plugin.name)
        _manager.check_pending()
        collected = _collect(plugin, module)
    except pluggy.PluginValidationError as error:
        _manager.unregister(name=plugin.name)
        raise PluginError(_invalid(plugin, module, str(error))) from error
    except BaseException:
        _manager.unregister(name=plugin.name)
        raise
    before = {hook: parts.snapshot() for hook, parts in REGISTRIES.items()}
    try:
        for hook, name, obj, override in collected:
            REGISTRIES[hook].register(name, obj, plugin.owner, override)
            plugin.provides.setdefault(REGISTRIES[hook].noun, []).append(name)
    except PluginError:
        _manager.unregister(name=plugin.name)
        for hook, parts in REGISTRIES.items():
            parts.restore(before[hook])
        raise
    _found[plugin.name] = plugin


def _collect(plugin: Plugin, module: Any) -> list[tuple[str, str, Any, bool]]:
    """Call the hooks of `module` alone: (hook, name, object, override) in the order of registration."""
    assert _manager is not None
    others = [other for other in _manager.get_plugins() if other is not module]
    collected: list[tuple[str, str, Any, bool]] = []
    for hook in REGISTRIES:

        def register(name: str, obj: Any, *, override: bool = False, _hook: str = hook) -> None:
            collected.append((_hook, name, obj, override))

        if any(caller.name == hook for caller in _manager.get_hookcallers(module) or ()):
            _manager.subset_hook_caller(hook, others)(register=register)
    return collected


def _invalid(plugin: Plugin, module: Any, reason: str) -> str:
    """The message for a plugin that pluggy refuses: most often a misspelt hook."""
    for attribute in dir(module):
        if hasattr(getattr(module, attribute), "nbnet_impl") and attribute not in REGISTRIES:
            return (
                f"The plugin '{plugin.name}' ({plugin.distribution}) implements the hook '{attribute}', which does not "
                f"exist. {suggest(attribute, REGISTRIES, noun='hook')}"
            )
    return f"The plugin '{plugin.name}' ({plugin.distribution}) does not fit nbnet's hooks: {reason}"
