"""Steps between raw inputs and the network: fitted on the training inputs, saved with the model."""

from nbnet.preprocessing.flatten import Flatten
from nbnet.preprocessing.hog import HOG
from nbnet.preprocessing.impute import Impute
from nbnet.preprocessing.min_max import MinMax
from nbnet.preprocessing.one_hot import OneHot
from nbnet.preprocessing.pca import PCA
from nbnet.preprocessing.per_input import PerInput
from nbnet.preprocessing.pipeline import Pipeline
from nbnet.preprocessing.polynomial_features import PolynomialFeatures
from nbnet.preprocessing.rescale import Rescale
from nbnet.preprocessing.reshape import Reshape
from nbnet.preprocessing.serialization import deserialize, serialize, unstorable
from nbnet.preprocessing.standardize import Standardize
from nbnet.preprocessing.step import Step
from nbnet.preprocessing.table import Table
from nbnet.preprocessing.tabular import Tabular
from nbnet.preprocessing.to_categorical import to_categorical
from nbnet.preprocessing.train_test_split import train_test_split

__all__ = [
    "HOG",
    "PCA",
    "Flatten",
    "Impute",
    "MinMax",
    "OneHot",
    "PerInput",
    "Pipeline",
    "PolynomialFeatures",
    "Rescale",
    "Reshape",
    "Standardize",
    "Step",
    "Table",
    "Tabular",
    "deserialize",
    "serialize",
    "to_categorical",
    "train_test_split",
    "unstorable",
]
