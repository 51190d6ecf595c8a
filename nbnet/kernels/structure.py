"""What a function is made of, as a digest: the part of a kernel's cache key that says what the kernel does.

The digest covers bytecode, constants with their types, defaults, closure cells and everything that these refer to,
through helpers, intrinsics and modules, to the end. It is the same in every process that holds the same code, and it
changes with any edit. Files, line numbers and names of functions do not count. An object that cannot be described
raises: a key that leaves something out would run old code after an edit.

What belongs to Python, NumPy, Numba and llvmlite is described by its name; their versions are part of the kernel's key.
"""

import dataclasses
import dis
import enum
import functools
import hashlib
import importlib
import importlib.util
import sys
import types
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from nbnet.errors import StructureError

LIBRARIES = frozenset(sys.stdlib_module_names | {"builtins", "numpy", "numba", "llvmlite"}) - {"__main__"}
_PLAIN = (type(None), bool, int, float, complex, str, bytes, type(Ellipsis))
_IMPORT = dis.opmap["IMPORT_NAME"]
_GENERATED = frozenset(["__init__", "__repr__", "__eq__", "__hash__", "__setattr__", "__delattr__", "__replace__"])
"""Methods that `@dataclass` writes; its fields are described."""


def _library_name(value: Any) -> tuple[str, str] | None:
    """(module, qualified name) of an object that a library defines under that very name, else None."""
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    if name is None:
        name = getattr(value, "__name__", None)  # NumPy's ufuncs
        module = module or "numpy"
    if not isinstance(module, str) or not isinstance(name, str) or module.split(".")[0] not in LIBRARIES:
        return None
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return (module, name) if found is value else None


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    """A code object and those nested in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _codes(constant)


def _imports(code: types.CodeType, package: str) -> Iterator[str]:
    """Names of the modules that import statements inside a function name."""
    for inner in _codes(code):
        if _IMPORT not in inner.co_code[::2]:
            continue
        level = 0
        for instruction in dis.get_instructions(inner):
            if instruction.opname in ("LOAD_CONST", "LOAD_SMALL_INT") and isinstance(instruction.argval, int):
                level = instruction.argval
            elif instruction.opname == "IMPORT_NAME":
                yield importlib.util.resolve_name("." * level + instruction.argval, package)


class _Digest:
    """One walk over an object and all that it refers to."""

    def __init__(self) -> None:
        self.sha = hashlib.sha256()
        self.order: dict[int, int] = {}
        self.alive: list[Any] = []  # so that no id is used twice
        self.modules: set[tuple[int, frozenset[str]]] = set()
        self.path: list[str] = []

    def add(self, *parts: Any) -> None:
        """Take in plain parts; their repr ends unambiguously."""
        self.sha.update(repr(parts).encode("utf-8", "surrogatepass"))

    def seen(self, value: Any) -> bool:
        """Whether the walk met this object before; if so, its place in the order of the walk is taken in instead."""
        if id(value) in self.order:
            self.add("again", self.order[id(value)])
            return True
        self.order[id(value)] = len(self.order)
        self.alive.append(value)
        return False

    def named(self, name: str, value: Any, names: frozenset[str] = frozenset()) -> None:
        """Describe a value under a name, which the messages of errors show."""
        self.add("name", name)
        self.path.append(name)
        self.value(value, names)
        self.path.pop()

    def value(self, value: Any, names: frozenset[str] = frozenset()) -> None:
        """Describe any object; `names` are the attribute names that the code around it may look up in a module."""
        if type(value) in _PLAIN:
            self.add(type(value).__name__, value)
        elif isinstance(value, np.generic):
            self.add("scalar", value.dtype.str, value.tobytes())
        elif isinstance(value, np.dtype):
            self.add("dtype", value.str, value.descr if value.names else ())
        elif isinstance(value, enum.Enum):
            self.add("enum", type(value).__module__, type(value).__qualname__, value.name)
            self.value(value.value)
        elif isinstance(value, types.ModuleType):
            self.module(value, names)
        elif isinstance(value, (set, frozenset)):
            self.add(type(value).__name__, sorted(digest(item) for item in value))
        elif type(value) is tuple:
            # Never "again": whether equal constants are one object differs between compiling and loading a .pyc.
            self.sequence(value)
        elif (library := _library_name(value)) is not None:
            self.add("library", *library)
        elif not self.seen(value):
            self.compound(value)

    def sequence(self, items: Sequence[Any]) -> None:
        """Describe a tuple or list."""
        self.add(type(items).__qualname__, len(items))
        for item in items:
            self.value(item)

    def compound(self, value: Any) -> None:
        """Describe an object that refers to others."""
        if isinstance(value, types.FunctionType):
            self.function(value)
        elif isinstance(value, (tuple, list)):
            self.sequence(value)
        elif isinstance(value, (dict, types.MappingProxyType)):
            self.add("dict", len(value))
            for key in sorted(value, key=digest):
                self.value(key)
                self.value(value[key])
        elif isinstance(value, np.ndarray) and value.dtype != object:
            self.add("array", value.dtype.str, value.shape, value.tobytes())
        elif isinstance(value, functools.partial):
            self.add("partial")
            for part in (value.func, value.args, value.keywords):
                self.value(part)
        elif isinstance(value, type):
            self.described_class(value)
        elif dataclasses.is_dataclass(value):
            self.add("dataclass")
            self.value(type(value))
            for field in dataclasses.fields(value):
                self.named(field.name, getattr(value, field.name))
        else:
            self.compiled(value)

    def compiled(self, value: Any) -> None:
        """Describe what kernels call: nbnet's helpers, Numba's dispatchers and intrinsics, types of Numba and LLVM."""
        origin = type(value).__module__.split(".")[0]
        if (inner := getattr(value, "py_func", None)) is not None:
            options = getattr(value, "options", None) or getattr(value, "targetoptions", {})
            self.add("compiled")
            self.value(dict(options))
            self.value(inner)
        elif origin == "numba" and (inner := getattr(value, "_defn", None)) is not None:
            self.add("intrinsic")
            self.value(inner)
        elif origin == "numba" and hasattr(value, "symbol") and hasattr(value, "sig"):
            self.add("external", value.symbol, str(value.sig))
        elif origin == "numba" and hasattr(value, "mangling_args") and " at 0x" not in str(value):
            self.add("type", type(value).__qualname__, str(value))
        elif origin == "llvmlite" and " at 0x" not in str(value):
            self.add("llvm", type(value).__qualname__, str(value))
        else:
            where = " → ".join(self.path) or "the object itself"
            raise StructureError(
                f"cannot describe {value!r} of type {type(value).__qualname__!r} for the kernel cache (reached through "
                f"{where}); functions that kernels use may refer to numbers, strings, arrays, tuples, dataclasses, and "
                "functions of these"
            )

    def function(self, fn: types.FunctionType) -> None:
        """Describe a Python function with its globals, closure cells and defaults."""
        code = fn.__code__
        names = frozenset(name for inner in _codes(code) for name in inner.co_names)
        self.add("function")
        self.code(code)
        self.path.append(fn.__qualname__)
        self.named("defaults", fn.__defaults__)
        self.named("keyword defaults", fn.__kwdefaults__)
        for name in sorted(names & fn.__globals__.keys()):
            self.named(name, fn.__globals__[name], names)
        for name, cell in zip(code.co_freevars, fn.__closure__ or (), strict=True):
            try:
                self.named(name, cell.cell_contents, names)
            except ValueError:
                self.add("empty cell", name)
        for name in sorted(set(_imports(code, fn.__globals__.get("__package__") or ""))):
            self.named(name, importlib.import_module(name), names)
        self.path.pop()

    def code(self, code: types.CodeType) -> None:
        """Describe bytecode and constants; not where the code was written."""
        self.add("code", code.co_code, code.co_names, code.co_varnames, code.co_cellvars, code.co_freevars)
        self.add(
            code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags, code.co_exceptiontable
        )
        for constant in code.co_consts:
            if isinstance(constant, types.CodeType):
                self.code(constant)
            else:
                self.value(constant)

    def module(self, module: types.ModuleType, names: frozenset[str]) -> None:
        """Describe what code with these attribute names can find in a module."""
        self.add("module", module.__name__)
        if module.__name__.split(".")[0] in LIBRARIES or (id(module), names) in self.modules:
            return
        self.modules.add((id(module), names))
        for name in sorted(names & vars(module).keys()):
            self.named(name, vars(module)[name], names)

    def described_class(self, cls: type) -> None:
        """Describe a class by its bases, methods and attributes."""
        self.add("class", cls.__qualname__)
        for base in cls.__bases__:
            self.value(base)
        self.path.append(cls.__qualname__)
        if dataclasses.is_dataclass(cls):
            self.add("fields", [(field.name, str(field.type)) for field in dataclasses.fields(cls)])
        for name in sorted(vars(cls)):
            attribute = vars(cls)[name]
            special = name.startswith("__") or name == "_abc_impl"
            generated = name in _GENERATED and dataclasses.is_dataclass(cls)
            if (
                generated
                or name.startswith("__annotate")
                or (special and not isinstance(attribute, types.FunctionType))
            ):
                continue
            if isinstance(attribute, property):
                attribute = (attribute.fget, attribute.fset, attribute.fdel)
            elif isinstance(attribute, (staticmethod, classmethod)):
                attribute = attribute.__func__
            elif isinstance(attribute, functools.cached_property):
                attribute = attribute.func
            elif isinstance(attribute, (types.MemberDescriptorType, types.GetSetDescriptorType)):
                attribute = name  # a slot
            self.named(name, attribute)
        self.path.pop()


def digest(value: Any) -> str:
    """
    The structure of a function, or of any object that kernels may refer to, as 64 hexadecimal digits.

    Parameters
    ----------
    value : object
        A function, intrinsic, helper, dataclass, number, array, or a container of such.

    Returns
    -------
    str
        SHA-256 of the description, equal in every process that holds the same code.

    Raises
    ------
    StructureError
        When something that the value refers to cannot be described.
    """
    walk = _Digest()
    try:
        walk.value(value)
    except RecursionError as error:
        raise StructureError("cannot describe an object that contains itself for the kernel cache") from error
    return walk.sha.hexdigest()
