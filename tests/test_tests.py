"""Every test can fail by what it claims, not only by an error on the way."""

import ast
from collections.abc import Iterator

from bot.settings import ROOT


def collected() -> Iterator[tuple[str, ast.AST]]:
    """Each test function and its place."""
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            if is_function and node.name.startswith("test"):
                yield f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", node


def claims_something(test: ast.AST) -> bool:
    """Whether a test asserts, or expects an error."""
    return any(
        isinstance(node, ast.Assert)
        or (isinstance(node, ast.withitem) and "pytest.raises(" in ast.unparse(node))
        for node in ast.walk(test)
    )


def test_every_test_claims_something() -> None:
    """Waiting for a condition is not enough: what was waited for is looked at."""
    found = list(collected())

    assert [place for place, test in found if not claims_something(test)] == []
    assert any("test_every_test_claims_something" in place for place, _ in found)
