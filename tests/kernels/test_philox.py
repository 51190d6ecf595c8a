import numpy as np
import pytest

from nbnet.kernels import philox
from tests.naive import philox as naive
from tests.naive.philox import KNOWN, STREAMS


@pytest.mark.parametrize(("counter", "key", "expected"), KNOWN)
@pytest.mark.parametrize("compiled", [False, True], ids=["python", "compiled"])
def test_known_answers(counter, key, expected, compiled):
    encrypt = philox.philox4x32 if compiled else philox.philox4x32.py_func
    assert " ".join(f"{int(word):08x}" for word in encrypt(*map(np.uint64, (*counter, *key)))) == expected


@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize("compiled", [False, True], ids=["python", "compiled"])
def test_block(stream, compiled):
    block = philox.block if compiled else philox.block.py_func
    seed, step, layer, op = (np.uint64(value % 2**64) for value in stream)
    for number in (0, 1, 2**32 - 1, 2**32, 2**48 - 1):
        words = [int(word) for word in block(seed, step, layer, op, np.uint64(number))]
        assert words == [naive.word(*stream, 4 * number + i) for i in range(4)]


@pytest.mark.parametrize("compiled", [False, True], ids=["python", "compiled"])
def test_halves_below(compiled, rng):
    below = philox.halves_below if compiled else philox.halves_below.py_func
    for threshold in (0, 1, 2, 32767, 32768, 32769, 65534, 65535):
        near = [value for value in (0, threshold - 1, threshold, threshold + 1, 65535) if 0 <= value < 2**16]
        for _ in range(30):
            halves = rng.choice(near, 8)
            words = tuple(np.uint64(halves[i] + (int(halves[i + 1]) << 16)) for i in range(0, 8, 2))
            found = int(below(words, np.uint64(threshold))).to_bytes(8, "little")
            assert list(found) == (halves < threshold).tolist()


@pytest.mark.parametrize("compiled", [False, True], ids=["python", "compiled"])
def test_uniform_ends(compiled):
    for name, dtype in (("uniform32", np.float32), ("uniform64", np.float64)):
        uniform = getattr(philox, name) if compiled else getattr(philox, name).py_func
        for word in (0, 255, 256, 2**31, 2**32 - 1):
            value = uniform(np.uint64(word))
            assert value == word // 256 / 2**24
            assert not compiled or uniform.dispatcher.nopython_signatures[0].return_type.name == dtype.__name__


@pytest.mark.parametrize(("normal", "tolerance"), [("normal32", 1e-6), ("normal64", 1e-14)])
def test_normal_ends(normal, tolerance):
    largest, step = 2**32 - 1, 2**30
    for even in (0, 256, 2**31, largest):
        for odd in (0, step // 2, step, 2 * step, 3 * step, largest):
            values = getattr(philox, normal)(np.uint64(even), np.uint64(odd))
            radius = np.sqrt(-2 * np.log((even // 256 + 1) / 2**24))
            angle = 2 * np.pi * (odd // 256) / 2**24
            np.testing.assert_allclose(values, (radius * np.cos(angle), radius * np.sin(angle)), atol=tolerance)
