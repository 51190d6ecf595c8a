"""CIFAR-100: photographs of a hundred kinds of things, 32x32 in colour."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from nbnet.data.data import Data
from nbnet.data.reading import PathLike
from nbnet.datasets.cifar_images import Cifar, load
from nbnet.errors import ArgumentError
from nbnet.hookspecs import Register, hookimpl

__all__ = ["cifar100"]

_CIFAR100 = Cifar(
    name="cifar-100",
    binary_folders=("cifar-100-binary", "cifar-100", "cifar100"),
    python_folders=("cifar-100-python", "cifar-100", "cifar100"),
    train_files=("train",),
    test_file="test",
    labels=("coarse_labels", "fine_labels"),
    classes=(20, 100),
)
_FINE = (
    "apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can "
    "castle caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur dolphin "
    "elephant flatfish forest fox girl hamster house kangaroo keyboard lamp lawn_mower leopard lion lizard "
    "lobster man maple_tree motorcycle mountain mouse mushroom oak_tree orange orchid otter palm_tree pear "
    "pickup_truck pine_tree plain plate poppy porcupine possum rabbit raccoon ray road rocket rose sea seal shark "
    "shrew skunk skyscraper snail snake spider squirrel streetcar sunflower sweet_pepper table tank telephone "
    "television tiger tractor train trout tulip turtle wardrobe whale willow_tree wolf woman worm"
)
_COARSE = (
    "aquatic_mammals fish flowers food_containers fruit_and_vegetables household_electrical_devices "
    "household_furniture insects large_carnivores large_man-made_outdoor_things large_natural_outdoor_scenes "
    "large_omnivores_and_herbivores medium_mammals non-insect_invertebrates people reptiles small_mammals trees "
    "vehicles_1 vehicles_2"
)
_CLASS_NAMES = {"fine": tuple(_FINE.split()), "coarse": tuple(_COARSE.split())}


def cifar100(
    dir: PathLike | None = None,
    preprocess: Callable[[np.ndarray], np.ndarray] | Sequence[Any] | None = None,
    label_mode: str = "fine",
) -> Data:
    """CIFAR-100: 50,000 training and 10,000 test photographs of a hundred kinds of things.

    Parameters
    ----------
    dir : path-like, optional
        The folder with the files of the binary version (``train.bin``, ``test.bin``) or the Python version (``train``,
        ``test``), or one with the subfolder that its archive unpacks to, or ``cifar-100``. Default: ``--data-dir``,
        else NBNET_DATA_DIR, else the folder ``nbnet/data`` in the user's cache folder.
    preprocess : callable or list, optional
        As for ``nbnet.Data``.
    label_mode : {"fine", "coarse"}
        A hundred classes, or the twenty groups of five that they form.

    Returns
    -------
    Data
        x : uint8, shape (N, 32, 32, 3), red, green and blue; y : int64, shape (N,), 0 to 99 or 0 to 19. Training
        samples are the first 45,000 of the training file, validation samples the last 5,000.

    Raises
    ------
    ArgumentError
        When `label_mode` is another.
    DataError
        When files are missing, truncated or damaged, or a pickle holds other than plain data; it is read without
        executing anything.

    Notes
    -----
    Keras downloads the Python version; its labels have the shape (N, 1), and no samples are set apart for validation.

    References
    ----------
    Krizhevsky (2009), Learning multiple layers of features from tiny images, University of Toronto.
    """
    if label_mode not in _CLASS_NAMES:
        raise ArgumentError(f"cifar100: expected label_mode 'fine' or 'coarse'; received {label_mode!r}.")
    return load(_CIFAR100, f"{label_mode}_labels", _CLASS_NAMES[label_mode], dir, preprocess)


@hookimpl
def register_datasets(register: Register) -> None:
    """Make the data set known as ``"cifar-100"``."""
    register("cifar-100", cifar100)
