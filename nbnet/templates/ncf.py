"""Neural collaborative filtering: what a user will think of an item that he has not rated.

Users and items are numbers without meaning; an Embedding learns a vector for each, from nothing but ratings. The
ratings are generated: hidden tastes times hidden traits, and noise of standard deviation 0.2. That noise is the floor:
no model can be expected to have a smaller rmse on the test; predicting the mean rating has 0.83. Expect about 0.23, and
less with more known ratings: try ``--set samples=16000``.
"""

import nbnet
from nbnet.layers import Add, Concatenate, Dense, Embedding, Multiply, Rescaling
from nbnet.optimizers import Adam

USERS, ITEMS = 200, 100


def data(samples: int = 8000) -> nbnet.Data:
    """Two inputs, user and item, and the rating that the one gave to the other."""
    return nbnet.datasets.ratings(USERS, ITEMS, samples)


def model(factors: int = 4, hidden: int = 16, penalty: float = 3e-4, learning_rate: float = 0.005) -> nbnet.Model:
    """A product of vectors beside a small network (NeuMF), with the habits of user and item added."""
    user, item = nbnet.Input((), dtype="int64", name="user"), nbnet.Input((), dtype="int64", name="item")
    l2 = nbnet.regularizers.L2(penalty)  # rare users shall stay near the average

    def vectors(name: str, size: int) -> list:
        users = Embedding(USERS, size, embeddings_regularizer=l2, name=f"user_{name}")(user)
        items = Embedding(ITEMS, size, embeddings_regularizer=l2, name=f"item_{name}")(item)
        return [users, items]

    products = Multiply()(vectors("factors", factors))  # where tastes and traits agree
    features = Dense(hidden, activation="relu")(Concatenate()(vectors("features", factors)))
    both = Dense(1)(Concatenate()([products, features]))
    rating = Add()([both, *vectors("habit", 1)])  # some users are generous, some items are popular
    network = nbnet.Model([user, item], Rescaling(1.0, offset=3.0)(rating))
    network.compile(optimizer=Adam(learning_rate), loss="mse", metrics=["rmse", "mae"])
    return network


fit = {"epochs": 30, "batch_size": 128}
