"""A table with numbers, categories and missing values: which kind a penguin is.

344 penguins of three species, a CSV file that comes with nbnet. Predict for a CSV file of yours with the same columns,
in any order: ``nbnet predict runs/tabular-1 birds.csv``. It goes the path of the training: missing numbers are filled
in, numbers are scaled and texts become columns, by what was learned from the training rows. Expect an accuracy of 0.98
to 1. Train on a table of your own: ``--set file=mine.csv --set label=COLUMN --set "ignore=()" --set classes=4``.
"""

import nbnet
from nbnet.layers import Dense, Dropout
from nbnet.optimizers import Adam
from nbnet.preprocessing import Tabular


def data(file: str = "", label: str = "species", ignore: tuple = ("year",)) -> nbnet.Data:
    """Rows of a CSV file, whose first line names the columns: 70 % for training, 15 % for validation and test each."""
    return nbnet.Data.from_csv(
        file or nbnet.datasets.penguins_csv(),
        label=label,
        ignore=ignore,
        missing=("", "NA"),
        preprocess=Tabular(impute="median", scale="standard"),
    )


def model(hidden: int = 32, dropout: float = 0.2, learning_rate: float = 0.005, classes: int = 3) -> nbnet.Sequential:
    """One hidden layer; the number of inputs comes with the data."""
    network = nbnet.Sequential(
        [
            Dense(hidden, activation="relu"),
            Dropout(dropout),
            Dense(classes, activation="softmax"),
        ]
    )
    network.compile(optimizer=Adam(learning_rate), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return network


fit = {"epochs": 60, "batch_size": 32}
