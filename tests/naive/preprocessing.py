"""Preprocessing steps by their definitions: plain loops in float64, over the training inputs and later ones.

``DEFINITIONS`` has a function ``(train, x, **arguments)`` for each step of nbnet.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter

import numpy as np


def columns_of(train, x, kept):
    """(values of the training inputs, place in the later inputs) for each position of the kept axes."""
    for place in np.ndindex(*[train.shape[axis] for axis in kept]):
        index = [slice(None)] * train.ndim
        for axis, position in zip(kept, place, strict=True):
            index[axis] = position
        yield [float(value) for value in train[tuple(index)].reshape(-1)], tuple(index)


def kept_axes(train, axis):
    axes = () if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return [item % train.ndim for item in axes]


def standardize(train, x, axis=-1):
    made = np.empty(x.shape)
    for values, index in columns_of(train, x, kept_axes(train, axis)):
        mean = math.fsum(values) / len(values)
        std = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / len(values)) or 1.0
        made[index] = (x[index].astype(float) - mean) / std
    return made


def min_max(train, x, feature_range=(0, 1), axis=-1, clip=False):
    low, high = feature_range
    made = np.empty(x.shape)
    for values, index in columns_of(train, x, kept_axes(train, axis)):
        extent = (max(values) - min(values)) or 1.0
        made[index] = low + (x[index].astype(float) - min(values)) / extent * (high - low)
    return np.clip(made, low, high) if clip else made


def one_hot(train, x, handle_unknown="error"):
    rows = []
    for row in x.reshape(len(x), -1).tolist():
        made = []
        for place, value in enumerate(row):
            known = sorted(set(train.reshape(len(train), -1)[:, place].tolist()))
            made += [1.0 if value == other else 0.0 for other in known]
        rows.append(made)
    return np.array(rows)


def impute(train, x, strategy="mean", fill_value=None):
    made = x.astype(float)
    for place in np.ndindex(*x.shape[1:]):
        present = sorted(value for value in train[(slice(None), *place)].tolist() if not math.isnan(value))
        if strategy == "mean":
            fill = math.fsum(present) / len(present)
        elif strategy == "median":
            fill = (present[(len(present) - 1) // 2] + present[len(present) // 2]) / 2
        elif strategy == "most_frequent":
            counts = Counter(present)
            fill = min(value for value in counts if counts[value] == max(counts.values()))
        else:
            fill = fill_value or 0.0
        for row in range(len(x)):
            if math.isnan(made[(row, *place)]):
                made[(row, *place)] = fill
    return made


def pca(train, x, n_components=None, whiten=False):
    """By the eigenvectors of the covariance matrix."""
    train, x = train.astype(float), x.astype(float)
    mean = train.mean(axis=0)
    covariance = (train - mean).T @ (train - mean) / (len(train) - 1)
    values, vectors = np.linalg.eigh(covariance)
    order = sorted(range(len(values)), key=lambda place: -values[place])
    if n_components is None:
        n_components = min(train.shape)
    elif isinstance(n_components, float):
        shares = np.cumsum(values[order] / values.sum())
        n_components = next(place + 1 for place, share in enumerate(shares) if share > n_components)
    made = []
    for place in order[:n_components]:
        direction = vectors[:, place]
        if direction[np.abs(direction).argmax()] < 0:
            direction = -direction
        scale = math.sqrt(values[place]) if whiten else 1.0
        made.append((x - mean) @ direction / scale)
    return np.stack(made, axis=1)


def polynomial_features(train, x, degree=2, interaction_only=False, include_bias=True):
    rows = []
    for row in x.tolist():
        made = []
        for size in range(0 if include_bias else 1, degree + 1):
            for places in itertools.product(range(len(row)), repeat=size):
                rising = all(a < b or (a == b and not interaction_only) for a, b in itertools.pairwise(places))
                if rising:
                    made.append(math.prod(row[place] for place in places))
        rows.append(made)
    return np.array(rows)


def hog(
    train, x, orientations=9, pixels_per_cell=(8, 8), cells_per_block=(3, 3), block_norm="L2-Hys", transform_sqrt=False
):
    return np.array(
        [
            hog_of(image.astype(float), orientations, pixels_per_cell, cells_per_block, block_norm, transform_sqrt)
            for image in x
        ]
    )


def hog_of(image, orientations, pixels_per_cell, cells_per_block, block_norm, transform_sqrt):
    if transform_sqrt:
        image = np.sqrt(image)
    image = image.reshape(*image.shape[:2], -1)
    height, width, channels = image.shape
    (ph, pw), (bh, bw) = pixels_per_cell, cells_per_block
    cells = {}
    for row, column in itertools.product(range(height // ph * ph), range(width // pw * pw)):
        best = (0.0, 0.0, 0.0)
        for channel in range(channels):
            across = down = 0.0
            if 0 < column < width - 1:
                across = image[row, column + 1, channel] - image[row, column - 1, channel]
            if 0 < row < height - 1:
                down = image[row + 1, column, channel] - image[row - 1, column, channel]
            size = math.hypot(across, down)
            if size > best[0]:
                best = (size, across, down)
        angle = math.degrees(math.atan2(best[2], best[1])) % 180
        number = min(int(angle // (180 / orientations)), orientations - 1)
        histogram = cells.setdefault((row // ph, column // pw), [0.0] * orientations)
        histogram[number] += best[0] / (ph * pw)
    features = []
    for top in range(height // ph - bh + 1):
        for left in range(width // pw - bw + 1):
            block = []
            for row, column in itertools.product(range(bh), range(bw)):
                block += cells[top + row, left + column]
            features += normalised(block, block_norm)
    return features


def normalised(block, kind):
    epsilon = 1e-5
    if kind.startswith("L1"):
        scaled = [value / (sum(block) + epsilon) for value in block]
        return [math.sqrt(value) for value in scaled] if kind == "L1-sqrt" else scaled
    scaled = [value / math.sqrt(sum(other**2 for other in block) + epsilon**2) for value in block]
    if kind == "L2":
        return scaled
    cut = [min(value, 0.2) for value in scaled]
    return [value / math.sqrt(sum(other**2 for other in cut) + epsilon**2) for value in cut]


def tabular(train, x, impute="median", scale="standard", unknown="ignore"):
    """`train` and `x` are lists of rows: dictionaries with numbers, texts and None."""
    names = [*train[0]]
    rows = [[] for _ in x]
    for name in names:
        values = [row[name] for row in train]
        if any(isinstance(value, str) for value in values):
            known = sorted({value for value in values if value is not None}) + ([None] if None in values else [])
            for made, row in zip(rows, x, strict=True):
                made += [1.0 if row[name] == other else 0.0 for other in known]
            continue
        present = sorted(value for value in values if value is not None)
        fill = impute
        if impute == "median":
            fill = (present[(len(present) - 1) // 2] + present[len(present) // 2]) / 2
        elif impute == "mean":
            fill = sum(present) / len(present)
        elif impute == "most_frequent":
            counts = Counter(present)
            fill = min(value for value in counts if counts[value] == max(counts.values()))
        filled = [fill if value is None else value for value in values]
        offset, extent = 0.0, 1.0
        if scale == "standard":
            offset = sum(filled) / len(filled)
            extent = math.sqrt(sum((value - offset) ** 2 for value in filled) / len(filled))
        elif scale == "minmax":
            offset, extent = min(filled), max(filled) - min(filled)
        for made, row in zip(rows, x, strict=True):
            made.append(((fill if row[name] is None else row[name]) - offset) / (extent or 1.0))
    return np.array(rows)


DEFINITIONS = {
    "Flatten": lambda train, x: np.array([sample.reshape(-1) for sample in x]),
    "HOG": hog,
    "Impute": impute,
    "MinMax": min_max,
    "OneHot": one_hot,
    "PCA": pca,
    "PolynomialFeatures": polynomial_features,
    "Rescale": lambda train, x, scale, offset=0.0: x.astype(float) * scale + offset,
    "Reshape": lambda train, x, target_shape: np.array([sample.reshape(target_shape) for sample in x]),
    "Standardize": standardize,
    "Tabular": tabular,
}
