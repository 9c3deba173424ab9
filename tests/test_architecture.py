"""The shape of the code, held by commands."""

import ast
import functools
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import retrieval
from bot.settings import ROOT

#: Package -> what nothing in it may import.
FORBIDDEN = {
    "retrieval": ("bot", "sqlalchemy", "telegram", "alembic"),
    "bot/db": ("bot.services", "bot.handlers", "bot.cli", "retrieval", "telegram"),
    "bot/services": (
        "telegram", "bot.handlers", "bot.cli", "bot.intake", "bot.i18n", "bot.bootstrap", "asyncio",
    ),
    "bot/handlers": ("sqlalchemy", "bot.db.models", "bot.db.engine", "bot.cli", "bot.intake"),
    "bot/delivery": ("bot.db.models", "bot.handlers", "bot.cli", "bot.intake"),
    "bot/charts": (
        "bot.db", "bot.services", "bot.i18n", "bot.handlers", "bot.delivery", "telegram",
    ),
    "bot/keyboards": (
        "sqlalchemy", "bot.db", "bot.handlers", "bot.delivery", "bot.cli", "bot.intake",
    ),
    "bot/jobs": ("sqlalchemy", "bot.db.models", "bot.handlers", "bot.cli", "bot.intake"),
    "bot/intake": ("bot.db.models", "bot.handlers", "bot.cli"),
    "bot/cli": ("bot.handlers", "telegram"),
    "bot/console": (
        "telegram", "bot.handlers", "bot.intake", "bot.delivery", "bot.db.models", "bot.cli",
        "sqlalchemy",
    ),
    "bot/monitoring": ("bot.db.models", "bot.handlers", "bot.cli", "bot.intake", "bot.delivery"),
    "bot/i18n": ("bot.services", "bot.db", "telegram", "retrieval"),
}  # fmt: skip
TORCH_ONLY_IN = "retrieval/training"
LONGEST_FUNCTION, LONGEST_MODULE = 50, 400
PUBLIC_NAMES = 8


def sources(folder: str) -> Iterator[Path]:
    """Python files of a folder and those below it."""
    return (ROOT / folder).rglob("*.py")


@functools.cache
def imported(path: Path) -> set[str]:
    """Every module that a file names in an import, at the top or inside a function."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


def is_under(name: str, packages: tuple[str, ...]) -> bool:
    """Whether a module is one of the packages or inside one."""
    return any(name == package or name.startswith(f"{package}.") for package in packages)


@pytest.mark.parametrize("folder", sorted(FORBIDDEN))
def test_data_flows_one_way(folder: str) -> None:
    """No module imports from a layer above its own."""
    wrong = {
        (str(path.relative_to(ROOT)), name)
        for path in sources(folder)
        for name in imported(path)
        if is_under(name, FORBIDDEN[folder])
    }

    assert wrong == set()


def test_torch_is_imported_in_training_only() -> None:
    """Apart from the embedder's torch runtime, which a setting chooses."""
    users = {
        str(path.relative_to(ROOT))
        for folder in ("bot", "retrieval")
        for path in sources(folder)
        if is_under("torch", tuple(imported(path)))
        or is_under("sentence_transformers", tuple(imported(path)))
    }

    assert {user for user in users if not user.startswith(TORCH_ONLY_IN)} <= {
        "retrieval/embedder.py",
        "retrieval/model/govi_transformer.py",
    }


@pytest.mark.parametrize("module", ["bot.cli", "bot.bootstrap", "bot.application", "retrieval"])
def test_importing_loads_nothing_heavy_and_opens_nothing(module: str, tmp_path: Path) -> None:
    """No torch, no ONNX Runtime, no file written: importing is free."""
    code = (
        f"import sys, {module}; "
        "print(sorted({'torch', 'onnxruntime', 'sentence_transformers', 'transformers'}"
        " & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"
    assert list(tmp_path.iterdir()) == []


def test_matplotlib_is_imported_in_a_process_of_its_own_only() -> None:
    """What serves would carry its weight for good."""
    users = {
        str(path.relative_to(ROOT))
        for path in sources("bot")
        if is_under("matplotlib", tuple(imported(path)))
    }
    imports_it = [
        str(path.relative_to(ROOT))
        for path in sources("bot")
        if "bot.charts.painter" in imported(path)
    ]

    assert users == {"bot/charts/painter.py"}
    assert imports_it == []


def test_the_front_door_of_retrieval_is_small_and_true() -> None:
    """At most eight names, each importable."""
    assert len(retrieval.__all__) <= PUBLIC_NAMES
    assert all(hasattr(retrieval, name) for name in retrieval.__all__)


def functions() -> Iterator[tuple[str, int]]:
    """Each function's place and length without its docstring."""
    for folder in ("bot", "retrieval", "benchmarks"):
        for path in sources(folder):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    body = node.body[1:] if ast.get_docstring(node) else node.body
                    length = (node.end_lineno or 0) - body[0].lineno + 1 if body else 0
                    yield f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", length


def test_functions_are_short() -> None:
    """None over the limit, and nine in ten within half of it."""
    lengths = sorted(length for _, length in functions())

    assert [place for place, length in functions() if length > LONGEST_FUNCTION] == []
    assert lengths[len(lengths) * 9 // 10] <= LONGEST_FUNCTION // 2


def test_modules_are_short() -> None:
    """A module fits in one sitting."""
    long = {
        str(path.relative_to(ROOT)): count
        for folder in ("bot", "retrieval", "tests", "benchmarks")
        for path in sources(folder)
        if (count := len(path.read_text("utf-8").splitlines())) > LONGEST_MODULE
    }

    assert long == {}
