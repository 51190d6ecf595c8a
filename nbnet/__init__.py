"""nbnet: a small deep-learning compiler on Numba with a Keras-like face.

The public names below are imported on first use: ``import nbnet`` loads neither Numba nor a plugin.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from nbnet import registry as _registry
from nbnet.models import fitting as _fitting
from nbnet.version import __version__

if TYPE_CHECKING:
    from nbnet import (
        activations,
        callbacks,
        constraints,
        data,
        datasets,
        errors,
        initializers,
        layers,
        losses,
        metrics,
        models,
        ops,
        optimizers,
        plot,
        preprocessing,
        regularizers,
        schedules,
    )
    from nbnet.data import Data
    from nbnet.errors import NbnetError
    from nbnet.graph.gradient import gradients
    from nbnet.graph.ops.formula import elementwise
    from nbnet.graph.seed import get_seed, set_seed
    from nbnet.graph.tensor import Tensor, Variable
    from nbnet.hookspecs import hookimpl
    from nbnet.layers import Input
    from nbnet.models import Model, Perceptron, Sequential, load
    from nbnet.runtime.function import function, grad
    from nbnet.runtime.threads import set_num_threads
    from nbnet.training.explanation import profile
    from nbnet.training.glass import trace_step
    from nbnet.training.tuning import tune

# Public name → the module that defines it; a name that is itself a module maps to None.
_PUBLIC: dict[str, str | None] = {
    "Data": "nbnet.data",
    "Input": "nbnet.layers",
    "Model": "nbnet.models",
    "NbnetError": "nbnet.errors",
    "Perceptron": "nbnet.models",
    "Sequential": "nbnet.models",
    "Tensor": "nbnet.graph.tensor",
    "Variable": "nbnet.graph.tensor",
    "activations": None,
    "callbacks": None,
    "constraints": None,
    "data": None,
    "datasets": None,
    "elementwise": "nbnet.graph.ops.formula",
    "errors": None,
    "function": "nbnet.runtime.function",
    "get_seed": "nbnet.graph.seed",
    "grad": "nbnet.runtime.function",
    "gradients": "nbnet.graph.gradient",
    "hookimpl": "nbnet.hookspecs",
    "initializers": None,
    "layers": None,
    "load": "nbnet.models",
    "losses": None,
    "metrics": None,
    "models": None,
    "ops": None,
    "optimizers": None,
    "plot": None,
    "preprocessing": None,
    "profile": "nbnet.training.explanation",
    "regularizers": None,
    "schedules": None,
    "set_num_threads": "nbnet.runtime.threads",
    "set_seed": "nbnet.graph.seed",
    "trace_step": "nbnet.training.glass",
    "tune": "nbnet.training.tuning",
}

__all__ = [
    "Data",
    "Input",
    "Model",
    "NbnetError",
    "Perceptron",
    "Sequential",
    "Tensor",
    "Variable",
    "__version__",
    "activations",
    "callbacks",
    "constraints",
    "data",
    "datasets",
    "elementwise",
    "errors",
    "function",
    "get_seed",
    "grad",
    "gradients",
    "hookimpl",
    "initializers",
    "layers",
    "load",
    "losses",
    "metrics",
    "models",
    "ops",
    "optimizers",
    "plot",
    "preprocessing",
    "profile",
    "regularizers",
    "schedules",
    "set_num_threads",
    "set_seed",
    "trace_step",
    "tune",
]


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'nbnet' has no attribute {name!r}")
    source = _PUBLIC[name]
    module = importlib.import_module(source or f"nbnet.{name}")
    found = module if source is None else getattr(module, name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    special = {name for name in globals() if name.startswith("__")}
    return sorted(special | set(__all__))


def _load_plugins() -> None:
    """Fill the registries; bound here because the registry stands below the plugin door."""
    from nbnet.plugins import load

    load()


_registry.bind_loader(_load_plugins)


def _fit(model: Any, x: Any, y: Any, **options: Any) -> Any:
    """Train; bound here because models stand below the training loop."""
    from nbnet.training.loop import fit

    return fit(model, x, y, **options)


_fitting.bind_fit(_fit)
