import numpy as np
import pytest

from nbnet.errors import DataError
from nbnet.graph import philox
from tests.naive import philox as naive
from tests.naive.philox import KNOWN, STREAMS


@pytest.mark.parametrize(("counter", "key", "expected"), KNOWN)
def test_known_answers(counter, key, expected):
    words = [int(word, 16) for word in expected.split()]
    assert philox.philox4x32(counter, key).tolist() == words
    assert naive.philox4x32(counter, key) == words


@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize(("start", "count"), [(0, 9), (3, 1), (5, 7), (2**34 - 3, 6), (2**50 - 2, 2), (8, 0)])
def test_words_of_any_range(stream, start, count):
    words = philox.words(*stream, start, count)
    assert words.dtype == np.uint32
    assert words.tolist() == [naive.word(*stream, start + i) for i in range(count)]


@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize(("start", "count"), [(0, 20), (3, 9), (7, 1), (8, 8), (2**33 - 3, 7), (5, 0)])
def test_halves(stream, start, count):
    halves = philox.halves(*stream, start, count)
    assert halves.dtype == np.uint16
    assert halves.tolist() == [naive.half(*stream, element) for element in range(start, start + count)]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("start", [0, 1, 2, 3, 4, 5])
def test_numbers_of_any_range(dtype, start):
    elements = range(start, start + 11)
    uniform = philox.uniform(5, 6, 7, 8, start, 11, dtype)
    normal = philox.normal(5, 6, 7, 8, start, 11, dtype)
    assert uniform.dtype == normal.dtype == dtype
    assert uniform.tolist() == [naive.uniform(5, 6, 7, 8, i) for i in elements]
    np.testing.assert_allclose(normal, [naive.normal(5, 6, 7, 8, i) for i in elements], rtol=4 * np.finfo(dtype).eps)


def test_every_part_of_the_counter_matters():
    base = [1, 2, 3, 4]
    others = [[value + (i == k) for k, value in enumerate(base)] for i in range(4)]
    rows = [philox.words(*stream, 0, 64) for stream in (base, *others, [1 + 2**32, 2, 3, 4])]
    rows.append(philox.words(*base, 2**34, 64))
    assert len(np.unique(np.concatenate(rows))) == 7 * 64


def test_distributions():
    n = 1 << 17
    u, z = philox.uniform(0, 0, 0, 0, 0, n), philox.normal(0, 0, 0, 1, 0, n)
    assert u.min() >= 0
    assert u.max() < 1
    # five standard errors of mean, variance and fourth moment
    assert abs(u.mean() - 1 / 2) < 5 / np.sqrt(12 * n)
    assert abs(u.var() - 1 / 12) < 5 / np.sqrt(180 * n)
    assert abs(z.mean()) < 5 / np.sqrt(n)
    assert abs(z.var() - 1) < 5 * np.sqrt(2 / n)
    assert abs((z**4).mean() - 3) < 5 * np.sqrt(96 / n)
    assert abs(np.corrcoef(z[0::2], z[1::2])[0, 1]) < 5 / np.sqrt(n / 2)


@pytest.mark.parametrize(
    "arguments",
    [(0, 0, -1, 0, 0, 1), (0, 0, 2**32, 0, 0, 1), (0, 0, 0, 2**16, 0, 1), (0, 0, 0, 0, 2**50, 1), (0, 0, 0, 0, -1, 1)],
)
def test_what_does_not_fit_the_counter_is_refused(arguments):
    with pytest.raises(DataError, match="words expects"):
        philox.words(*arguments)
