"""Loading weights: what a file is, and setting all weights of a model to what it holds."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

import numpy as np

from nbnet.errors import NotBuiltError, SavedModelError
from nbnet.models.archive import read_archive
from nbnet.models.foreign.hdf5 import opened_hdf5
from nbnet.models.foreign.keras_file import WEIGHTS_MEMBER, keras_groups, weights_in_archive
from nbnet.models.foreign.matching import Pair, Rules, matched
from nbnet.models.foreign.nbnet_file import NBNET, is_nbnet, nbnet_targets
from nbnet.models.foreign.stored import Group, Stored
from nbnet.models.foreign.targets import Target, targets
from nbnet.models.foreign.tensors_file import grouped, opened_tensors, tensors_in
from nbnet.models.foreign.torch_file import TORCH, torch_groups, warn_of_epsilon
from nbnet.models.model import Model

__all__ = ["load_weights"]

_HDF5, _ZIP, _PICKLE = b"\x89HDF\r\n\x1a\n", b"PK\x03\x04", b"\x80"
_PICKLED = (".pt", ".pth", ".bin", ".ckpt", ".pkl", ".pickle")

Values = list[tuple[Pair, np.ndarray]]


def load_weights(
    model: Model,
    path: str | os.PathLike[str],
    name_map: Mapping[str, str | None] | None = None,
    skip_mismatch: bool = False,
    by_name: bool | None = None,
) -> None:
    """Set the weights of a model to those in a file of nbnet, Keras or PyTorch.

    Parameters
    ----------
    model : Model
        Built, and of the same layers as the one that was saved.
    path : path-like
        * ``.safetensors`` or ``.nbnet``, as nbnet writes them;
        * ``.weights.h5``, ``.keras`` and the whole-model ``.h5`` of Keras (needs h5py: ``pip install nbnet[keras]``);
        * ``.safetensors`` with a ``state_dict`` of PyTorch. Pickles (``.pt``, ``.pth``) are refused.
    name_map : mapping of str to str or None, optional
        Layer or module in the file → layer of the model, inner ones with their whole path, "inner/dense"; None leaves
        it out. What is not named is matched as without.
    skip_mismatch : bool
        Load what fits, and warn of the rest.
    by_name : bool, optional
        Whether layers are matched by their names, or otherwise: in Keras' files by place, as Keras itself does, in
        PyTorch's by shapes. Default: by names where all agree, else otherwise.

    Raises
    ------
    SavedModelError
        When the file is missing, damaged or hostile, or does not fit the model; no weight is changed then.
    NotBuiltError
        When the model has no weights yet.
    MissingPackageError
        When h5py is needed and not installed.

    Notes
    -----
    Nothing in a file is executed. Only weights and moving averages are loaded: arguments of layers such as ε are the
    model's own, and the state of an optimizer is left out. Numbers are brought to the dtype of each layer.

    **Keras** numbers the layers of a class within a model, in functional models by their distance from the outputs;
    a model with the same layers and wiring has the same places. If places and names contradict each other, by_name
    must be given. Keras' own ``load_weights`` leaves out what is named nowhere when by_name is True; here that is an
    error unless skip_mismatch is True.

    **PyTorch** modules and layers:

    * Linear → Dense; weight (outputs, inputs) is transposed.
    * BatchNorm → BatchNormalization; weight, bias, running_mean and running_var are γ, β and the moving averages.
      PyTorch has eps=1e-5, so give ``epsilon=1e-5``, and its momentum=0.1 is 0.9 here.
    * LayerNorm → LayerNormalization, likewise with ``epsilon=1e-5``.
    * Embedding → Embedding.
    * PReLU → PReLU; one slope is repeated for all units.
    * Others → layers whose weights have the names and shapes of the arrays.

    A safetensors file is sorted by name, so the order of modules is lost. Each layer gets the one module whose arrays
    fit it; several alike, such as ``layers.0``, ``layers.2``, go by their numbers, and others are an error that asks
    for `name_map`.
    """
    if not model.built:
        raise NotBuiltError(
            f"Model '{model.name}' has no weights yet to load into. Give input_shape= to the first layer, or call "
            "model.build((None, ...))."
        )
    place = Path(path)

    def match(own: Sequence[Target], groups: Sequence[Group], rules: Rules) -> Values:
        return [(pair, pair.value()) for pair in matched(own, groups, rules, name_map, skip_mismatch, by_name)]

    try:
        values = _values(model, place, match)
    except SavedModelError as error:
        told = "".join(char if char.isprintable() or char == "\n" else "?" for char in str(error))  # names in the file
        raise SavedModelError(f"'{place}' cannot be loaded into model '{model.name}'. {told}") from error.__cause__
    except FileNotFoundError:
        raise SavedModelError(f"There is no file '{place}'.") from None
    except OSError as error:
        raise SavedModelError(f"'{place}' cannot be read: {error.strerror or error}.") from error
    for pair, value in values:
        pair.weight.assign(value)


def _values(model: Model, place: Path, match: Callable[[Sequence[Target], Sequence[Group], Rules], Values]) -> Values:
    """What the weights become, by the kind of file."""

    def from_hdf5(file: IO[bytes]) -> Values:
        with opened_hdf5(file) as root:
            groups, rules = keras_groups(root, model)
            return match(targets(model), groups, rules)

    def from_tensors(arrays: dict[str, Stored]) -> Values:
        if is_nbnet(arrays, model):
            return match(nbnet_targets(model), grouped(arrays, "/"), NBNET)
        own = targets(model)
        values = match(own, torch_groups(arrays), TORCH)
        warn_of_epsilon(own)
        return values

    with place.open("rb") as file:
        start = file.read(len(_HDF5))
        file.seek(0)
        if start == _HDF5:
            return from_hdf5(file)
        if start.startswith(_ZIP):
            with _opened_zip(file) as archive:
                names = archive.namelist()
                if WEIGHTS_MEMBER in names or place.suffix == ".keras":
                    content = weights_in_archive(archive, place.stat().st_size)
                    return from_hdf5(io.BytesIO(content))
            if any(name.endswith("/data.pkl") for name in names):
                raise _pickled(place)
            return from_tensors(tensors_in(read_archive(place)["weights.safetensors"]))
    if place.suffix != ".safetensors":
        if place.suffix in _PICKLED or start.startswith(_PICKLE):
            raise _pickled(place)
        raise SavedModelError(
            f"It begins with {start!r} and is none of .safetensors, .nbnet, .weights.h5, .keras and Keras' .h5."
        )
    with opened_tensors(place) as arrays:
        return from_tensors(arrays)


def _opened_zip(file: IO[bytes]) -> zipfile.ZipFile:
    """The archive, if it is whole."""
    try:
        return zipfile.ZipFile(file)
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise SavedModelError(f"It is damaged or cut off: {error}. Copy it again.") from error


def _pickled(place: Path) -> SavedModelError:
    """What to say to a pickle."""
    return SavedModelError(
        "It is a pickle, which can run any program when it is read, so nbnet does not read it. Write the weights with "
        "PyTorch in a file without programs:\n"
        "    import torch; from safetensors.torch import save_file\n"
        f"    save_file(torch.load({place.name!r}, weights_only=True), {place.with_suffix('.safetensors').name!r})"
    )
