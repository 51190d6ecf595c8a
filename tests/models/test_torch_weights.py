"""Weights of PyTorch: what its modules call their arrays, and that the right layer gets them."""

from __future__ import annotations

import numpy as np
import pytest

import nbnet
from nbnet import Sequential
from nbnet.errors import SavedModelError
from nbnet.layers import BatchNormalization, Dense, Embedding, Flatten, Layer, LayerNormalization, PReLU
from tests.models.foreign_files import numbers, same, torch_file


def torch_arrays():
    """A state_dict, sorted by name as safetensors does."""
    return {
        "act.weight": numbers(1),
        "embed.weight": numbers(10, 4),
        "head.bias": numbers(3),
        "head.weight": numbers(3, 6),
        "ln.bias": numbers(3),
        "ln.weight": numbers(3),
        "norm.bias": numbers(6),
        "norm.num_batches_tracked": np.int64(5),
        "norm.running_mean": numbers(6),
        "norm.running_var": numbers(6),
        "norm.weight": numbers(6),
        "trunk.weight": numbers(6, 8),
    }


def test_every_module_of_torch(tmp_path):
    arrays = torch_arrays()
    model = Sequential([
        nbnet.Input((2,), dtype="int64"), Embedding(10, 4), Flatten(), Dense(6, use_bias=False),
        BatchNormalization(epsilon=1e-5), PReLU(), Dense(3), LayerNormalization(epsilon=1e-5),
    ])  # fmt: skip
    model.load_weights(torch_file(tmp_path / "m.safetensors", arrays))
    rows = np.array([[1, 2], [9, 0], [4, 4]])
    a = {name: np.float64(value) for name, value in arrays.items()}
    x = a["embed.weight"][rows].reshape(3, 8) @ a["trunk.weight"].T
    x = (x - a["norm.running_mean"]) / np.sqrt(a["norm.running_var"] + 1e-5) * a["norm.weight"] + a["norm.bias"]
    x = np.where(x < 0, a["act.weight"] * x, x) @ a["head.weight"].T + a["head.bias"]
    x = (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-5) * a["ln.weight"] + a["ln.bias"]
    np.testing.assert_allclose(model.predict(rows), x, rtol=2e-5, atol=2e-5)


def test_an_epsilon_that_is_not_pytorchs_is_told(tmp_path):
    path = torch_file(tmp_path / "m.safetensors", {"weight": numbers(3), "bias": numbers(3)})
    with pytest.warns(UserWarning, match=r"eps=1e-05 .*'layer_normalization' has 0\.001"):
        Sequential([LayerNormalization(input_shape=(3,))]).load_weights(path)


@pytest.mark.parametrize("prefix", ["", "net.", "module.", "_orig_mod.", "blocks.0.fc"])
def test_modules_that_are_alike_go_by_their_numbers(tmp_path, prefix):
    arrays = {n: numbers(2, 2) for n in (0, 2, 4, 10, 11, 100)}
    path = torch_file(tmp_path / "m.safetensors", {f"{prefix}{n}.weight": array for n, array in arrays.items()})
    model = Sequential([nbnet.Input((2,)), *(Dense(2, use_bias=False) for _ in arrays)])
    model.load_weights(path)
    assert same(model.get_weights(), [array.T for array in arrays.values()])


@pytest.mark.parametrize("wrapper", ["module.", "_orig_mod.", ""])
def test_what_wraps_a_whole_network_is_no_part_of_its_names(tmp_path, wrapper):
    arrays = {f"{wrapper}{name}.weight": numbers(2, 2) for name in ("a", "b", "c.d")}
    path = torch_file(tmp_path / "m.safetensors", arrays)
    inner = Sequential([Dense(2, use_bias=False, name="d")], name="c")
    outer = (Dense(2, use_bias=False, name=name) for name in "ba")
    model = Sequential([nbnet.Input((2,)), inner, *outer])
    model.load_weights(path)
    assert same(model.get_weights(), [arrays[f"{wrapper}{name}.weight"].T for name in ("c.d", "b", "a")])
    model.load_weights(path, name_map={"a": "b", "b": "a"})
    assert same(model.layers[1].get_weights(), [arrays[f"{wrapper}a.weight"].T])


def test_modules_that_are_alike_without_numbers_need_a_map(tmp_path):
    arrays = {"first.weight": numbers(2, 2), "last.weight": numbers(2, 2), "x.weight": numbers(3, 2)}
    path = torch_file(tmp_path / "m.safetensors", arrays)
    model = Sequential([nbnet.Input((2,)), *(Dense(size, use_bias=False) for size in (2, 2, 3))])
    with pytest.raises(SavedModelError, match=r"which of 'first', 'last' is which of the layers 'dense', 'dense_1'"):
        model.load_weights(path)
    model.load_weights(path, name_map={"last": "dense"})
    assert same(model.get_weights(), [arrays[f"{name}.weight"].T for name in ("last", "first", "x")])
    named = Sequential([nbnet.Input((2,)), *(Dense(2, use_bias=False, name=name) for name in ("last", "first"))])
    named.load_weights(path, name_map={"x": None})
    assert same(named.get_weights(), [arrays[f"{name}.weight"].T for name in ("last", "first")])


def test_shapes_that_leave_one_way_are_followed(tmp_path):
    arrays = {"a.weight": numbers(1), "b.weight": numbers(4), "c.weight": numbers(3)}
    model = Sequential([nbnet.Input((2, 3)), PReLU(), Flatten(), Dense(4), PReLU(), Dense(1), PReLU()])
    arrays |= {"d.weight": numbers(4, 6), "d.bias": numbers(4), "e.weight": numbers(1, 4), "e.bias": numbers(1)}
    model.load_weights(torch_file(tmp_path / "m.safetensors", arrays))
    slopes = [layer.get_weights()[0] for layer in model.layers if isinstance(layer, PReLU)]
    assert same(slopes, [np.broadcast_to(arrays["c.weight"], (2, 3)), arrays["b.weight"], arrays["a.weight"]])


def test_half_precision_and_modules_that_nbnet_does_not_know(tmp_path):
    class Scale(Layer):
        def build(self, input_shape):
            self.factor = self.add_weight((input_shape[-1],), "ones", "factor")

        def call(self, x):
            return x * self.factor

    model = Sequential([Scale(input_shape=(2,)), Dense(2)])
    arrays = {
        "0.factor": numbers(2).astype("float16"),
        "1.weight": numbers(2, 2).astype("float16"),
        "1.bias": numbers(2),
    }
    path = torch_file(tmp_path / "m.safetensors", arrays)
    model.load_weights(path)
    assert same(model.get_weights(), [arrays["0.factor"], arrays["1.weight"].T, arrays["1.bias"]])
    content = path.read_bytes().replace(b'"F16"', b'"BF16"').replace(b'"F32"', b'"F32"')
    size = int.from_bytes(content[:8], "little")
    path.write_bytes((size + 2).to_bytes(8, "little") + content[8:])
    model.load_weights(path)
    words = arrays["0.factor"].view("uint16").astype("uint32") << 16
    assert same(model.layers[0].get_weights(), [words.view("float32")])
    torch_file(path, {"conv.weight": numbers(8, 3, 3, 3), "conv.bias": numbers(8)})
    with pytest.raises(SavedModelError, match=r"No layer takes 'conv' .*\(8, 3, 3, 3\)|Nothing fits"):
        model.load_weights(path)


def test_a_transposed_matrix_is_told_apart(tmp_path):
    path = torch_file(tmp_path / "m.safetensors", {"fc1.weight": numbers(4, 8), "fc1.bias": numbers(8)})
    with pytest.raises(SavedModelError, match=r"shape \(4, 8\); PyTorch's is \(outputs, inputs\), here \(8, 4\)"):
        Sequential([Dense(8, input_shape=(4,))]).load_weights(path)
    path = torch_file(tmp_path / "n.safetensors", {"fc1.weight": numbers(8, 5), "fc1.bias": numbers(8)})
    with pytest.raises(SavedModelError) as error:
        Sequential([Dense(8, input_shape=(4,))]).load_weights(path)
    assert "PyTorch's is" not in str(error.value)
