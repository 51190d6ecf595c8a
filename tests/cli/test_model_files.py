"""Model files with mistakes: the line to add, or the user's own frames and no others."""

from __future__ import annotations

import pytest

MODEL = """
import nbnet
model = nbnet.Sequential([nbnet.layers.Dense(2, input_shape=(64,))])
"""
COMPILE = 'model.compile("adam", "mse")\n'
DATA = "data = nbnet.datasets.digits()\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import nbnet\n" + DATA, "defines no 'model'. Add a line such as:\n    model = nbnet.Sequential("),
        (MODEL + COMPILE, "defines no 'data'. Add a line such as:\n    data = nbnet.datasets.digits()"),
        (MODEL + DATA, "the model is not compiled. Add the line:\n    model.compile("),
        (MODEL.replace("model =", "net =") + DATA, "defines no 'model', but Model 'net'. Call it 'model'."),
        (MODEL + COMPILE + DATA.replace("data =", "digits ="), "defines no 'data', but Data 'digits'. Call it 'data'."),
        ("import nbnet\ndef model():\n    m = 3\n" + DATA, "model() returned None. End it with:\n    return model"),
        ("import nbnet\nmodel = 3\n" + DATA, "'model' is int, not a model."),
        ("import nbnet\nmodel = nbnet.Sequential\n" + DATA, "is the class Sequential. Make one of it"),
        ("import nbnet\nmodel = nbnet.Perceptron()\ndata = [1, 2]\n", "'data' is list, not nbnet.Data."),
        ("import nbnet\nmodel = nbnet.Perceptron()\ndef data(): pass\n", "'data' is None."),
        (MODEL + COMPILE + DATA + "fit = 3\n", "'fit' is int. Write: fit = dict("),
        (MODEL + COMPILE + DATA + "fit = dict(epoch=3)\n", "'fit' has 'epoch', which model.fit does not take. Did you"),
        ("import nbnet\ndef model(hidden): pass\n" + DATA, "model() needs a value for 'hidden'. Give it a default"),
    ],
)
def test_what_is_missing_is_told_with_the_line_to_add(run, write, folder, text, message):
    ended = run("train", write("mine.py", text))
    assert ended.exit_code == 1
    assert ended.stderr.startswith("Error: mine.py")
    assert message in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (folder / "runs").exists()


def test_a_mistake_shows_the_users_frames_alone(run, write, folder):
    path = write("mine.py", "import nbnet\n\ndef model():\n    return undefined_name\n" + DATA)
    ended = run("train", path)
    assert ended.exit_code == 1
    assert ended.stderr.splitlines() == [
        "In your own files:",
        f'  File "{path}", line 4, in model',
        "    return undefined_name",
        *[line for line in ended.stderr.splitlines() if set(line.strip()) <= {"^"} and line],
        "NameError: name 'undefined_name' is not defined",
    ]


def test_traceback_shows_nbnets_frames_too(run, write):
    ended = run("train", write("mine.py", "1 / 0\n"), "--traceback")
    assert ended.exit_code == 1
    assert "Traceback (most recent call last)" in ended.stderr
    assert "project.py" in ended.stderr


def test_a_mistake_in_a_module_beside_the_model_file(run, write):
    write("mine_beside.py", "def network():\n    raise ValueError('odd layers')\n")
    ended = run("train", write("mine.py", "from mine_beside import network\nmodel = network()\n"))
    assert ended.exit_code == 1
    assert 'mine.py", line 1' not in ended.stderr
    assert 'mine.py", line 2, in <module>' in ended.stderr
    assert 'mine_beside.py", line 2, in network' in ended.stderr
    assert ended.stderr.endswith("ValueError: odd layers\n")


def test_a_syntax_error(run, write):
    ended = run("train", write("mine.py", "import nbnet\nmodel = nbnet.Sequential([)\n"))
    assert ended.exit_code == 1
    assert 'mine.py", line 2' in ended.stderr
    assert "SyntaxError" in ended.stderr
    assert "importlib" not in ended.stderr


def test_an_error_of_nbnet_shows_the_users_line(run, write):
    text = 'import nbnet\nmodel = nbnet.Sequential([\n    nbnet.layers.Dense(2, activation="rleu"),\n])\n'
    ended = run("train", write("mine.py", text))
    assert ended.exit_code == 1
    assert 'mine.py", line 3' in ended.stderr
    assert "Error: Unknown activation 'rleu'. Did you mean 'relu'" in ended.stderr
    assert "registry.py" not in ended.stderr


def test_data_that_do_not_fit_the_model(run, write):
    ended = run("train", write("mine.py", MODEL + COMPILE + DATA))
    assert ended.exit_code == 1
    assert "expects input (batch, 64); received (1257, 8, 8)" in ended.stderr
    assert "Dense 'dense'" in ended.stderr


def test_a_mistake_in_a_custom_layer_shows_its_line(run, write):
    text = """
        import nbnet

        class Odd(nbnet.layers.Layer):
            def call(self, x):
                return x + self.missing

        model = nbnet.Sequential([Odd()])
        model.compile("adam", "mse")
        data = nbnet.datasets.digits()
    """
    ended = run("train", write("mine.py", text))
    assert ended.exit_code == 1
    assert "return x + self.missing" in ended.stderr
    assert "AttributeError: 'Odd' object has no attribute 'missing'" in ended.stderr
    assert "layer.py" not in ended.stderr


def test_a_file_that_is_no_python(run, folder):
    (folder / "mine.txt").write_text("hello")
    assert "A model file is a Python file" in run("train", "mine.txt").stderr


def test_data_are_not_loaded_for_a_summary(run, write):
    text = MODEL + "def data():\n    raise OSError('not needed')\n"
    ended = run("summary", write("mine.py", text))
    assert ended.exit_code == 0, ended.stderr
    assert "Total params: 130" in ended.stdout


def test_the_command_for_a_new_file_can_be_copied(run, folder):
    assert "nbnet train 'my net é.py'" in run("new", "my net é").stdout
