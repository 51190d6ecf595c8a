"""``nbnet train``: the run folder, overrides, and what a user sees."""

from __future__ import annotations

import csv
import json
import os
import resource
import signal
import time

import numpy as np
import pytest

import nbnet


def result_of(folder, name="small-1"):
    return json.loads((folder / "runs" / name / "result.json").read_text())


def config_of(folder, name="small-1"):
    return json.loads((folder / "runs" / name / "config.json").read_text())


def test_a_run_folder_holds_everything(run, write, folder):
    path = write()
    ended = run("train", path, "--epochs", 3, "--seed", 7, "--set", "hidden=12", "--lr", "0.02")
    assert ended.exit_code == 0, ended.stderr
    here = folder / "runs" / "small-1"
    assert {item.name for item in here.iterdir()} == {
        "best.nbnet", "last.nbnet", "config.json", "metrics.csv", "model.py", "result.json", "curves.png",
        "confusion.png",
    }  # fmt: skip
    assert (here / "model.py").read_text() == path.read_text()
    with (here / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    assert set(rows[0]) == {"epoch", "loss", "accuracy", "val_loss", "val_accuracy", "seconds"}
    result = result_of(folder)
    assert result["epochs"] == 3
    assert result["interrupted"] is False
    best = min(rows, key=lambda row: float(row["val_loss"]))
    assert result["best_epoch"] == int(best["epoch"])
    assert result["validation"]["loss"] == pytest.approx(float(best["val_loss"]), rel=1e-6)
    config = config_of(folder)
    assert config["hyperparameters"] == {"hidden": 12, "activation": "relu", "rate": 0.01}
    assert config["fit"] == {"epochs": 3, "batch_size": 64}
    assert (config["seed"], config["device"], config["optimizer"]["learning_rate"]) == (7, "cpu", 0.02)
    assert config["parameters"] == 64 * 12 + 12 + 12 * 10 + 10
    assert config["versions"]["nbnet"] == nbnet.__version__


def test_the_test_result_is_that_of_the_best_weights(run, write, folder):
    # What is learned is the opposite of what is validated, so the first epoch is the best.
    write(
        text="""
        import numpy as np, nbnet
        x = np.linspace(-1, 1, 64).reshape(-1, 1)
        data = nbnet.Data((x, 3 * x), (x, -3 * x), (x, 2 * x))
        model = nbnet.Sequential([nbnet.layers.Dense(1, input_shape=(1,))])
        model.compile("sgd", "mse")
    """
    )
    assert run("train", "small.py", "--quiet", "--epochs", 3).exit_code == 0
    result = result_of(folder)
    assert result["best_epoch"] == 1
    x = np.linspace(-1, 1, 64).reshape(-1, 1)
    here = folder / "runs" / "small-1"
    best, last = (nbnet.load(here / f"{name}.nbnet").evaluate(x, 2 * x) for name in ("best", "last"))
    assert result["test"]["loss"] == pytest.approx(best)
    assert abs(best - last) > 1e-3
    assert result["validation"]["loss"] == pytest.approx(nbnet.load(here / "best.nbnet").evaluate(x, -3 * x))


def test_what_is_shown(run, write):
    ended = run("train", write())
    lines = ended.stdout.splitlines()
    assert lines[0] == "Training small, 610 parameters"
    assert any(line.startswith("Epoch 2/2  loss ") and "samples/s" in line for line in lines)
    assert any(line.startswith("Test ") and "accuracy" in line for line in lines)
    assert lines[-1] == f"Run folder: {os.path.join('runs', 'small-1')}{os.sep}"


def test_quiet_and_json(run, write, folder):
    quiet = run("train", write(), "--quiet", "--epochs", 1)
    assert (quiet.stdout, quiet.stderr) == ("", "")
    shown = json.loads(run("train", write(), "--json", "--epochs", 1).stdout)
    assert shown["folder"] == os.path.join("runs", "small-2")
    assert shown["test"] == result_of(folder, "small-2")["test"]


def test_runs_are_numbered(run, write, folder):
    (folder / "out" / "small-9").mkdir(parents=True)
    (folder / "out" / "small-x").mkdir()
    for _ in range(2):
        assert run("train", write(), "--quiet", "--epochs", 1, "--out", "out").exit_code == 0
    assert {item.name for item in (folder / "out").iterdir()} == {"small-9", "small-10", "small-11", "small-x"}


def test_the_seed_decides(run, write, folder):
    for seed in (1, 1, 2):
        run("train", write(), "--quiet", "--epochs", 1, "--seed", seed)
    first, second, third = (
        nbnet.load(folder / "runs" / f"small-{number}" / "last.nbnet").get_weights() for number in (1, 2, 3)
    )
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    assert not np.array_equal(first[0], third[0])


def test_the_number_of_threads_does_not_change_the_weights(run, write, folder):
    for threads in (1, 3):
        assert run("train", write(), "--quiet", "--epochs", 1, "--threads", threads).exit_code == 0
    one, three = ((folder / "runs" / f"small-{number}" / "last.nbnet").read_bytes() for number in (1, 2))
    assert one == three
    assert (config_of(folder)["threads"], config_of(folder, "small-2")["threads"]) == (1, 3)


def test_full_batch(run, write, folder):
    assert run("train", write(), "--quiet", "--batch-size", "full").exit_code == 0
    assert config_of(folder)["fit"]["batch_size"] == "full"
    assert nbnet.load(folder / "runs" / "small-1" / "last.nbnet").steps == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("--epochs", "0"),
        ("--epochs", "many"),
        ("--batch-size", "0"),
        ("--batch-size", "some"),
        ("--lr", "-1"),
        ("--lr", "nan"),
        ("--set", "hidden"),
        ("--set", "hiden=3"),
        ("--set", "hidden=2.5"),
        ("--seed", "-1"),
        ("--threads", "0"),
        ("--device", "cuda"),
        ("--data-dir", "not_there"),
        ("--plugin", "not_there.py"),
    ],
)
def test_wrong_settings_end_with_2_and_leave_nothing(run, write, folder, arguments):
    ended = run("train", write(), *arguments)
    assert ended.exit_code == 2
    assert ended.stderr
    assert not (folder / "runs").exists()


def test_an_unknown_hyperparameter_lists_close_ones(run, write):
    assert "has no hyperparameter 'hiden'. Did you mean 'hidden'?" in run("train", write(), "--set", "hiden=3").stderr


def test_a_model_without_validation_and_test(run, write, folder):
    write(
        text="""
        import numpy as np, nbnet
        x = np.linspace(0, 1, 32).reshape(-1, 1)
        data = (x, 3 * x)
        model = nbnet.Sequential([nbnet.layers.Dense(1)])
        model.compile("sgd", "mse")
    """
    )
    assert run("train", "small.py", "--epochs", 2).exit_code == 0
    assert (result_of(folder)["test"], result_of(folder)["validation"]) == (None, None)
    assert result_of(folder)["best_epoch"] == 2


def test_without_validation_the_last_weights_are_the_best(run, write, folder):
    # The training loss grows, so its lowest is that of the first epoch.
    write(
        text="""
        import numpy as np, nbnet
        x = np.ones((32, 1))
        data = (x, 3 * x)
        model = nbnet.Sequential([nbnet.layers.Dense(1, input_shape=(1,))])
        model.compile(nbnet.optimizers.SGD(1.5), "mse")
    """
    )
    ended = run("train", "small.py", "--epochs", 3)
    assert "best.nbnet holds the last weights" in ended.stdout
    assert "\n3 epochs in" in ended.stdout
    here = folder / "runs" / "small-1"
    losses = [float(row["loss"]) for row in csv.DictReader((here / "metrics.csv").read_text().splitlines())]
    assert losses == sorted(losses)
    assert (here / "best.nbnet").read_bytes() == (here / "last.nbnet").read_bytes()
    assert result_of(folder)["best_epoch"] == 3


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (("batch_size=64", 'batch_size="a"'), "batch_size expects an int"),
        (("epochs=2", 'epochs="a"'), "Error: fit expects epochs as a whole number of at least 0; received epochs='a'."),
    ],
)
def test_a_run_that_is_refused_before_its_first_step_leaves_no_folder(run, write, folder, changed, message):
    path = write()
    path.write_text(path.read_text().replace(*changed))
    ended = run("train", path, "--quiet")
    assert ended.exit_code == 1
    assert message in ended.stderr
    assert not list(folder.glob("runs/*"))


def test_what_a_model_file_prints_is_not_in_the_json(run, write):
    path = write(text="print('hello')\n" + write().read_text())
    ended = run("train", path, "--json", "--epochs", 1)
    assert json.loads(ended.stdout)["epochs"] == 1
    assert "hello" in ended.stderr
    assert json.loads(run("explain", path, "--json").stdout)
    assert json.loads(run("evaluate", "runs/small-1", "--data", path, "--json").stdout)["samples"] == 270


def test_a_name_without_its_ending(run, write):
    write()
    assert "Did you mean 'small.py'?" in run("train", "small").stderr


def test_null_bytes_in_a_model_file(run, folder):
    (folder / "bad.py").write_bytes(b"x = 1\0\n")
    ended = run("train", "bad.py")
    assert (ended.exit_code, ended.stderr.count("\n")) == (1, 1)
    assert "bad.py' is no Python text: it holds null bytes" in ended.stderr


def test_a_cache_that_cannot_be_written_is_said_once(start, write, folder):
    (folder / "file").write_text("")
    process = start(
        "train", write(), "--quiet", "--epochs", 1, environment={"NBNET_CACHE_DIR": str(folder / "file" / "cache")}
    )
    _, stderr = process.communicate(timeout=120)
    assert process.returncode == 0
    assert stderr.count("cannot be written") == len(stderr.splitlines()) == 1


def test_a_loss_that_is_not_finite_keeps_the_weights(run, write, folder):
    write(
        text="""
        import numpy as np, nbnet
        x = np.full((64, 3), 1e20, "float32")
        data = nbnet.Data((x, x[:, :1]))
        model = nbnet.Sequential([nbnet.layers.Dense(1, input_shape=(3,))])
        model.compile("sgd", "mse")
    """
    )
    ended = run("train", "small.py", "--batch-size", 8)
    assert ended.exit_code == 1
    assert "Error: Training stopped in epoch 1 of 1, batch 1 of 8." in ended.stderr
    weights = nbnet.load(folder / "runs" / "small-1" / "last.nbnet").get_weights()
    assert all(np.isfinite(item).all() for item in weights)
    result = result_of(folder)
    assert (result["test"], result["epochs"]) == (None, 0)
    assert result["failed"].startswith("Training stopped in epoch 1 of 1, batch 1 of 8.")


def test_a_run_that_ends_quietly_in_its_first_epoch(run, write, folder):
    write(
        text="""
        import numpy as np, nbnet
        x = np.ones((4, 1))
        data = nbnet.Data((x, 1e30 * x), (x, x), (x, x))
        model = nbnet.Sequential([nbnet.layers.Dense(1)])
        model.compile(nbnet.optimizers.SGD(0.1), "mse")
        fit = dict(epochs=2, callbacks="terminate_on_nan")
    """
    )
    ended = run("train", "small.py")
    assert ended.exit_code == 0, ended.stderr
    assert "Training ends here" in ended.stdout
    assert "(weights of an unfinished epoch)" in ended.stdout
    assert "No validation samples" not in ended.stdout
    assert json.loads(run("train", "small.py", "--json").stdout)["best_epoch"] is None


def test_samples_held_out_by_fit_are_validation_samples(run, write, folder):
    write(
        text="""
        import numpy as np, nbnet
        x = np.linspace(0, 1, 8).reshape(-1, 1)
        data = nbnet.Data((x, x))
        model = nbnet.Sequential([nbnet.layers.Dense(1)])
        model.compile("sgd", "mse")
        fit = dict(validation_split=0.25)
    """
    )
    shown = run("train", "small.py").stdout
    assert "Validation loss" in shown
    assert "No validation samples" not in shown


def test_numbers_that_are_not_finite_are_null(run, write, folder):
    write(
        text="""
        import numpy as np, nbnet
        x = np.ones((8, 1), "float32")
        data = nbnet.Data((x, x), test=(x, 1e30 * x))
        model = nbnet.Sequential([nbnet.layers.Dense(1, input_shape=(1,))])
        model.compile("sgd", "mse", ["mae"])
    """
    )

    def refuse(name):
        raise AssertionError(f"{name} is not JSON")

    ended = run("train", "small.py", "--json")
    assert ended.exit_code == 0, ended.stderr
    written = (folder / "runs" / "small-1" / "result.json").read_text()
    for text in (written, ended.stdout):
        test = json.loads(text, parse_constant=refuse)["test"]
        assert test["loss"] is None
        assert test["mae"] == pytest.approx(1e30)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_finishes_the_step_and_saves(start, write, folder, number, code):
    process = start("train", write(), "--epochs", 100000)
    metrics = folder / "runs" / "small-1" / "metrics.csv"
    end = time.monotonic() + 60
    while time.monotonic() < end and not (metrics.is_file() and len(metrics.read_text().splitlines()) > 2):
        time.sleep(0.05)
    process.send_signal(number)
    _, stderr = process.communicate(timeout=30)
    assert process.returncode == code, stderr
    assert "Interrupted after" in stderr
    assert "Traceback" not in stderr
    result = result_of(folder)
    assert result["interrupted"] is True
    assert result["test"] is None
    assert result["epochs"] >= 2
    assert nbnet.load(folder / "runs" / "small-1" / "last.nbnet").steps > 0
    assert not list((folder / "runs" / "small-1").glob("*.tmp"))


def test_a_full_disk_is_one_message_and_the_old_files_stay(start, write, folder):
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))

    process = start("train", write(), "--quiet", preexec_fn=limit)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "last.nbnet' could not be" in stderr or "could not be saved to" in stderr
    # The kernel cache may be on the full disk as well; it warns and goes on.
    assert len([line for line in stderr.splitlines() if "kernel cache" not in line]) == 1
    assert not list((folder / "runs" / "small-1").glob("*.nbnet"))
    assert not list((folder / "runs" / "small-1").glob(".*"))


def test_a_folder_that_cannot_be_made(run, write, folder):
    (folder / "taken").write_text("a file")
    assert run("train", write(), "--out", "taken").exit_code == 2
    ended = run("train", write(), "--out", "taken/below")
    assert ended.exit_code == 1
    assert ended.stderr.startswith("Error: Reading or writing 'taken")
