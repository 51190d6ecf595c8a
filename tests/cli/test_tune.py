"""``nbnet tune``, and what runs note of it."""

from __future__ import annotations

import json

import pytest

from nbnet.compiler.choices import Choice
from nbnet.runtime import host, tuned_choices, tuning

CHOICE = Choice(2, 2, "", 3, 2)
KEY = "float32:64x64*64x8:0"


@pytest.fixture(autouse=True)
def apart(tmp_path, monkeypatch):
    """An empty folder for what is kept; measure briefly."""
    monkeypatch.setattr(tuned_choices, "tuning_folder", lambda: tmp_path / "tuning")
    monkeypatch.setattr(tuned_choices, "_told", set())
    monkeypatch.setattr(tuning, "TILES", {1: ((8, 1),), 2: (), 3: ()})
    record = tuning.record
    monkeypatch.setattr(tuning, "record", lambda *args, steps: record(*args, steps=min(steps, 3)))


def test_a_table_and_json(run, write):
    ended = run("tune", write())
    assert ended.exit_code == 0, ended.stderr
    assert ended.stdout.startswith("product ")
    assert "cost model" in ended.stdout
    assert "choices tried" in ended.stdout
    assert "measuring cutting of the work\n" in ended.stderr
    found = json.loads(run("tune", "small.py", "--json", "--batch-size", 16, "--step", "predict").stdout)
    assert [item["product"].split(":")[1] for item in found["products"]] == ["16x64*64x8", "16x8*8x10"]
    assert all(item["seconds"] > 0 for item in found["products"])
    assert found["step_before"] > 0


def test_clearing(run):
    tuned_choices.save_choices(host.machine().name, {KEY: CHOICE})
    assert run("tune", "--clear").stdout == "Removed 1 file of measured choices.\n"
    assert json.loads(run("tune", "--clear", "--json").stdout) == {"removed": 0}
    assert tuned_choices.load_choices(host.machine().name) == {}


def test_it_wants_a_model_file(run):
    ended = run("tune")
    assert ended.exit_code == 2
    assert "nbnet tune mynet.py" in ended.stderr


def weights(folder):
    """The columns of a run's metrics that are no times."""
    lines = (folder / "metrics.csv").read_text().splitlines()
    names = lines[0].split(",")
    places = [place for place, name in enumerate(names) if "loss" in name or "accuracy" in name]
    assert places
    return [[line.split(",")[place] for place in places] for line in lines]


def test_a_run_notes_its_choices_and_is_repeated_with_them(run, write, folder):
    def noted(name):
        return json.loads((folder / "runs" / name / "config.json").read_text())["choices"]

    write()
    assert run("train", "small.py", "--quiet").exit_code == 0
    assert noted("small-1") == {}
    tuned_choices.save_choices(host.machine().name, {KEY: CHOICE})
    assert run("train", "small.py", "--quiet").exit_code == 0
    wanted = {KEY: {"rows": 2, "vectors": 2, "packing": "", "strip": 3, "chunk": 2}}
    assert noted("small-2") == wanted
    tuned_choices.clear_choices()
    assert run("train", "runs/small-2/model.py", "--quiet").exit_code == 0
    assert noted("model-1") == wanted
    assert weights(folder / "runs/small-1") == weights(folder / "runs/small-2") == weights(folder / "runs/model-1")
    # A run that was made without choices is repeated without.
    tuned_choices.save_choices(host.machine().name, {KEY: CHOICE})
    assert run("train", "runs/small-1/model.py", "--quiet").exit_code == 0
    assert noted("model-2") == {}


def test_noted_choices_that_were_damaged(run, write, folder):
    write()
    assert run("train", "small.py", "--quiet").exit_code == 0
    config = folder / "runs/small-1/config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), "choices": {KEY: 3}}))
    ended = run("train", "runs/small-1/model.py", "--quiet")
    assert ended.exit_code == 1
    assert f"the choice for '{KEY}' is 3" in ended.stderr


def test_choices_are_used_by_a_run(run, write, monkeypatch):
    wanted = "explain", write(), "--json", "--step", "predict", "--batch-size", 32

    def items():
        entries = json.loads(run(*wanted).stdout)["entries"]
        return [entry["items"] for entry in entries if entry["kernel"] == "matmul"]

    plain = items()
    tuned_choices.save_choices(host.machine().name, {"float32:32x64*64x8:7": CHOICE, "float32:32x8*8x10:0": CHOICE})
    assert items() != plain
    monkeypatch.setenv(tuned_choices.VARIABLE, "off")
    assert items() == plain


def test_switched_off_is_off_for_what_a_run_notes_too(run, write, folder, monkeypatch):
    def noted(name):
        return json.loads((folder / "runs" / name / "config.json").read_text())["choices"]

    write()
    tuned_choices.save_choices(host.machine().name, {KEY: CHOICE})
    assert run("train", "small.py", "--quiet").exit_code == 0
    monkeypatch.setenv("NBNET_TUNING", "off")
    assert run("train", "runs/small-1/model.py", "--quiet").exit_code == 0
    assert noted("small-1")
    assert noted("model-1") == {}
