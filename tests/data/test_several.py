"""nbnet.Data, its specification and its files with several inputs and targets."""

import json

import numpy as np
import pytest

from nbnet.data import Data, InputSpec, read_inputs, read_labelled, split
from nbnet.errors import DataError, SavedModelError
from nbnet.preprocessing import Impute, PerInput, Rescale, Standardize, Table, Tabular

RNG = np.random.default_rng(0)


def inputs(count):
    """Two inputs by name."""
    return {"user": np.arange(count), "pixels": RNG.normal(5, 2, (count, 2, 3)).astype("float32")}


def targets(count):
    """Two targets by name."""
    return {"kind": np.arange(count) % 3, "size": np.arange(count)[:, None] / 10}


def test_several_inputs_and_targets():
    train, test = (inputs(9), targets(9)), (inputs(4), targets(4))
    data = Data(train, test=test, class_names={"kind": ["a", "b", "c"]})
    for given, made in zip((*train, *test), (*data.train, *data.test), strict=True):
        assert list(made) == list(given)
        for name, array in given.items():
            np.testing.assert_array_equal(made[name], array)
    assert data.input_shape == {"user": (), "pixels": (2, 3)}
    assert data.class_names == {"kind": ("a", "b", "c")}
    assert repr(data).splitlines() == [
        "Data: kind 3 classes (a, b, c)",
        "  train      9 samples  x user () int64, pixels (2, 3) float32  y kind () int64, size (1,) float64",
        "  test       4 samples  x user () int64, pixels (2, 3) float32  y kind () int64, size (1,) float64",
    ]


@pytest.mark.parametrize("kind", [tuple, list])
def test_inputs_in_order(kind):
    x = kind(inputs(9).values())
    data = Data((x, np.zeros(9)), preprocess={"input_2": Rescale(2.0)})
    assert isinstance(data.train[0], tuple)
    np.testing.assert_array_equal(data.train[0][0], x[0])
    np.testing.assert_allclose(data.train[0][1], x[1] * 2, rtol=1e-6)
    assert data.input_shape == [(), (2, 3)]
    assert data.input_spec.ordered
    assert "x input_1 () int64, input_2 (2, 3) float32" in repr(data)


@pytest.mark.parametrize("kind", [tuple, list])
def test_a_list_of_samples_is_one_input(kind):
    images = kind(RNG.normal(0, 1, (5, 3, 2)))
    assert Data((images, kind([0, 1, 0, 1, 0]))).train[0].shape == (5, 3, 2)
    assert Data((kind([(1, 2), (3, 4)]), kind([0.5, 1.0]))).train[1].tolist() == [0.5, 1.0]
    assert split(kind([(1, 2), (3, 4), (5, 6)]), kind([0, 1, 0]), 0, 0.3)[0][0].shape == (2, 2)


def test_a_list_that_may_be_either_is_refused():
    with pytest.raises(DataError, match="a list of 2 arrays of 2 items, which may be 2 inputs or 2 samples"):
        Data(([np.zeros(2), np.zeros(2)], [0, 1]))


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        (
            {"a": np.zeros(4), "b": np.zeros(3)},
            np.zeros(4),
            "each array of train; received x of 'a' 4, x of 'b' 3, y 4",
        ),
        ((np.zeros(4), np.zeros(3)), np.zeros(4), "received x of 'input_1' 4, x of 'input_2' 3, y 4"),
        (np.zeros(4), {"a": np.zeros(4), "b": np.zeros(3)}, "received x 4, y of 'a' 4, y of 'b' 3"),
        ({"a": np.full(4, np.nan)}, np.zeros(4), "train x of 'a': expected finite numbers"),
        ({"a": np.zeros(4)}, {"b": ["x"] * 4}, "train y of 'b': expected numbers"),
        ({}, np.zeros(4), "train x with arrays by name"),
        ({1: np.zeros(4)}, np.zeros(4), r"train x with arrays by name; received the names \[1\]"),
        (np.zeros(4), {"": np.zeros(4)}, "train y with arrays by name"),
        (np.zeros((4, 2)), [np.zeros(4), np.ones(4)], "Several targets are given in a dict by the names"),
    ],
)
def test_unusable_arrays_are_named(x, y, words):
    with pytest.raises(DataError, match=words):
        Data((x, y))


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        (
            {"user": np.arange(4)},
            targets(4),
            "validation x with the arrays user, pixels, as in train; received the arrays",
        ),
        (np.zeros((4, 2)), targets(4), "validation x with the arrays user, pixels, as in train; received one array"),
        (
            {**inputs(4), "pixels": np.zeros((4, 3, 2))},
            targets(4),
            r"validation x of 'pixels' with samples of shape \(2,",
        ),
        (inputs(4), {**targets(4), "size": np.zeros(4)}, r"validation y of 'size' with samples of shape \(1,\)"),
        (inputs(4), np.zeros(4), "validation y with the arrays kind, size, as in train; received one array"),
    ],
)
def test_splits_must_be_alike(x, y, words):
    with pytest.raises(DataError, match=words):
        Data((inputs(9), targets(9)), validation=(x, y))


def test_each_input_has_its_preprocessing():
    train, test = inputs(50), inputs(20)
    data = Data((train, np.zeros(50)), test=(test, np.zeros(20)), preprocess={"pixels": [Rescale(10), Standardize()]})
    assert isinstance(data.preprocess, PerInput)
    np.testing.assert_array_equal(data.train[0]["user"], train["user"])
    mean, std = train["pixels"].mean((0, 1)), train["pixels"].std((0, 1))
    np.testing.assert_allclose(data.test[0]["pixels"], (test["pixels"] - mean) / std, rtol=1e-3, atol=1e-4)
    assert data.input_spec.inputs["pixels"].maximum == train["pixels"].max()
    assert "preprocess {pixels: Pipeline([Rescale" in repr(data)


def test_only_an_input_with_a_step_for_it_may_have_gaps():
    x = {"a": np.array([1.0, np.nan, 3.0]), "b": np.zeros(3)}
    found = Data((x, np.zeros(3)), preprocess={"a": Impute("mean")}).train[0]
    np.testing.assert_allclose(found["a"], [1, 2, 3])
    with pytest.raises(DataError, match="train x of 'b': expected finite numbers"):
        Data(({**x, "b": x["a"]}, np.zeros(3)), preprocess={"a": Impute("mean")})


def test_a_table_among_the_inputs():
    table = Table({"city": ["Rome", "Oslo", "Rome"], "age": [1, None, 3]})
    x = {"person": table, "item": np.arange(3)}
    data = Data((x, np.zeros(3)), preprocess={"person": Tabular()})
    assert data.train[0]["person"].shape == (3, 3)
    with pytest.raises(DataError, match=r"preprocess=\{'person': Tabular\(\)\}.* no step for x of 'person'"):
        Data((x, np.zeros(3)), preprocess={"item": Rescale(0.5)})


@pytest.mark.parametrize(
    ("preprocess", "words"),
    [
        (Standardize(), r"has the inputs user, pixels; preprocess=Standardize.* preprocess=\{'user': \.\.\.\}"),
        ([Rescale(0.5)], "does not say which of them"),
        (abs, "does not say which of them"),
        (Tabular(), r"one table are given as nbnet.preprocessing.Table\(x\)"),
        ({"usr": Rescale(0.5)}, "has a step for the input 'usr'; the inputs are user, pixels"),
        ({"user": Rescale}, r"Write Rescale\(\) with parentheses"),
        ({"pixels": lambda x: x[:2]}, "made 2 of 9 in train x of 'pixels'"),
    ],
)
def test_preprocessing_that_does_not_fit(preprocess, words):
    with pytest.raises(DataError, match=words):
        Data((inputs(9), np.zeros(9)), preprocess=preprocess)


def test_steps_by_name_are_for_several_inputs():
    with pytest.raises(DataError, match="Data has one input"):
        Data((np.zeros((4, 2)), np.zeros(4)), preprocess={"x": Rescale(0.5)})
    assert Data((inputs(9), np.zeros(9)), preprocess={}).preprocess is None


@pytest.mark.parametrize(
    ("y", "names", "words"),
    [
        (targets(9), ["a", "b", "c"], "class_names as a dict by output"),
        (np.zeros(9, int), {"kind": ["a"]}, "class_names as a sequence of names"),
        (targets(9), {"sort": ["a"]}, "class_names has the output 'sort'; train y has kind, size"),
        (targets(9), {"kind": ["a", "b"]}, "for 2 class_names of 'kind'; train y of 'kind' has 2 at sample 2"),
        (targets(9), {"kind": "abc"}, "class_names of 'kind' as a sequence"),
    ],
)
def test_class_names_by_output(y, names, words):
    with pytest.raises(DataError, match=words):
        Data((inputs(9), y), class_names=names)


def test_split_cuts_all_arrays_alike():
    x, y = {"a": np.arange(40), "b": np.arange(40.0)[:, None] * 2}, {"c": np.arange(40) * 3}
    parts = split(x, y, 0.25, 0.25, seed=3)
    assert [len(part[0]["a"]) for part in parts] == [20, 10, 10]
    assert sorted(np.concatenate([part[0]["a"] for part in parts]).tolist()) == list(range(40))
    for given, labels in parts:
        np.testing.assert_array_equal(given["b"][:, 0], given["a"] * 2)
        np.testing.assert_array_equal(labels["c"], given["a"] * 3)
    np.testing.assert_array_equal(parts[0][0]["a"], split(x["a"], y["c"], 0.25, 0.25, seed=3, stratify=False)[0][0])
    with pytest.raises(DataError, match="received 40 and 40 and 39"):
        split(x, {"c": np.zeros(39)})
    with pytest.raises(DataError, match="received the targets c"):
        split(x, y, stratify=True)


def test_the_specification_survives_json():
    for x in (inputs(4), tuple(inputs(4).values()), {"t": Table({"a": [1, 2, 3, 4]})}):
        spec = InputSpec.of(x)
        assert InputSpec.from_config(json.loads(json.dumps(spec.get_config()))) == spec
    assert spec.inputs["t"].table.columns == (("a", "number"),)


@pytest.mark.parametrize(
    "changed",
    [
        {"inputs": None}, {"inputs": {}}, {"inputs": []}, {"inputs": {"a": 3}}, {"ordered": None}, {"ordered": 1},
        {"inputs": {"a": {"shape": "x"}}}, {"inputs": {str(number): {} for number in range(1001)}},
    ],
)  # fmt: skip
def test_malformed_specifications_are_refused(changed):
    config = {**InputSpec.of(inputs(4)).get_config(), **changed}
    with pytest.raises(SavedModelError, match="saved input specification"):
        InputSpec.from_config(config)


def test_specifications_are_not_nested():
    inner = InputSpec.of(inputs(4)).get_config()
    with pytest.raises(SavedModelError, match="has the inputs"):
        InputSpec.from_config({"dtype": "inputs", "inputs": {"a": inner}, "ordered": False})


def test_archives_of_splits(tmp_path):
    arrays = {}
    for name, count in (("train", 9), ("val", 4), ("test", 3)):
        for letter, nest in (("x", inputs(count)), ("y", targets(count))):
            arrays |= {f"{letter}_{name}_{key}": array for key, array in nest.items()}
    np.savez(tmp_path / "a.npz", **arrays, class_names_kind=np.array(["a", "b", "c"]))
    data = Data.from_npz(tmp_path / "a.npz", {"pixels": Rescale(2.0)})
    assert [len(y["kind"]) for _, y in data.splits.values()] == [9, 4, 3]
    np.testing.assert_allclose(data.validation[0]["pixels"], arrays["x_val_pixels"] * 2, rtol=1e-6)
    assert data.class_names == {"kind": ("a", "b", "c")}
    del arrays["y_test_size"]
    np.savez(tmp_path / "b.npz", **arrays)
    with pytest.raises(DataError, match="has x_test_user but not y_test_size"):
        Data.from_npz(tmp_path / "b.npz")


def test_an_archive_without_splits(tmp_path):
    np.savez(tmp_path / "a.npz", x_user=np.arange(4), x_item=np.arange(4) * 2, y=np.zeros(4), x_test_note=np.zeros(2))
    data = Data.from_npz(tmp_path / "a.npz")
    assert list(data.splits) == ["train"]
    assert data.train[0]["item"].tolist() == [0, 2, 4, 6]
    assert list(data.train[0]) == ["user", "item"]


@pytest.fixture
def spec():
    return InputSpec.of({"user": np.arange(4), "weight": np.arange(4, dtype="float32")})


def test_inputs_in_archives_and_columns(tmp_path, spec):
    np.savez(tmp_path / "a.npz", weight=[0.5, 1.5], user=[3, 4], more=np.zeros(9))
    np.savez(tmp_path / "b.npz", x_weight=np.float32(2.5), x_user=np.int64(5))
    (tmp_path / "c.csv").write_text("name,weight,user\nanna,0.1,6\nbert,4,7\n")
    names, x = read_inputs([tmp_path / name for name in ("a.npz", "b.npz", "c.csv")], spec)
    assert names == [f"{tmp_path}/{place}" for place in ("a.npz[0]", "a.npz[1]", "b.npz[0]", "c.csv[0]", "c.csv[1]")]
    assert x["user"].tolist() == [3, 4, 5, 6, 7]
    assert x["user"].dtype == np.int64
    np.testing.assert_array_equal(x["weight"], np.array([0.5, 1.5, 2.5, 0.1, 4], "float32"))
    assert x["weight"].dtype == np.float32
    again = read_inputs([tmp_path / "a.npz"], spec, names=["weight", "user"]).x  # the order of the model is another one
    assert again["user"].tolist() == [3, 4]


def test_columns_of_a_table_and_of_numbers(tmp_path):
    spec = InputSpec.of({"person": Table({"age": [1, 2], "city": ["a", "b"]}), "item": np.arange(2)[:, None]})
    (tmp_path / "a.csv").write_text("item,city,age\n3,a,\n4,b,7\n")
    _, x = read_inputs([tmp_path / "a.csv", tmp_path / "a.csv"], spec)
    assert x["item"].tolist() == [[3], [4], [3], [4]]
    assert x["person"].columns["city"].tolist() == ["a", "b", "a", "b"]
    np.savez(tmp_path / "a.npz", item=[3])
    with pytest.raises(DataError, match=r"'person' is a table, which an archive does not hold; give a .csv file"):
        read_inputs([tmp_path / "a.npz"], spec)


def test_inputs_without_names_have_those_of_the_model(tmp_path):
    spec = InputSpec.of((np.arange(4), np.array([1.0, np.nan, 0, 0])))
    (tmp_path / "a.csv").write_text("weight,user\n,3\n")
    _, x = read_inputs([tmp_path / "a.csv"], spec, missing=frozenset({"input_2"}), names=["user", "weight"])
    assert isinstance(x, tuple)
    assert x[0].tolist() == [3]
    assert np.isnan(x[1]).all()
    (tmp_path / "b.csv").write_text("input_1,input_2\n3,0\n")
    assert read_inputs([tmp_path / "b.csv"], spec).x[1].tolist() == [0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("user\n1\n", "has no column 'weight'"),
        ("user,weight\n1,\n", "input 'weight': expected finite numbers; received NaN"),
        (
            "user,weight\n1,2\n1.5,2\n",
            r"input 'user': expected numbers that int64 holds.* received \[1.5\] in sample 1",
        ),
        ("user,weight\nanna,2\n", "expected a number in the column 'user'; received 'anna'"),
    ],
)
def test_unusable_columns(tmp_path, spec, text, words):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(DataError, match=words):
        read_inputs([tmp_path / "a.csv"], spec)


def test_unusable_files(tmp_path, spec):
    for name, arrays in (("a", {"user": [1]}), ("b", {"user": [1, 2], "weight": [1.0]}), ("c", {"user": [[1]]})):
        np.savez(tmp_path / f"{name}.npz", **arrays)
    np.save(tmp_path / "d.npy", np.zeros(3))
    for name, words in (
        ("a.npz", "it lacks weight and has user"),
        ("b.npz", "as many samples in each input; received user 2, weight 1"),
        ("c.npz", "it lacks weight"),
        ("d.npy", r"the inputs user, weight; expected an .npz archive"),
    ):
        with pytest.raises(DataError, match=words):
            read_inputs([tmp_path / name], spec)
    with pytest.raises(DataError, match=r"expected an \.npz archive"):
        read_inputs([tmp_path], spec)
    with pytest.raises(DataError, match="at least one input file"):
        read_inputs([], spec)
    np.savez(tmp_path / "e.npz", user=[[1, 2]], weight=[1.0])
    with pytest.raises(
        DataError, match=r"e.npz', input 'user': expected samples of shape \(\), that is an array \(N,\)"
    ):
        read_inputs([tmp_path / "e.npz"], spec)
    (tmp_path / "f.csv").write_text("user,weight\n1,2\n")
    with pytest.raises(DataError, match=r"'pixels' has samples of shape \(2, 3\), which are more than the number"):
        read_inputs([tmp_path / "f.csv"], InputSpec.of(inputs(4)))


def test_labelled_samples(tmp_path, spec):
    arrays = {"x_user": np.arange(3), "x_weight": np.ones(3), "y_kind": np.arange(3)}
    np.savez(tmp_path / "a.npz", **arrays, x_test_user=np.arange(2), x_test_weight=np.ones(2), y_test_kind=np.arange(2))
    x, y = read_labelled(tmp_path / "a.npz", None, spec, outputs=["kind", "size"])
    assert (len(x["user"]), list(y), len(y["kind"])) == (2, ["kind"], 2)
    np.savez(tmp_path / "b.npz", **{**arrays, "y_kind": np.arange(4)})
    with pytest.raises(DataError, match="expected as many inputs as labels; received 3 and 3 and 4"):
        read_labelled(tmp_path / "b.npz", None, spec, outputs=["kind", "size"])
    with pytest.raises(
        DataError, match="has no train samples: expected the arrays x_train_user, x_train_weight and y_tr"
    ):
        read_labelled(tmp_path / "b.npz", "train", spec)
    with pytest.raises(
        DataError, match=r"arrays x_user, x_weight and y, or x_test_user, .* numpy.savez\(path, x_user="
    ):
        read_labelled(tmp_path / "b.npz", None, spec)
    np.savez(tmp_path / "d.npz", x_user=np.arange(3), x_weight=np.ones(3))
    with pytest.raises(DataError, match="arrays x_user, x_weight, y_kind and y_size, or"):
        read_labelled(tmp_path / "d.npz", None, spec, outputs=["kind", "size"])
    with pytest.raises(DataError, match="with arrays x_<input> and y_<output>"):
        read_labelled(tmp_path / "b.csv", None, spec)
    np.savez(tmp_path / "c.npz", x=np.ones((3, 2)), y_kind=np.arange(3))
    x, y = read_labelled(tmp_path / "c.npz", outputs=["kind"])
    assert (x.shape, y["kind"].tolist()) == ((3, 2), [0, 1, 2])
