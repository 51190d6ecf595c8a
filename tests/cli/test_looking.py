"""``nbnet new``, ``explain``, ``doctor`` and ``cache warm``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nbnet.registry import templates
from nbnet.templates import TEMPLATES


@pytest.mark.parametrize("template", TEMPLATES)
def test_new_copies_a_template(run, folder, template):
    ended = run("new", "mine", "--template", template)
    assert ended.exit_code == 0, ended.stderr
    assert ended.stdout == "Wrote mine.py. Train it with: nbnet train mine.py\n"
    assert (folder / "mine.py").read_text() == Path(templates.get(template)).read_text()


def test_new_overwrites_nothing(run, folder):
    (folder / "mine.py").write_text("precious")
    ended = run("new", "mine.py")
    assert ended.exit_code == 1
    assert "'mine.py' exists and is not overwritten" in ended.stderr
    assert (folder / "mine.py").read_text() == "precious"


def test_new_with_an_unknown_template_or_folder(run):
    assert "Did you mean 'digits'?" in run("new", "mine", "--template", "digit").stderr
    assert "There is no folder 'no'" in run("new", "no/mine").stderr


def test_new_lists_the_templates_with_a_line_about_each(run):
    listed = dict(line.split(maxsplit=1) for line in run("new", "--list").stdout.splitlines())
    assert list(listed) == templates.names()
    for name, line in listed.items():
        assert Path(templates.get(name)).read_text(encoding="utf-8").startswith(f'"""{line}\n')


def test_explain(run, write, folder):
    ended = run("explain", write(), "--graph", "graph.txt", "--batch-size", 16)
    assert ended.exit_code == 0, ended.stderr
    assert "peak memory" in ended.stdout
    assert "matmul" in ended.stdout
    assert "small.py:13" in ended.stdout
    recorded, fused = (folder / "graph.txt").read_text().split("# Simplified and fused")
    assert "matmul" in recorded
    assert 0 < fused.count("\n%") < recorded.count("\n%")


def test_explain_as_json(run, write):
    steps = {
        step: json.loads(run("explain", write(), "--step", step, "--json").stdout) for step in ("train", "predict")
    }
    assert steps["train"]["totals"]["flops"] > steps["predict"]["totals"]["flops"] > 2 * 64 * (64 * 8 + 8 * 10)
    assert steps["train"]["guards"]
    assert not steps["predict"]["guards"]


def test_explain_compiles_nothing(run, write):
    from nbnet.kernels import jit

    before = jit.compilations(), jit.hits()
    assert run("explain", write()).exit_code == 0
    assert (jit.compilations(), jit.hits()) == before


def test_doctor(run):
    facts = json.loads(run("doctor", "--json").stdout)
    assert facts["sound"] is True
    assert facts["training"]["loss_after"] < facts["training"]["loss_before"]
    assert facts["vector_bits"] in (128, 256, 512)
    assert facts["threading_layer"] == "nbnet"
    assert facts["versions"]["numba"].startswith("0.")
    shown = run("doctor", "--threads", 1)
    assert shown.exit_code == 0
    assert shown.stdout.endswith("Everything works.\n")


def test_doctor_fails_when_nothing_is_learned(run, monkeypatch):
    import nbnet.training.checkup as checkup

    monkeypatch.setattr(checkup.Sequential, "fit", lambda *_, **__: None)
    ended = run("doctor")
    assert ended.exit_code == 1
    assert "The training did not learn" in ended.stdout


def test_warm_leaves_nothing_to_compile(start, folder):
    def warm():
        process = start("cache", "warm", "perceptron", environment={"NBNET_CACHE_DIR": str(folder / "cache")})
        stdout, stderr = process.communicate(timeout=120)
        assert process.returncode == 0, stderr
        name, compiled, _, found, *_ = stdout.split()
        assert name == "perceptron"
        return int(compiled), int(found)

    compiled, found = warm()
    assert (compiled > 0, found) == (True, 0)
    assert warm() == (0, compiled)
    new = start("train", templates.get("perceptron"), environment={"NBNET_CACHE_DIR": str(folder / "cache")})
    stdout, stderr = new.communicate(timeout=120)
    assert "converged" in stdout
    assert "compiling" not in stderr


def test_warm_needs_no_data_of_a_template(run, monkeypatch, folder):
    from nbnet.training.warm import warm_cache

    monkeypatch.setenv("NBNET_DATA_DIR", str(folder))
    ((name, compiled, found),) = warm_cache(["mnist-mlp"])
    assert name == "mnist-mlp"
    assert compiled + found > 5
    assert "Did you mean 'digits'" in run("cache", "warm", "digit").stderr
