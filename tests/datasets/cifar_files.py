"""Small files in the layouts of CIFAR, written byte by byte as the tools of that time wrote them."""

import struct

import numpy as np

COUNT = 6
CIFAR10 = (tuple(f"data_batch_{number}" for number in range(1, 6)), "test_batch", {"labels": 10})
CIFAR100 = (("train",), "test", {"coarse_labels": 20, "fine_labels": 100})


def text(value):
    """A text of Python 2, or a longer one."""
    value = value if isinstance(value, bytes) else value.encode()
    return b"U" + bytes([len(value)]) + value if len(value) < 256 else b"T" + struct.pack("<i", len(value)) + value


def numbers(values):
    """A list of integers below 65,536."""
    return b"](" + b"".join(b"M" + struct.pack("<H", value) for value in values) + b"e"


def array(values, dtype=b"u1", shape=None, content=None):
    """An array as NumPy gives it to a pickle of protocol 2."""
    content = values.tobytes() if content is None else content
    sizes = b"".join(b"J" + struct.pack("<i", size) for size in (values.shape if shape is None else shape))
    return (
        b"cnumpy.core.multiarray\n_reconstruct\n" + b"cnumpy\nndarray\n" + b"K\0\x85" + text("b") + b"\x87R"
        b"(K\x01(" + sizes + b"t" + b"cnumpy\ndtype\n" + text(dtype) + b"K\0K\x01\x87R"
        b"(K\x03" + text("|") + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb" + b"\x89" + text(content) + b"tb"
    )


def pickled(**items):
    """A dict of what is pickled already."""
    return b"\x80\x02}q\0(" + b"".join(text(key) + value for key, value in items.items()) + b"u."


def write(folder, form, python=False, count=COUNT, seed=0):
    """Write a data set; its images (N, 32, 32, 3) and labels by kind, training and test."""
    train, test, kinds = form
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    images, labels = [], {kind: [] for kind in kinds}
    for stem in (*train, test):
        x = rng.integers(0, 256, (count, 32, 32, 3)).astype("uint8")
        y = {kind: rng.integers(0, classes, count).astype("uint8") for kind, classes in kinds.items()}
        flat = np.stack([x[..., channel].reshape(count, 1024) for channel in range(3)], axis=1).reshape(count, 3072)
        if python:
            lists = {kind: numbers(values) for kind, values in y.items()}
            (folder / stem).write_bytes(pickled(batch_label=text(stem), **lists, data=array(flat)))
        else:
            rows = np.concatenate([np.stack(list(y.values()), axis=1), flat], axis=1)
            (folder / f"{stem}.bin").write_bytes(rows.tobytes())
        images.append(x)
        for kind, values in y.items():
            labels[kind].append(values)
    return (
        np.concatenate(images[:-1]),
        {kind: np.concatenate(values[:-1]) for kind, values in labels.items()},
        images[-1],
        {kind: values[-1] for kind, values in labels.items()},
    )
