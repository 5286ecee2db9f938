"""Holds what no single module can: which way imports go, what no file may hold, what importing may load."""

from __future__ import annotations

import ast
import graphlib
import importlib
import importlib.util
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[1]
SRC = ROOT / "src"
PACKAGE = "whygrad"

# From the ground up. The package's own __init__ offers what stands below it; the command line uses it.
FLOORS = (
    "_lazy",
    "errors",
    "_numbers",
    "_files",
    "autodiff",
    "nn",
    "optim",
    "data",
    "evaluation",
    "training",
    "trace",
    "render",
    "drawing",
    PACKAGE,
    "runs",
    "plots",
    "studies",
    "cli",
)

# ---------------------------------------------------------------------------------------------------------
# Imports go down only
# ---------------------------------------------------------------------------------------------------------


class Import(NamedTuple):
    source: str  # the module that imports
    target: str  # the module it imports, as far as that is one of ours
    kind: str  # "eager" (when the module is loaded), "deferred" (inside a function), "typing" (checkers only)
    line: int


def module_name(path: Path, src: Path) -> str:
    parts = path.relative_to(src).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def modules(src: Path) -> dict[str, Path]:
    return {module_name(path, src): path for path in sorted((src / PACKAGE).rglob("*.py"))}


def floor(module: str) -> str:
    """The entry of FLOORS a module belongs to; ``whygrad.__main__`` is the command line."""
    inner = module.split(".")[1:]
    if not inner:
        return PACKAGE
    return "cli" if inner[0] == "__main__" else inner[0]


def is_type_checking(test: ast.expr) -> bool:
    return ast.unparse(test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}


def statements(
    nodes: Iterable[ast.AST], kind: str = "eager"
) -> Iterator[tuple[ast.Import | ast.ImportFrom, str]]:
    """Every import statement below the nodes, with its kind."""
    for node in nodes:
        match node:
            case ast.Import() | ast.ImportFrom():
                yield node, kind
            case ast.If(test=test, body=body, orelse=orelse) if is_type_checking(test):
                yield from statements(body, "typing")
                yield from statements(orelse, kind)
            case ast.FunctionDef() | ast.AsyncFunctionDef() if kind == "eager":
                yield from statements(node.body, "deferred")
            case ast.stmt() | ast.excepthandler() | ast.match_case():
                yield from statements(ast.iter_child_nodes(node), kind)


def targets(node: ast.Import | ast.ImportFrom, source: str, known: dict[str, Path]) -> Iterator[str]:
    """The modules of ours that an import statement names; ``from package import submodule`` is resolved."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names if alias.name.split(".")[0] == PACKAGE)
        return
    base = node.module or ""
    if node.level:
        package = source if known[source].name == "__init__.py" else source.rpartition(".")[0]
        base = importlib.util.resolve_name("." * node.level + base, package)
    if base.split(".")[0] == PACKAGE:
        for alias in node.names:
            inner = f"{base}.{alias.name}"
            yield inner if inner in known or (base == PACKAGE and alias.name in FLOORS) else base


def imports(src: Path = SRC) -> list[Import]:
    known = modules(src)
    return [
        Import(source, target, kind, node.lineno)
        for source, path in known.items()
        for node, kind in statements(ast.parse(path.read_text(encoding="utf-8"), str(path)).body)
        for target in targets(node, source, known)
    ]


def height(module: str) -> int:
    """How far up a module stands; what has no floor stands above everything."""
    return FLOORS.index(floor(module)) if floor(module) in FLOORS else len(FLOORS)


def climbing(found: list[Import], kind: str) -> list[str]:
    """The imports of one kind that go up, in words."""
    return [
        f"{item.source}, line {item.line}, imports {item.target}: "
        f"{floor(item.target)} is above {floor(item.source)}"
        for item in found
        if item.kind == kind and height(item.target) > height(item.source)
    ]


def cycle(found: list[Import]) -> list[str]:
    """One cycle among eager imports: its modules, the first again at the end; empty if there is none."""
    graph: dict[str, set[str]] = {}
    for item in found:
        if item.kind == "eager" and item.source != item.target:
            graph.setdefault(item.source, set()).add(item.target)
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        return list(reversed(error.args[1]))
    return []


def test_every_package_has_a_floor():
    homeless = sorted({floor(name) for name in modules(SRC)} - set(FLOORS))
    assert not homeless, f"{homeless}: give each its place in FLOORS, and in the table of CONTRIBUTING.md"


@pytest.mark.parametrize("kind", ["eager", "deferred", "typing"])
def test_imports_go_down_only(kind):
    found = climbing(imports(), kind)
    assert not found, "\n".join(found)


def test_no_two_modules_import_each_other():
    found = cycle(imports())
    assert not found, " -> ".join(found)


@pytest.mark.parametrize(
    "package", [name for name, path in modules(SRC).items() if path.name == "__init__.py"]
)
def test_exported_names_are_there_and_come_from_below(package):
    # Lazy exports name their modules in strings, which the walk above does not see.
    module = importlib.import_module(package)
    for name in getattr(module, "__all__", ()):
        home = getattr(getattr(module, name), "__module__", None) or package
        assert not home.startswith(PACKAGE) or height(home) <= height(package), (
            f"{package}.{name} is from {home}"
        )


def source_tree(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / PACKAGE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def test_the_walk_sees_every_form_of_import(tmp_path):
    src = source_tree(
        tmp_path,
        {
            "__init__.py": "def __getattr__(name):\n    from .nn import layers\n",
            "errors.py": "if TYPE_CHECKING:\n    from whygrad.nn import Dense\n"
            "else:\n    import whygrad.nn.layers\n",
            "nn/__init__.py": "from .layers import Dense\n",
            "nn/layers.py": "class A:\n    try:\n        from ..optim import sgd\n"
            "    except ImportError:\n        pass\n"
            "async def f():\n    with g:\n        from .. import cli, errors\n",
            "optim/__init__.py": "import numpy, whygrad\n",
            "optim/sgd.py": "",
            "__main__.py": "from whygrad.cli import main\n",
        },
    )
    assert {(item.source, item.target, item.kind) for item in imports(src)} == {
        ("whygrad", "whygrad.nn.layers", "deferred"),
        ("whygrad.__main__", "whygrad.cli", "eager"),
        ("whygrad.errors", "whygrad.nn", "typing"),
        ("whygrad.errors", "whygrad.nn.layers", "eager"),
        ("whygrad.nn", "whygrad.nn.layers", "eager"),
        ("whygrad.nn.layers", "whygrad.optim.sgd", "eager"),
        ("whygrad.nn.layers", "whygrad.cli", "deferred"),
        ("whygrad.nn.layers", "whygrad.errors", "deferred"),
        ("whygrad.optim", "whygrad", "eager"),
    }
    assert climbing(imports(src), "eager") == [
        "whygrad.errors, line 4, imports whygrad.nn.layers: nn is above errors",
        "whygrad.nn.layers, line 3, imports whygrad.optim.sgd: optim is above nn",
        "whygrad.optim, line 1, imports whygrad: whygrad is above optim",
    ]
    assert climbing(imports(src), "deferred") == [
        "whygrad.nn.layers, line 8, imports whygrad.cli: cli is above nn"
    ]
    assert climbing(imports(src), "typing") == [
        "whygrad.errors, line 2, imports whygrad.nn: nn is above errors"
    ]


def test_a_cycle_is_named(tmp_path):
    src = source_tree(tmp_path, {"nn/a.py": "from . import b\n", "nn/b.py": "from .a import x\n"})
    found = cycle(imports(src))
    assert found[0] == found[-1]
    assert set(found) == {"whygrad.nn.a", "whygrad.nn.b"}


# ---------------------------------------------------------------------------------------------------------
# What no file may hold
# ---------------------------------------------------------------------------------------------------------

# Put together here, so that this file does not hold them either.
REGISTRIES = [
    ".".join(parts)
    for parts in [
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("pytorch", "org/whl"),
        ("anaconda", "org"),
        ("npmjs", "org"),
        ("jsdelivr", "net"),
        ("unpkg", "com"),
    ]
]
HOME = re.compile(r"(?<![\w.~-])/(?:home|Users)/\w|(?<![\w.~/-])/(?:root)/|[A-Z]:\\Users\\")
UNPICKLERS = {"pickle", "_pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"}


def kept_files() -> list[Path]:
    """What is in version control or would be: tracked files, and new ones that are not ignored."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    return [path for name in sorted(set(listed.split("\0")) - {""}) if (path := ROOT / name).is_file()]


def kept_text() -> Iterator[tuple[str, int, str]]:
    """Every line of every kept text file, as (name, number, line)."""
    for path in kept_files():
        data = path.read_bytes()
        if b"\0" not in data:
            for number, line in enumerate(data.decode(errors="replace").splitlines(), 1):
                yield path.relative_to(ROOT).as_posix(), number, line


def test_no_file_names_a_registry():
    found = [
        f"{name}:{number}: {host}"
        for name, number, line in kept_text()
        for host in REGISTRIES
        if host in line
    ]
    assert not found, "\n".join(["where packages come from is the machine's business:", *found])


def test_no_file_names_a_path_of_one_machine():
    patterns = [HOME]
    if len(ROOT.parts) > 2:  # a checkout right under / has too common a name to look for
        patterns.append(re.compile(rf"(?<![\w.~/-]){re.escape(str(ROOT))}(?![\w-])"))
    found = [
        f"{name}:{number}: {line.strip()}"
        for name, number, line in kept_text()
        if any(p.search(line) for p in patterns)
    ]
    assert not found, "\n".join(["say it relative to the checkout:", *found])


def unsafe(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """What would run a file's content as code: (line, what)."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (
                    (node.lineno, f"import {a.name}") for a in names if a.name.split(".")[0] in UNPICKLERS
                )
            case ast.ImportFrom(module=str(module)) if module.split(".")[0] in UNPICKLERS:
                yield node.lineno, f"from {module} import"
            case ast.Call(func=ast.Name(id="eval")):
                yield node.lineno, "eval("
            case ast.keyword(arg="allow_pickle", value=value) if ast.unparse(value) != "False":
                yield node.value.lineno, "allow_pickle"


def test_nothing_is_unpickled_or_evaluated():
    found = [
        f"{name}, line {line}: {what}"
        for name, path in modules(SRC).items()
        for line, what in unsafe(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert not found, "\n".join(found)


def test_the_search_for_unsafe_code_finds_each_kind():
    text = (
        "import pickle, json\nfrom joblib import load\neval('1')\nnp.load(f, allow_pickle=True)\n"
        "model.eval()\nnp.load(f, allow_pickle=False)\n"
    )
    assert [line for line, _ in sorted(unsafe(ast.parse(text)))] == [1, 2, 3, 4]


# ---------------------------------------------------------------------------------------------------------
# Importing loads little
# ---------------------------------------------------------------------------------------------------------

HEAVY = {"numpy", "sklearn", "rich", "cyclopts", "pydantic", "dataclasses", "inspect"}


@pytest.mark.parametrize("statement", ["import whygrad", "from whygrad import Value"])
def test_importing_stays_on_the_light_part_of_the_standard_library(statement):
    # -I and -S: neither the environment nor what site-packages runs at start-up (coverage does) has a say.
    paths = [str(SRC), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    program = f"import sys; sys.path += {paths!r}; {statement}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.split())
    assert PACKAGE in loaded
    assert not loaded & HEAVY, f"{statement} loads {sorted(loaded & HEAVY)}"
