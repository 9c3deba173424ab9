"""What stands in SECURITY.md, what `make audit` concludes, and that no lint is got round."""

import re
import tomllib
from collections.abc import Iterator
from importlib import metadata
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bot.settings import ROOT
from tests.audit import CLEAN, UNKNOWN, VULNERABLE, Findings, list_unlocked

FINE: dict[str, Any] = {"name": "a", "version": "1", "vulns": []}
SKIPPED = {"name": "b", "skip_reason": "not found"}
BAD = {"name": "c", "version": "2", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2.1"]}]}


@pytest.mark.parametrize(
    ("packages", "status", "told"),
    [
        ([FINE], CLEAN, "1 packages, no known advisory"),
        ([FINE, BAD], VULNERABLE, "c 2: PYSEC-1, mended in 2.1"),
        ([FINE, SKIPPED], UNKNOWN, "1 packages, no known advisory\nNOT audited: b"),
        ([SKIPPED], UNKNOWN, "no advisory database could be reached: NOTHING was audited"),
        ([], UNKNOWN, "no advisory database could be reached: NOTHING was audited"),
    ],
)
def test_only_what_was_looked_up_is_called_clean(
    packages: list[dict[str, Any]], status: int, told: str
) -> None:
    """Silence is not taken for good news."""
    findings = Findings()

    findings.take(packages)

    assert findings.conclude() == (status, told)


def read_lock(name: str) -> dict[str, str]:
    """Return the pins of a file by package; each must have hashes."""
    lines = (ROOT / name).read_text("utf-8").splitlines()
    pins = [number for number, line in enumerate(lines) if re.match(r"[a-z0-9]", line, re.I)]
    assert [lines[n] for n in pins if "==" not in lines[n] or "--hash" not in lines[n + 1]] == []
    parted = (re.split(r"==|[ ;\\]+", lines[n]) for n in pins)
    return {canonicalize_name(name): version for name, version, *_ in parted}


def test_every_package_is_pinned_with_hashes() -> None:
    """Pip then installs exactly those files and no others; torch alone is not among them."""
    served, everything = read_lock("requirements.txt"), read_lock("requirements-dev.txt")

    assert len(served) > 20
    assert served.items() <= everything.items()
    assert list_unlocked() == ["torch==2.13.0"]


def test_the_lock_holds_everything_that_training_and_tests_pull() -> None:
    """Whatever it lacked would be installed from anywhere, in the second step of `make`."""
    missing = (
        set(walk("govi", frozenset({"train", "dev"}))) - read_lock("requirements-dev.txt").keys()
    )

    assert missing == {"govi", "torch", "pip"}


def walk(name: str, extras: frozenset[str]) -> Iterator[str]:
    """Yield an installed package and what it requires here, torch's own needs left out."""
    waiting, seen = [(canonicalize_name(name), extras)], set()
    while waiting:
        package, extras = waiting.pop()
        if (package, extras) in seen:
            continue
        seen.add((package, extras))
        yield package
        for text in [] if package == "torch" else metadata.requires(package) or []:
            wanted = Requirement(text)
            environments = [{"extra": extra} for extra in extras or {""}]
            if wanted.marker is None or any(map(wanted.marker.evaluate, environments)):
                waiting.append((canonicalize_name(wanted.name), frozenset(wanted.extras)))


def test_no_rule_of_security_is_switched_off_for_the_code() -> None:
    """Single lines may say why they are an exception; folders of tests and benchmarks may."""
    lint = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["ruff"]["lint"]
    files = [file for folder in ("bot", "retrieval") for file in (ROOT / folder).rglob("*.py")]
    blanket = [
        f.name for f in files if re.search(r"#\s*(ruff: noqa|noqa(?!:))", f.read_text("utf-8"))
    ]

    assert "S" in lint["select"]
    assert [rule for rule in lint["ignore"] if re.match(r"S\d", rule)] == []
    ignored = lint["per-file-ignores"].items()
    assert {p for p, rules in ignored if any(re.match(r"S\d", rule) for rule in rules)} <= {
        "tests/**",
        "benchmarks/**",
    }
    assert blanket == []


def test_every_test_that_the_threat_model_names_exists() -> None:
    """What stops a threat today is held by a test tomorrow."""
    told = (ROOT / "SECURITY.md").read_text("utf-8")
    named = set(re.findall(r"`(test_\w+)`", told))
    written = {
        name
        for file in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"def (test_\w+)\(", file.read_text("utf-8"))
    }

    assert len(named) > 20
    assert named - written == set()
