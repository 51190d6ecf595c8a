"""Data sets: small ones that come with nbnet, generated ones, and readers for those that the user has."""

from nbnet.data.data import Data
from nbnet.datasets.blobs import blobs
from nbnet.datasets.cifar10 import cifar10
from nbnet.datasets.cifar100 import cifar100
from nbnet.datasets.circles import circles
from nbnet.datasets.diabetes import diabetes
from nbnet.datasets.digits import digits
from nbnet.datasets.fashion_mnist import fashion_mnist
from nbnet.datasets.folder import set_data_dir
from nbnet.datasets.mnist import mnist
from nbnet.datasets.moons import moons
from nbnet.datasets.penguins import penguins_csv
from nbnet.datasets.ratings import ratings
from nbnet.datasets.spiral import spiral
from nbnet.datasets.xor import xor
from nbnet.registry import datasets as registered

__all__ = [
    "blobs",
    "cifar10",
    "cifar100",
    "circles",
    "diabetes",
    "digits",
    "fashion_mnist",
    "load",
    "mnist",
    "moons",
    "names",
    "penguins_csv",
    "ratings",
    "set_data_dir",
    "spiral",
    "xor",
]


def load(name: str) -> Data:
    """The data set registered as `name`: nbnet's own or a plugin's.

    Parameters
    ----------
    name : str

    Returns
    -------
    Data

    Raises
    ------
    UnknownNameError
        When there is none; the message lists close names.
    """
    data: Data = registered.get(name)()
    if isinstance(data, Data) and data.name is None:
        data.name = name  # so that a model trained on it finds it again
    return data


def names() -> list[str]:
    """The names that :func:`load` knows."""
    return registered.names()
