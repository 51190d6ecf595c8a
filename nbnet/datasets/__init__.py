"""Data sets: small ones that come with nbnet, and readers for those that the user has."""

from nbnet.data.data import Data
from nbnet.datasets.digits import digits
from nbnet.datasets.fashion_mnist import fashion_mnist
from nbnet.datasets.folder import set_data_dir
from nbnet.datasets.mnist import mnist
from nbnet.registry import datasets as registered

__all__ = ["digits", "fashion_mnist", "load", "mnist", "names", "set_data_dir"]


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
    return registered.get(name)()


def names() -> list[str]:
    """The names that :func:`load` knows."""
    return registered.names()
