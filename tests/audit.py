"""Looks every pinned package up among published advisories: `make audit`.

Says plainly when that could not be done: no answer is no clean bill of health.
"""

import json
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.settings import ROOT

#: A superset of requirements.txt, so that nothing is looked up twice.
LOCK = ROOT / "requirements-dev.txt"
CLEAN, VULNERABLE, UNKNOWN = 0, 1, 2


@dataclass
class Findings:
    """What is known of the packages: how many were looked up, which were not, and what is wrong."""

    looked_up: int = 0
    unknown: list[str] = field(default_factory=list)
    advisories: list[str] = field(default_factory=list)

    def take(self, packages: Iterable[Mapping[str, Any]]) -> None:
        """Add what pip-audit's JSON says of packages."""
        for package in packages:
            if "skip_reason" in package:
                self.unknown.append(package["name"])
                continue
            self.looked_up += 1
            self.advisories += [
                f"{package['name']} {package['version']}: {found['id']}, "
                f"mended in {', '.join(found['fix_versions']) or 'no release yet'}"
                for found in package["vulns"]
            ]

    def conclude(self) -> tuple[int, str]:
        """Return the exit status and what to tell."""
        if self.advisories:
            return VULNERABLE, "\n".join([*self.advisories, *self._left_out()])
        if not self.looked_up:
            return UNKNOWN, "no advisory database could be reached: NOTHING was audited"
        told = f"{self.looked_up} packages, no known advisory"
        return (UNKNOWN if self.unknown else CLEAN), "\n".join([told, *self._left_out()])

    def _left_out(self) -> list[str]:
        return [f"NOT audited: {', '.join(self.unknown)}"] if self.unknown else []


def list_unlocked() -> list[str]:
    """Return the exact pins of the extras that have no hashes."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [pin for extra in project["optional-dependencies"].values() for pin in extra]
    locked = LOCK.read_text("utf-8").splitlines()
    return [pin for pin in wanted if "==" in pin and not any(x.startswith(pin) for x in locked)]


def audit(file: Path, *options: str) -> list[Mapping[str, Any]]:
    """Return what pip-audit says of the packages in one file; nothing when it cannot ask."""
    command = [sys.executable, "-m", "pip_audit", "-r", str(file), "-f", "json", "--disable-pip"]
    done = subprocess.run(
        [*command, "--progress-spinner", "off", *options],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    try:
        packages: list[Mapping[str, Any]] = json.loads(done.stdout)["dependencies"]
    except ValueError:
        print(f"{file.name}: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)  # noqa: T201
        return []
    return packages


def main() -> int:
    """Audit every pin; return the exit status."""
    findings = Findings()
    findings.take(audit(LOCK, "--require-hashes"))
    with tempfile.TemporaryDirectory() as folder:
        unlocked = Path(folder, "unlocked.txt")
        unlocked.write_text("\n".join(list_unlocked()))
        findings.take(audit(unlocked, "--no-deps"))
    status, told = findings.conclude()
    print(told)  # noqa: T201
    return status


if __name__ == "__main__":
    sys.exit(main())
