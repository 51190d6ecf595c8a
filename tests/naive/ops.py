"""What each operator means, as plain loops over elements."""

from __future__ import annotations

import itertools
import math

import numpy as np


def positions(shape):
    """All index tuples of a shape, last axis fastest."""
    return itertools.product(*(range(size) for size in shape))


def repeated(array, shape, at):
    """The element of `array` that stands at position `at` after it was broadcast to `shape`."""
    lead = len(shape) - array.ndim
    return array[tuple(0 if size == 1 else at[lead + axis] for axis, size in enumerate(array.shape))]


def common_shape(arrays):
    """The shape to which arrays broadcast."""
    ndim = max(array.ndim for array in arrays)
    shape = [1] * ndim
    for array in arrays:
        for axis, size in enumerate(array.shape):
            place = ndim - array.ndim + axis
            if size != 1:
                assert shape[place] in (1, size)
                shape[place] = size
    return tuple(shape)


def elementwise(function):
    """A scalar function applied to each element."""

    def apply(*arrays, **_):
        shape = common_shape(arrays)
        result = np.empty(shape, object)
        for at in positions(shape):
            result[at] = function(*(repeated(array, shape, at).item() for array in arrays))
        return result

    return apply


def reduction(function):
    """A function of a list of numbers applied along axes."""

    def apply(x, axes, keepdims):
        kept = tuple(1 if axis in axes else size for axis, size in enumerate(x.shape))
        result = np.empty(kept, object)
        for at in positions(kept):
            ranges = [range(size) if axis in axes else [at[axis]] for axis, size in enumerate(x.shape)]
            result[at] = function([x[index].item() for index in itertools.product(*ranges)])
        if keepdims:
            return result
        flat = [result[at] for at in positions(kept)]
        final = np.empty(tuple(size for axis, size in enumerate(x.shape) if axis not in axes), object)
        for at, value in zip(positions(final.shape), flat, strict=True):
            final[at] = value
        return final

    return apply


def first_largest(values):
    """Index of the largest value, the first of equals."""
    best = 0
    for index, value in enumerate(values):
        if value > values[best]:
            best = index
    return best


def log_sum_exp(values):
    top = max(values)
    return top + math.log(sum(math.exp(value - top) for value in values))


def along_axis(function):
    """A function of a list of numbers to a list of numbers, applied along one axis."""

    def apply(x, axis):
        result = np.empty(x.shape, object)
        rest = tuple(size for index, size in enumerate(x.shape) if index != axis)
        for at in positions(rest):
            line = [(*at[:axis], k, *at[axis:]) for k in range(x.shape[axis])]
            for index, value in zip(line, function([x[index].item() for index in line]), strict=True):
                result[index] = value
        return result

    return apply


def softmax_line(values):
    total = sum(math.exp(value) for value in values)
    return [math.exp(value) / total for value in values]


def log_softmax_line(values):
    return [value - log_sum_exp(values) for value in values]


def matmul(a, b, transpose_a, transpose_b):
    rows, inner = (a.shape[-1], a.shape[-2]) if transpose_a else (a.shape[-2], a.shape[-1])
    columns = b.shape[-2] if transpose_b else b.shape[-1]
    lead = common_shape([np.empty(a.shape[:-2]), np.empty(b.shape[:-2])])
    result = np.zeros((*lead, rows, columns), a.dtype)
    for at in positions(lead):
        left = a[tuple(0 if n == 1 else i for i, n in zip(at[len(lead) - a.ndim + 2 :], a.shape[:-2], strict=True))]
        right = b[tuple(0 if n == 1 else i for i, n in zip(at[len(lead) - b.ndim + 2 :], b.shape[:-2], strict=True))]
        for i, j, k in itertools.product(range(rows), range(columns), range(inner)):
            result[(*at, i, j)] += (left[k, i] if transpose_a else left[i, k]) * (
                right[j, k] if transpose_b else right[k, j]
            )
    return result


def reshape(x, shape):
    result = np.empty(shape, x.dtype)
    for source, target in zip(positions(x.shape), positions(shape), strict=True):
        result[target] = x[source]
    return result


def transpose(x, axes):
    result = np.empty(tuple(x.shape[axis] for axis in axes), x.dtype)
    for at in positions(result.shape):
        source = [0] * x.ndim
        for place, axis in enumerate(axes):
            source[axis] = at[place]
        result[at] = x[tuple(source)]
    return result


def broadcast(x, shape):
    result = np.empty(shape, x.dtype)
    for at in positions(shape):
        result[at] = repeated(x, shape, at)
    return result


def concatenate(*parts, axis):
    shape = list(parts[0].shape)
    shape[axis] = sum(part.shape[axis] for part in parts)
    result, offset = np.empty(shape, parts[0].dtype), 0
    for part in parts:
        for at in positions(part.shape):
            result[(*at[:axis], at[axis] + offset, *at[axis + 1 :])] = part[at]
        offset += part.shape[axis]
    return result


def strided_slice(x, starts, stops, steps):
    picks = [list(range(*bounds)) for bounds in zip(starts, stops, steps, strict=True)]
    result = np.empty(tuple(len(pick) for pick in picks), x.dtype)
    for at in positions(result.shape):
        result[at] = x[tuple(pick[i] for pick, i in zip(picks, at, strict=True))]
    return result


def embed(x, shape, starts, steps):
    result = np.zeros(shape, x.dtype)
    for at in positions(x.shape):
        result[tuple(start + i * step for start, i, step in zip(starts, at, steps, strict=True))] = x[at]
    return result


def gather(x, indices, axis):
    result = np.empty(x.shape[:axis] + indices.shape + x.shape[axis + 1 :], x.dtype)
    for at in positions(result.shape):
        index = int(indices[at[axis : axis + indices.ndim]])
        row = index if index >= 0 else index + x.shape[axis]
        result[at] = x[(*at[:axis], row, *at[axis + indices.ndim :])]
    return result


def scatter_add(indices, updates, shape, axis):
    result = np.zeros(shape, updates.dtype)
    for at in positions(updates.shape):
        index = int(indices[at[axis : axis + indices.ndim]])
        row = index if index >= 0 else index + shape[axis]
        result[(*at[:axis], row, *at[axis + indices.ndim :])] += updates[at]
    return result


def one_hot(indices, depth, dtype):
    result = np.zeros((*indices.shape, depth), dtype)
    for at in positions(indices.shape):
        if 0 <= indices[at] < depth:
            result[(*at, int(indices[at]))] = 1
    return result


def philox_word(seed, step, stream, number, element):
    """One 32-bit word of Philox4x32-10; element e takes word e mod 4 of block e // 4."""
    block = element // 4
    c = [block & 0xFFFFFFFF, step & 0xFFFFFFFF, stream, number | (block >> 32) << 16]
    k = [seed & 0xFFFFFFFF, seed >> 32 & 0xFFFFFFFF]
    for _ in range(10):
        first, second = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [second >> 32 ^ c[1] ^ k[0], second & 0xFFFFFFFF, first >> 32 ^ c[3] ^ k[1], first & 0xFFFFFFFF]
        k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return c[element % 4]


def random_uniform(seed, step, shape, dtype, stream, number):
    result = np.empty(shape, dtype)
    for element, at in enumerate(positions(shape)):
        result[at] = (philox_word(int(seed), int(step), stream, number, element) >> 8) / 2**24
    return result


def random_normal(seed, step, shape, dtype, stream, number):
    result = np.empty(shape, dtype)
    for element, at in enumerate(positions(shape)):
        first = element - element % 2
        u, v = (philox_word(int(seed), int(step), stream, number, e) >> 8 for e in (first, first + 1))
        radius, angle = math.sqrt(-2 * math.log((u + 1) / 2**24)), 2 * math.pi * v / 2**24
        result[at] = radius * (math.sin(angle) if element % 2 else math.cos(angle))
    return result


def random_mask(seed, step, shape, dtype, stream, number, bits, threshold):
    result, share = np.empty(shape, dtype), 32 // bits
    for element, at in enumerate(positions(shape)):
        word = philox_word(int(seed), int(step), stream, number, element // share)
        result[at] = (word >> bits * (element % share)) % 2**bits < threshold
    return result


def random_bernoulli(seed, step, p, shape, dtype, stream, number):
    return random_uniform(seed, step, shape, np.float64, stream, number) < float(p)
