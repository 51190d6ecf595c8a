"""The twelve steps of a project in one file, from loading data to a saved model.

Run it with ``python twelve_steps.py``: each step says what it did; pictures and model go to the folder
``twelve_steps_results``. Pictures need matplotlib: ``pip install nbnet[plot]``. ``nbnet train twelve_steps.py`` trains
the same model on the same data into a run folder. The task is to read handwritten digits of 8x8 pixels; expect a test
accuracy of about 0.97.
"""

from pathlib import Path
from typing import Any

import numpy as np

import nbnet
from nbnet import plot
from nbnet.callbacks import EarlyStopping
from nbnet.layers import Dense, Dropout
from nbnet.preprocessing import PCA, Flatten, Standardize

NAMES = [str(digit) for digit in range(10)]


def load() -> tuple:
    """Step 1, load: 1,797 images and which digit each of them shows."""
    splits = nbnet.datasets.digits().splits.values()
    return np.concatenate([x for x, _ in splits]), np.concatenate([y for _, y in splits])


def data(components: int = 30) -> nbnet.Data:
    """Steps 2 to 4: what is done to an image is written down here, and fitted to the training images alone."""
    # Step 2, extract features: the 30 mixtures of the 64 pixels in which images differ most.
    features = [Flatten(), PCA(components)]
    # Step 3, preprocess: every feature gets mean 0 and variance 1.
    scaled = Standardize()
    # Step 4, split: 70 % to train on, 15 % to choose the best weights by, 15 % for one final test.
    return nbnet.Data(*nbnet.data.split(*load()), preprocess=[*features, scaled], class_names=NAMES)


def model(hidden: int = 64, dropout: float = 0.3, learning_rate: float = 0.002) -> nbnet.Sequential:
    """Steps 5 and 6."""
    # Step 5, define: features to hidden units to one probability for each digit.
    layers = [Dense(hidden, activation="relu"), Dropout(dropout), Dense(10, activation="softmax")]
    network = nbnet.Sequential(layers)
    # Step 6, compile: how to change the weights, what to make small, and what to report.
    adam = nbnet.optimizers.Adam(learning_rate)
    network.compile(optimizer=adam, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return network


# Step 7, train: it ends when the validation loss has not become less for 8 epochs.
fit: dict[str, Any] = {
    "epochs": 40,
    "batch_size": 32,
    "callbacks": [EarlyStopping(patience=8, restore_best_weights=True)],
}

if __name__ == "__main__":
    nbnet.set_seed(0)
    samples, network = data(), model()
    network.remember(samples)  # names and preprocessing, to be saved with the weights
    history = network.fit(samples, **fit, verbose=0)
    images, digits = nbnet.data.split(*load())[2]  # the test images as they come
    features = network.preprocess(images)
    # Step 8, evaluate: once, with images that neither weights nor settings were chosen by.
    measured = network.evaluate(features, digits, return_dict=True, verbose=0)
    # Step 9, predict: a probability for each digit.
    answers = network.predict(features, verbose=0)
    results = Path("twelve_steps_results")
    results.mkdir(exist_ok=True)
    # Step 10, visualise: the network, how it learned, what it confuses, and some answers.
    plot.model(network, results / "model.svg")
    plot.curves(history, results / "curves.png")
    plot.confusion_matrix(digits, answers, NAMES, results / "confusion.png")
    plot.samples(images, digits, answers, NAMES, results / "samples.png")
    # Step 11, save: weights, preprocessing and names in one file.
    network.save(results / "digits.nbnet")
    # Step 12, load and verify: the file alone knows all that is needed for a raw image.
    loaded = nbnet.load(results / "digits.nbnet")
    same = np.array_equal(loaded.predict(loaded.preprocess(images), verbose=0), answers)

    train, validation, test = (len(x) for x, _ in samples.splits.values())
    print(f" 1 load        {train + validation + test:,} images of shape {images.shape[1:]}")
    print(f" 2 extract     {features.shape[1]} features of each")
    print(f" 3 preprocess  mean {samples.train[0].mean():.3f}, deviation {samples.train[0].std():.3f} in training")
    print(f" 4 split       {train:,} for training, {validation} for validation, {test} for the test")
    print(f" 5 define      {network.count_params():,} weights in {len(network.layers)} layers")
    print(f" 6 compile     {network.optimizer.name}, {network.loss.name}")
    print(f" 7 train       {len(history.epoch)} epochs, loss {history.history['loss'][-1]:.4f}")
    print(f" 8 evaluate    test accuracy {measured['accuracy']:.4f}")
    print(f" 9 predict     the first test image shows a {answers[0].argmax()}, in truth a {digits[0]}")
    print(f"10 visualise   {', '.join(sorted(path.name for path in results.iterdir() if path.suffix != '.nbnet'))}")
    print(f"11 save        {results / 'digits.nbnet'}")
    print(f"12 verify      {'the same answers' if same else 'OTHER ANSWERS'} for {len(images)} images")
