"""The file of choices: written whole, checked when read, and never in the way."""

from __future__ import annotations

import json
import warnings

import pytest

from nbnet.compiler.choices import Choice
from nbnet.errors import CacheError
from nbnet.runtime import host, tuned_choices
from nbnet.runtime.tuned_choices import (
    VARIABLE,
    as_choices,
    as_json,
    choices_file,
    clear_choices,
    kept_choices,
    load_choices,
    save_choices,
)

CHOICES = {
    "float32:8x4*4x4:0": Choice(6, 4, "", 2, 4),
    "float32:8x4*4x4t:7": Choice(4, 2, "transposed", 1, 3),
}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """An empty folder for the files, and nothing told."""
    monkeypatch.setattr(tuned_choices, "tuning_folder", lambda: tmp_path / "tuning")
    monkeypatch.setattr(tuned_choices, "_told", set())
    monkeypatch.delenv(VARIABLE, raising=False)
    return tmp_path / "tuning"


def test_what_is_saved_is_found_again(folder):
    assert load_choices("cpu a") == {}
    path = save_choices("cpu a", CHOICES)
    assert path == choices_file("cpu a")
    assert path.parent == folder
    assert load_choices("cpu a") == CHOICES
    assert as_choices(json.loads(json.dumps(as_json(CHOICES))), "there") == CHOICES
    assert list(folder.iterdir()) == [path]
    save_choices("cpu a", {})
    assert load_choices("cpu a") == {}


def test_other_machines_and_other_kernels_have_their_own(monkeypatch):
    path = save_choices("cpu a", CHOICES)
    assert load_choices("cpu b") == {}
    monkeypatch.setattr(tuned_choices, "_kernels", lambda: "other sources")
    assert choices_file("cpu a") != path
    assert load_choices("cpu a") == {}


def test_they_can_be_switched_off(monkeypatch):
    save_choices("cpu a", CHOICES)
    monkeypatch.setenv(VARIABLE, "off")
    assert load_choices("cpu a") == {}
    assert kept_choices("cpu a") == CHOICES


def test_clearing_removes_all_files(folder):
    save_choices("cpu a", CHOICES)
    save_choices("cpu b", {})
    assert clear_choices() == 2
    assert load_choices("cpu a") == {}
    assert clear_choices() == 0
    assert list(folder.iterdir()) == []


GOOD = {"rows": 6, "vectors": 4, "packing": "", "strip": 1, "chunk": 1}


def with_choice(**changed):
    """The file of one choice with some fields changed; None takes one out."""
    fields = {name: value for name, value in {**GOOD, **changed}.items() if value is not None}
    return json.dumps({"format": 1, "choices": {"k": fields}}).encode()


DAMAGED = {
    "no JSON": b"{",
    "no text": b"\xff\xfe",
    "nested beyond reason": b"[" * 100_000,
    "another format": b'{"format": 99, "choices": {}}',
    "no object": b"[1]",
    "no choices": b'{"format": 1}',
    "a text for a number": with_choice(rows="6"),
    "a truth value": with_choice(rows=True),
    "zero": with_choice(strip=0),
    "a number for a text": with_choice(packing=1),
    "one too many": with_choice(reason="x"),
    "one too few": with_choice(chunk=None),
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file_is_passed_over_with_a_warning(folder, content):
    folder.mkdir()
    choices_file("cpu a").write_bytes(content)
    with pytest.warns(RuntimeWarning, match="nbnet tune --clear"):
        assert load_choices("cpu a") == {}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert load_choices("cpu a") == {}, "said once"
    clear_choices()
    save_choices("cpu a", CHOICES)
    assert load_choices("cpu a") == CHOICES


def test_the_fields_are_those_of_a_choice(folder):
    folder.mkdir()
    choices_file("cpu a").write_bytes(with_choice())
    assert load_choices("cpu a") == {"k": Choice(6, 4, "", 1, 1)}


def test_choices_of_a_config_say_where_they_are_wrong():
    with pytest.raises(CacheError, match=r"here: the choice for 'k' is 3; expected whole numbers"):
        as_choices({"k": 3}, "here")
    with pytest.raises(CacheError, match=r"here: expected an object"):
        as_choices([], "here")


def test_a_file_that_cannot_be_written_leaves_the_old_one(folder, monkeypatch):
    path = save_choices("cpu a", CHOICES)

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(path), "replace", fail)
    with pytest.raises(OSError, match="No space"):
        save_choices("cpu a", {})
    assert list(folder.iterdir()) == [path]
    assert load_choices("cpu a") == CHOICES


def test_pins_come_before_what_is_kept():
    save_choices(host.machine().name, CHOICES)
    assert host.cpu_target().choices == CHOICES
    with host.pinned_choices({}):
        assert host.active_choices() == {}
        assert host.cpu_target() == host.machine()
        with host.pinned_choices(None):
            assert host.cpu_target().choices == CHOICES
    assert host.active_choices() == CHOICES
