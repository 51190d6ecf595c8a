"""What ``nbnet new --list`` says of each template."""

from nbnet.registry import templates
from nbnet.training.template_lines import template_lines


def test_files_that_say_nothing(tmp_path, monkeypatch):
    files = {"told": '"""One line.\n\nMore."""\n', "empty": "x = 1\n", "broken": "def\n", "null": "\0"}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(templates, "names", lambda: [*files, "missing"])
    monkeypatch.setattr(templates, "get", lambda name: str(tmp_path / name))
    assert template_lines() == {"told": "One line.", "empty": "", "broken": "", "null": "", "missing": ""}
