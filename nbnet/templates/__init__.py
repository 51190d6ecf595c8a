"""Model files that ``nbnet new`` copies; each is an example that trains as it stands."""

from __future__ import annotations

from pathlib import Path

from nbnet.hookspecs import Register, hookimpl

__all__ = ["TEMPLATES"]

_FOLDER = Path(__file__).parent

# Name → file.
TEMPLATES: dict[str, Path] = {
    "autoencoder": _FOLDER / "autoencoder.py",
    "batchnorm-mlp": _FOLDER / "batchnorm_mlp.py",
    "cnn": _FOLDER / "cnn.py",
    "conv-autoencoder": _FOLDER / "conv_autoencoder.py",
    "digits": _FOLDER / "digits.py",
    "dropout-mlp": _FOLDER / "dropout_mlp.py",
    "fashion-mlp": _FOLDER / "fashion_mlp.py",
    "gan": _FOLDER / "gan.py",
    "mnist-cnn": _FOLDER / "mnist_cnn.py",
    "mnist-mlp": _FOLDER / "mnist_mlp.py",
    "ncf": _FOLDER / "ncf.py",
    "perceptron": _FOLDER / "perceptron.py",
    "regression": _FOLDER / "regression.py",
    "residual": _FOLDER / "residual.py",
    "tabular": _FOLDER / "tabular.py",
    "twelve-steps": _FOLDER / "twelve_steps.py",
}


@hookimpl
def register_templates(register: Register) -> None:
    """Make the files known by name."""
    for name, path in TEMPLATES.items():
        register(name, path)
