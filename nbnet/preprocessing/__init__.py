"""Steps between raw inputs and the network: fitted on the training inputs, saved with the model."""

from nbnet.preprocessing.flatten import Flatten
from nbnet.preprocessing.pipeline import Pipeline
from nbnet.preprocessing.rescale import Rescale
from nbnet.preprocessing.reshape import Reshape
from nbnet.preprocessing.serialization import deserialize, serialize, unstorable
from nbnet.preprocessing.standardize import Standardize
from nbnet.preprocessing.step import Step

__all__ = [
    "Flatten",
    "Pipeline",
    "Rescale",
    "Reshape",
    "Standardize",
    "Step",
    "deserialize",
    "serialize",
    "unstorable",
]
