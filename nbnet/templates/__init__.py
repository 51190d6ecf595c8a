"""Model files that ``nbnet new`` copies; each is an example that trains as it stands."""

from __future__ import annotations

from pathlib import Path

from nbnet.hookspecs import Register, hookimpl

__all__ = ["TEMPLATES"]

_FOLDER = Path(__file__).parent

# Name → file.
TEMPLATES: dict[str, Path] = {
    "digits": _FOLDER / "digits.py",
    "fashion-mlp": _FOLDER / "fashion_mlp.py",
    "mnist-mlp": _FOLDER / "mnist_mlp.py",
    "perceptron": _FOLDER / "perceptron.py",
}


@hookimpl
def register_templates(register: Register) -> None:
    """Make the files known by name."""
    for name, path in TEMPLATES.items():
        register(name, path)
