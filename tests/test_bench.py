"""scripts/bench.py: what it says of given numbers, that its arithmetic is right, and that it runs."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))

from benchmarks import (
    cnn,
    cnn_memory,
    conv,
    dense,
    elementary,
    loop,
    machine,
    memory,
    predict,
    processes,
    serial,
    start,
    tables,
    timing,
    tiny,
    wide,
)
from benchmarks.images import ImageNetwork, layouts
from benchmarks.network import Network
from benchmarks.processes import ROOT

SETTINGS = processes.Settings(threads=2, rounds=2)


def runs(**times):
    """Two processes a framework; `times` are theirs of the first, the second's are as long."""
    return {name: [{"version": "1", "gflops": 100.0, "times": given}] * 2 for name, given in times.items()}


def cell(table, row, column):
    """A cell by the numbers of its row and the beginning of its column's name."""
    return table.rows[row][next(at for at, name in enumerate(table.columns) if name.startswith(column))]


def test_a_summary_is_median_minimum_and_percentiles():
    found = timing.summarize([11.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0])
    assert found == timing.Summary(6.0, 1.0, 2.0, 10.0, 11)
    assert found.text() == "6 (1, 2-10)"
    assert found.text(0.001, ".3f") == "0.006 (0.001, 0.002-0.010)"


def test_measure_warms_up_and_keeps_to_the_least_number():
    calls = []
    assert len(timing.measure(lambda: calls.append(1), 0.0, least=4, warm=3)) == 4
    assert len(calls) == 7


def test_verdicts():
    assert tables.at_least(4.0, 4.0) == "met"
    assert tables.at_least(3.0, 4.0) == "missed by 25%"
    assert tables.at_most(20.0, 20.0) == "met"
    assert tables.at_most(25.0, 20.0) == "missed by 25%"
    assert tables.all_of([("a", "met"), ("b", "met")]) == "met"
    assert tables.all_of([("a", "met"), ("b", "missed by 3%")]) == "b missed by 3%"


def test_a_table_is_aligned_and_valid_markdown():
    table = tables.Table("T", ["a", "long name"], [["1", "2"], ["wider", "3"]], ["a note"])
    assert table.text() == "T\n    a  long name\n----------------\n    1          2\nwider          3\n\na note"
    shown = table.text(markdown=True).splitlines()
    assert shown[0] == "**T**"
    assert shown[3] == "| ----: | --------: |"
    assert {line.count("|") for line in shown[2:6]} == {3}


def test_flops_count_every_matrix_product():
    # by inputs only from the second layer on
    assert Network((4, 8, 2)).flops(3) == 2 * 3 * (2 * 4 * 8 + 3 * 8 * 2)


def test_dense_compares_medians_with_each_peer():
    given = {case.key: [100.0] * 9 + [50.0] for case in dense.CASES}
    slower = {key: [value * 4.5 for value in values] for key, values in given.items()}
    table = dense.table(runs(nbnet=given, torch=slower, jax={**given, "1": [900.0]}), SETTINGS)
    assert [row[-1] for row in table.rows] == [
        "PyTorch missed by 44%", "met", "met", "met", "PyTorch missed by 10%", "met", "met",
    ]  # fmt: skip
    assert cell(table, 1, "x PyTorch") == "4.50 (4.50)"
    assert cell(table, 0, "x JAX") == "9.00 (18.00)"
    assert cell(table, 0, "x best") == "4.50"
    assert cell(table, 1, "x best") == "1.00"
    assert table.data[1]["limit_us"] == pytest.approx(Network().flops(32) / 100e3)
    assert table.data[1]["nbnet"]["minimum"] == 50.0


def test_dense_without_peers_has_no_verdict():
    table = dense.table(runs(nbnet={case.key: [100.0] for case in dense.CASES}), SETTINGS)
    assert {row[-1] for row in table.rows} == {"not all peers ran"}


def test_predict_judges_every_way_against_onnxruntime():
    nbnet = {"1 quick": [5.0], "1 slow": [20.0]}
    table = predict.table(runs(nbnet=nbnet, onnxruntime={"1 run": [10.0]}, torch={"1 eager": [4.0]}), predict.CASES[0])
    assert [row[-1] for row in table.rows] == ["met", "missed by 50%", "", ""]
    assert cell(table, 0, "x best") == "0.80"
    assert cell(table, 0, "samples") == "200,000"
    alone = predict.table(runs(nbnet=nbnet), predict.CASES[0])
    assert alone.rows[0][-1] == "ONNX Runtime did not run"


def test_predict_of_an_image_allows_a_tenth_more():
    nbnet = {"1 dense": [90.0], "image a": [10.9], "image b": [13.75]}
    table = predict.table(runs(nbnet=nbnet, onnxruntime={"image run": [10.0]}), predict.CASES[2])
    assert [row[-1] for row in table.rows] == ["met", "missed by 20%", ""]
    assert table.data[0]["times_the_limit"] == pytest.approx(10.9 / (ImageNetwork().forward_flops(1) / 100e3))


def test_flops_of_images_count_every_product_but_the_gradient_by_the_images():
    network = ImageNetwork((6, 6, 2), (("conv", 3), ("pool", 2), ("flatten", 0), ("dense", 5)))
    assert [part.outputs for part in network.parts] == [(4, 4, 3), (2, 2, 3), (12,), (5,)]
    first, last = 16 * 9 * 2 * 3, 12 * 5
    assert network.forward_flops(7) == 2 * 7 * (first + last)
    assert network.flops(7) == 2 * 7 * (2 * first + 3 * last)
    x, y = network.data(4)
    assert x.shape == (4, 6, 6, 2)
    assert y.max() < 5


def test_weights_of_both_orders_are_one_network(rng):
    network = ImageNetwork((5, 4, 2), (("conv", 3), ("flatten", 0), ("dense", 7), ("dense", 5)))
    x = rng.standard_normal((2, 5, 4, 2))

    def logits(channels_first):
        (kernel, _), *dense = network.weights(channels_first)
        y = np.zeros((2, 3, 3, 2))  # (samples, filters, height, width)
        for i in range(3):
            for j in range(3):
                tap = kernel[:, :, i, j].T if channels_first else kernel[i, j]
                y += np.einsum("nhwc,co->nohw", x[:, i : i + 3, j : j + 2], tap)
        y = (y if channels_first else y.transpose(0, 2, 3, 1)).reshape(2, -1)
        for matrix, _ in dense:
            y = y @ matrix
        return y

    np.testing.assert_allclose(logits(True), logits(False), rtol=1e-6)


def test_cnn_is_held_against_the_best_peer():
    given = {"32 ": [70.0] * 3, "128 ": [180.0] * 2 + [90.0]}
    peers = {"torch": {"32 default": [150.0], "32 channels_last": [100.0], "128 default": [300.0],
                       "128 channels_last": [250.0]}, "keras": {"32 ": [120.0], "128 ": [200.0]}}  # fmt: skip
    table = cnn.table(runs(nbnet=given, **peers), SETTINGS)
    assert [row[-1] for row in table.rows] == ["met", "missed by 6%"]
    assert cell(table, 0, "x best") == "0.70 (0.70) PyTorch channels_last"
    assert cell(table, 1, "x best") == "0.90 (0.45) Keras"
    assert table.data[0]["limit_us"] == pytest.approx(ImageNetwork().flops(32) / 100e3)
    assert table.data[1]["PyTorch"]["median"] == 300.0
    alone = cnn.table(runs(nbnet=given), SETTINGS)
    assert {row[-1] for row in alone.rows} == {"no peer ran"}


def test_cnn_memory_is_held_against_the_layout_that_grows_less():
    mib = 1 << 20
    nbnet = [{"grown": 90 * mib, "arena": 90 * mib}] * 3
    peers = {
        "torch": [{"grown": 150 * mib}],
        "torch channels_last": [{"grown": grown * mib} for grown in (99, 100, 400)],
    }
    table = cnn_memory.table({"nbnet": nbnet, **peers})
    assert [row[-1] for row in table.rows] == ["missed by 12%", "", ""]
    assert cell(table, 2, "growth") == "100"
    unknown = cnn_memory.table({"nbnet": [{"grown": None, "arena": mib}], "torch": [{"grown": None}]})
    assert unknown.rows[0][-1] == "no growth of PyTorch is known"


def test_conv_is_held_against_the_better_layout():
    keys = [f"{case.key}, {way}" for case in conv.CASES for way in conv.WAYS]
    nbnet = {f"{key} ": [100.0] for key in keys}
    peer = {
        f"{key} {layout}": [time] for key in keys for layout, time in (("default", 114.0), ("channels_last", 200.0))
    }
    table = conv.table(runs(nbnet=nbnet, torch=peer), SETTINGS)
    assert [row[-1] for row in table.rows] == ["met"] * 12 + ["missed by 5%"] * 6
    assert cell(table, 0, "x PyTorch") == "1.14 (1.14)"
    assert table.data[0]["gflops"] == pytest.approx(32 * 28 * 28 * 9 * 32 * 64 * 2 / 100e3)
    assert table.data[17]["flops"] == 32 * 28 * 28 * 9 * 128 * 2
    assert {row[-1] for row in conv.table(runs(nbnet=nbnet), SETTINGS).rows} == {"PyTorch did not run"}


@pytest.mark.parametrize("case", conv.CASES, ids=lambda case: case.key)
def test_the_shapes_of_convolutions_are_those_of_the_op(case):
    import nbnet

    small = dataclasses.replace(case, batch=1)
    x, w, dy = small.data()
    padding = ((case.padding, case.padding), (case.padding, case.padding))
    found = nbnet.ops.conv2d(x, w, case.stride, padding, groups=case.groups)
    assert found.shape == dy.shape


def test_layouts_are_those_of_the_module():
    assert layouts(object()) == {"": {}}
    assert layouts(type("M", (), {"LAYOUTS": {"a": 1, "b": 2}})) == {"a": {"layout": "a"}, "b": {"layout": "b"}}


def test_loop_subtracts_the_parts():
    rows = [{"fit": 150.0, "first": 160.0, "three": 460.0, "step": 100.0, "gather": 20.0, "added": 30.0}]
    slower = [{**rows[0], "fit": 135.0}]
    table = loop.table({"nbnet": [{"version": "1", "cases": {"32": rows, "128": slower}}]})
    assert [row[-1] for row in table.rows] == ["missed by 50%", "met"]
    assert cell(table, 0, "fit adds") == "30.0 (of minima 30.0)"


def test_wide_is_held_against_the_matrix_rate():
    flops = Network((2048,) * 5 + (10,)).flops(wide.BATCH)
    given = {"sgd": [1.1 * flops / 100e3], "adam": [1.38 * flops / 100e3]}
    table = wide.table(runs(nbnet=given), SETTINGS)
    assert [row[-1] for row in table.rows] == ["met", "missed by 20%"]


def test_tiny_is_held_against_its_arithmetic():
    table = tiny.table(runs(nbnet={"step": [30.0], "arithmetic": [5.0], "networks": [12.0]}))
    assert cell(table, 0, "overhead") == "25.0 (25.0)"
    assert table.rows[0][-1] == "missed by 25%"


def test_memory_adds_up_what_is_needed():
    need = {"arena": 3 << 20, "constants": 0, "slots": 1 << 20, "inputs": 1 << 20}

    def found(grown, making):
        return [{"grown": grown, "making": making, "need": need, "weights": 1 << 20}]

    cases = {"fits": found(5 << 20, 4 << 20), "unknown": found(None, None), "large": found(9 << 20, 1 << 20)}
    table = memory.table(cases)
    assert [row[-1] for row in table.rows] == ["met", "resident memory is not known on this system", "missed by 50%"]
    assert [cell(table, 0, name) for name in ("needed", "growth /", "while", "whole")] == ["5", "1.00", "4", "1.50"]


def test_start_judges_nbnet_alone():
    cases = {("nbnet", "cold"): 15.0, ("nbnet", "warm"): 1.0, ("torch", "warm"): 2.5}
    table = start.table({case: timing.summarize([seconds]) for case, seconds in cases.items()})
    assert [row[-1] for row in table.rows] == ["missed by 25%", "met", ""]
    assert cell(table, 2, "x nbnet") == "2.50"


def test_elementary_judges_time_and_error():
    errors = {name: {"ulp": 1.0, "allowed": 0.5} for name in elementary.FUNCTIONS}
    bad = {**errors, "log": {"ulp": 3.0, "allowed": 1.5}}

    def found(error, **times):
        given = {f"{name} {way}": [100.0] for name in elementary.FUNCTIONS for way in ("kept", "returned")}
        return [{"version": "1", "errors": error, "times": {**given, "copy": [50.0], **times}}]

    table = elementary.table({"nbnet": found(bad, **{"exp kept": [300.0]}), "torch": found(errors)})
    verdicts = dict(zip(elementary.FUNCTIONS, (row[-1] for row in table.rows), strict=True))
    assert verdicts == dict.fromkeys(elementary.FUNCTIONS, "met") | {
        "exp": "time missed by 100%", "log": "error missed by 50%",
    }  # fmt: skip
    assert cell(table, 0, "/ copy") == "6.00"


def test_errors_are_measured_in_ulp_and_of_what_is_allowed():
    exact = np.array([1.0, 100.0, 1e-30, 1e300])
    got = exact[:3].astype("float32")
    right = elementary.errors(exact, np.append(got, np.float32(np.inf)), exact)
    assert right["allowed"] <= 0.25  # rounding alone: half an ulp of two
    assert right["out_of_bounds"] == 0

    off = got + np.array([0, 3 * np.spacing(np.float32(100)), 1e-30], "float32")
    wrong = elementary.errors(exact, np.append(off, np.float32(np.inf)), exact)
    assert wrong["allowed"] == pytest.approx(1.5)  # the last is many ulp off, and far within 2e-7
    assert wrong["worst_at"] == 100.0
    assert wrong["ulp"] > 1e6
    assert wrong["out_of_bounds"] == 0.25

    for bad in (np.nan, 3e38):  # where infinity is right
        found = elementary.errors(exact, np.append(got, np.float32(bad)), exact)
        assert found["allowed"] == 1e9
        assert found["worst_at"] == 1e300
        json.dumps(found, allow_nan=False)


@pytest.mark.parametrize("name", elementary.FUNCTIONS)
def test_references_are_the_functions(name):
    import math

    formulas = {
        "exp": math.exp, "log": math.log, "tanh": math.tanh, "erf": math.erf,
        "sigmoid": lambda x: 1 / (1 + math.exp(-x)), "gelu": lambda x: x * (1 + math.erf(x / math.sqrt(2))) / 2,
    }  # fmt: skip
    points = np.linspace(0.1, 3.0, 30) if name == "log" else np.linspace(-3.0, 3.0, 30)
    expected = [formulas[name](float(x)) for x in points]
    np.testing.assert_allclose(elementary.reference(name)(points), expected, rtol=1e-12, atol=1e-15)
    drawn = elementary.sample(name, 1000)
    assert np.isfinite(drawn).all()
    assert name != "log" or (drawn > 0).all()


def test_the_serial_arithmetic_is_a_training_step(rng):
    x, y = rng.standard_normal((5, 4), dtype="float32"), rng.standard_normal((5, 1), dtype="float32")
    weights = [rng.standard_normal(shape, dtype="float32") for shape in ((4, 8), (8,), (8,), (1,))]
    expected, slots = [array.astype("float64") for array in weights], [(0.0, 0.0)] * 4
    for count in range(1, 4):
        w1, b1, w2, b2 = expected
        hidden = np.maximum(x @ w1 + b1, 0)
        slope = 2 * (hidden @ w2 + b2 - y[:, 0]) / len(x)
        back = np.outer(slope, w2) * (hidden > 0)
        for index, grad in enumerate((x.T @ back, back.sum(0), hidden.T @ slope, slope.sum(keepdims=True))):
            first, second = 0.9 * slots[index][0] + 0.1 * grad, 0.999 * slots[index][1] + 0.001 * grad**2
            slots[index] = first, second
            rate = 1e-3 * np.sqrt(1 - 0.999**count) / (1 - 0.9**count)
            expected[index] = expected[index] - rate * first / (np.sqrt(second) + 1e-7)
    grads, first, second = (np.zeros(49, "float32") for _ in range(3))
    serial._steps.py_func(x, y, *weights, grads, first, second, np.zeros(8, "float32"), 3)
    for got, wanted in zip(weights, expected, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-4, atol=1e-6)


def test_a_missing_peer_is_named_once(monkeypatch, capsys):
    monkeypatch.setitem(processes.NEEDS, "torch", ("no_such_module",))
    monkeypatch.setattr(processes, "_left_out", set())
    assert processes.present(("nbnet", "torch"), SETTINGS) == ["nbnet"]
    assert processes.present(("nbnet", "torch"), SETTINGS) == ["nbnet"]
    assert capsys.readouterr().err == "bench: PyTorch is left out: no_such_module is not installed\n"


def test_peers_that_are_not_wanted_are_not_looked_for():
    assert processes.present(("nbnet", "torch", "jax"), processes.Settings(2, frameworks=())) == ["nbnet"]


def test_every_framework_is_held_to_the_threads():
    variables = processes.environment(3)
    assert {variables[name] for name in ("OMP_NUM_THREADS", "NBNET_NUM_THREADS", "NPROC")} == {"3"}


def bench(*arguments):
    """Run the script with as few peers as it may have."""
    command = [sys.executable, str(ROOT / "scripts" / "bench.py"), *arguments, "--peers", ""]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, capture_output=True, text=True, env=environment)


def test_it_runs():
    done = bench("dense", "--quick", "--json", "--threads", "1")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["machine"]["threads"] == 1
    assert found["command"].startswith("scripts/bench.py dense --quick")
    rows = found["tables"][0]["rows"]
    assert [(row["batch"], row["batch_normalization"]) for row in rows] == [(1, False), (32, True)]
    assert all(0 < row["nbnet"]["minimum"] <= row["nbnet"]["median"] for row in rows)


def test_images_run():
    done = bench("conv", "--quick", "--json")
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)["tables"][0]["rows"]
    assert [row["what"] for row in rows] == list(conv.WAYS)
    assert all(row["nbnet"]["minimum"] > 0 for row in rows)

    done = bench("cnn", "--quick", "--json")
    assert done.returncode == 0, done.stderr
    steps, memory = (table["rows"] for table in json.loads(done.stdout)["tables"])
    assert [row["batch"] for row in steps] == [32]
    assert steps[0]["nbnet"]["minimum"] > 0
    assert [row["framework"] for row in memory] == ["nbnet"]
    # the activations of the first convolution alone
    assert memory[0]["arena"] > 128 * 30 * 30 * 32 * 4


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="the system does not forget its peak")
def test_a_peak_counts_memory_that_was_given_back():
    assert machine.forget_peak()
    before = machine.peak_bytes()
    held = np.ones(4 << 20)
    del held
    assert machine.peak_bytes() - before > 24 << 20


def test_it_refuses_what_it_does_not_know():
    done = bench("dense", "--rounds", "0")
    assert done.returncode == 2
    assert "at least 1" in done.stderr
