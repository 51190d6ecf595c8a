"""Files that are damaged on purpose."""

import struct

import numpy as np

from nbnet.errors import DataError


def npy_bytes(header, body=b"", version=(1, 0), length=None):
    """A .npy file with any header."""
    text = header.encode() if isinstance(header, str) else header
    size = len(text) if length is None else length
    return b"\x93NUMPY" + bytes(version) + struct.pack("<H" if version == (1, 0) else "<I", size) + text + body


def header_of(shape, descr="<f4", order=False):
    """The text of a .npy header."""
    return repr({"descr": descr, "fortran_order": order, "shape": shape})


def reads_or_refuses(read, path):
    """Reading may succeed or raise DataError; anything else comes through."""
    try:
        result = read(path)
    except DataError:
        return
    arrays = result.values() if isinstance(result, dict) else [result]
    assert all(isinstance(array, np.ndarray) for array in arrays)


def mutants(content, count, seed):
    """Variants of a file with bytes changed, removed or inserted."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        data = bytearray(content)
        for _ in range(rng.integers(1, 5)):
            place = int(rng.integers(len(data)))
            kind = rng.integers(4)
            if kind == 0:
                data[place] = int(rng.integers(256))
            elif kind == 1:
                data[place] ^= 1 << int(rng.integers(8))
            elif kind == 2:
                del data[place : place + int(rng.integers(1, 20))]
            else:
                data[place:place] = rng.bytes(int(rng.integers(1, 9)))
            if not data:
                break
        yield bytes(data)
