"""Saving the weights of a model alone."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO

import numpy as np

from nbnet.errors import NotBuiltError, SavedModelError
from nbnet.layers.normalization import Normalization
from nbnet.models.archive import replace_file
from nbnet.models.foreign.hdf5 import written_hdf5
from nbnet.models.foreign.nbnet_file import named_arrays
from nbnet.models.foreign.targets import keras_places
from nbnet.models.model import Model
from nbnet.models.tensors import write_tensors

__all__ = ["save_weights"]


def save_weights(model: Model, path: str | os.PathLike[str]) -> None:
    """Write the weights of a model to one file, in place of an old file only when it is complete.

    Parameters
    ----------
    model : Model
        Built.
    path : path-like
        ``.safetensors``: arrays by the names of the weights, such as "dense/kernel". ``.weights.h5``: as Keras lays
        them out, for a Keras model of the same layers (needs h5py: ``pip install nbnet[keras]``).

    Raises
    ------
    SavedModelError
        When the ending is another one, or the file cannot be written.
    NotBuiltError
        When the model has no weights yet.
    MissingPackageError
        When h5py is needed and not installed.

    Notes
    -----
    ``model.save`` writes the layers, the compile settings and the optimizer's state too. Equal weights give equal
    bytes in a ``.safetensors`` file.
    """
    place = Path(path)
    if not model.built:
        raise NotBuiltError(
            f"Model '{model.name}' has no weights yet to save. Give input_shape= to the first layer, or call "
            "model.build((None, ...))."
        )
    if place.name.endswith(".weights.h5"):
        replace_file(place, lambda file: _write_keras(model, file))
    elif place.suffix == ".safetensors":
        replace_file(place, lambda file: file.write(write_tensors(named_arrays(model))))
    else:
        raise SavedModelError(
            f"Weights are written to .safetensors, or for Keras to .weights.h5; received '{place}'. A whole model is "
            "written by model.save to .nbnet."
        )


def _write_keras(model: Model, file: IO[bytes]) -> None:
    """Each layer's weights under its place, those that can be trained first."""
    with written_hdf5(file) as root:
        for place, layer in keras_places(model):
            kept = root.create_group(f"{place}/vars" if place else "vars")
            kept.attrs["name"] = layer.name
            own = sorted(layer._own(), key=lambda weight: not weight.trainable)
            for number, weight in enumerate(own):
                kept[str(number)] = weight.storage
            if isinstance(layer, Normalization) and own:
                kept[str(len(own))] = np.int32(0)  # the count, which Keras keeps and does not use
