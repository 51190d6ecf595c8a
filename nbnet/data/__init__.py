"""Data for training and predictions: checked arrays, and readers that never execute what is in a file."""

from nbnet.data.csv_table import read_csv
from nbnet.data.data import Data
from nbnet.data.idx import read_idx
from nbnet.data.image_folder import read_image_folder
from nbnet.data.images import read_image
from nbnet.data.inputs import Inputs, read_inputs, read_labelled
from nbnet.data.npy import read_npy
from nbnet.data.npz import npz_names, read_npz
from nbnet.data.spec import InputSpec
from nbnet.data.split import split
from nbnet.data.table_spec import TableSpec

__all__ = [
    "Data",
    "InputSpec",
    "Inputs",
    "TableSpec",
    "npz_names",
    "read_csv",
    "read_idx",
    "read_image",
    "read_image_folder",
    "read_inputs",
    "read_labelled",
    "read_npy",
    "read_npz",
    "split",
]
