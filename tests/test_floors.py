"""Imports go downward only; Numba stays behind its doors; files keep one subject and a name that says it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "nbnet"

# First part of the path below nbnet/ → floor.
FLOORS = {
    "errors": 0,
    "version": 0,
    "graph": 1,
    "kernels": 1,
    "ops": 1,
    "compiler": 2,
    "runtime": 3,
    "hookspecs": 4,
    "registry": 4,
    "python_file": 4,
    "arguments": 4,
    "configurable": 4,
    "activations": 4,
    "losses": 4,
    "metrics": 4,
    "optimizers": 4,
    "schedules": 4,
    "initializers": 4,
    "regularizers": 4,
    "constraints": 4,
    "layers": 4,
    "data": 4,
    "datasets": 4,
    "preprocessing": 4,
    "models": 5,
    "training": 6,
    "callbacks": 6,
    "plot": 6,
    "built_in": 7,
    "plugins": 7,
    "testing": 7,
    "cli": 8,
    "templates": 8,
    "__main__": 9,
    "__init__": 9,
}
VAGUE = {"util", "utils", "helper", "helpers", "common", "misc", "core", "base_utils", "tools"}
MAX_LINES = 400

FILES = sorted(path for path in PACKAGE.rglob("*.py"))


def part_of(path: Path) -> str:
    """The first part of a file's path below nbnet/, without its ending."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of everything a file imports, also inside functions; not what only a type checker sees."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    only_types: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            only_types.update(child for statement in node.body for child in ast.walk(statement))
    for node in ast.walk(tree):
        if node in only_types:
            continue
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: imports name their module in full"
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("importlib.import_module", "import_module"):
            named = node.args[0]
            if isinstance(named, ast.Constant):
                yield node.lineno, str(named.value)


def test_every_part_has_a_floor():
    assert {part_of(path) for path in FILES} <= set(FLOORS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_down(path):
    mine = part_of(path)
    if mine in ("__init__", "templates"):  # the public face, and examples of its use
        return
    climbing = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for line, name in imports(path)
        if name.startswith("nbnet.") and FLOORS[name.split(".")[1]] > FLOORS[mine]
    ]
    assert not climbing, "\n".join(climbing)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nobody_inside_imports_the_public_face(path):
    if part_of(path) in ("__init__", "templates"):
        return
    modules = {part_of(file) for file in FILES}
    faced = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for line, name in imports(path)
        if name == "nbnet" or (name.startswith("nbnet.") and name.split(".")[1] not in modules)
    ]
    assert not faced, "\n".join(faced)


def test_graph_and_kernels_know_nothing_of_each_other():
    for below, other in (("kernels", "nbnet.graph"), ("graph", "nbnet.kernels")):
        for path in (PACKAGE / below).rglob("*.py"):
            assert not [name for _, name in imports(path) if name.startswith(other)], path


def test_only_kernels_and_runtime_import_numba():
    outside = [path for path in FILES if part_of(path) not in ("kernels", "runtime")]
    seen = [
        f"{path.relative_to(ROOT)}:{line} {name}"
        for path in outside
        for line, name in imports(path)
        if name.split(".")[0] in ("numba", "llvmlite")
    ]
    assert not seen


def test_at_most_one_file_imports_numba_cuda():
    doors = {path for path in FILES for _, name in imports(path) if name.startswith("numba.cuda")}
    assert len(doors) <= 1, doors


def test_no_circle_between_modules():
    """No module needs, while it is imported, one that needs it: function-level imports are not counted."""
    modules = {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in FILES}
    edges: dict[str, set[str]] = {}
    for module, path in modules.items():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        wanted: set[str] = set()
        for node in tree.body:
            if isinstance(node, ast.Import):
                wanted |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                wanted |= {
                    name if (name := f"{node.module}.{alias.name}") in modules else str(node.module)
                    for alias in node.names
                }
        edges[module] = {name for name in wanted if name in modules and name not in (module, "nbnet")}
    done: set[str] = set()

    def walk(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, " → ".join([*path[path.index(module) :], module])
        if module not in done:
            for below in sorted(edges[module]):
                walk(below, (*path, module))
            done.add(module)

    for module in sorted(edges):
        walk(module, ())


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_has_one_subject(path):
    assert path.stem not in VAGUE
    assert not set(path.relative_to(PACKAGE).parts[:-1]) & VAGUE
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= MAX_LINES, f"{lines} lines: two subjects in one file?"
