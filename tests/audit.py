"""Looks every pinned package up among published advisories: `make audit`.

Says plainly when that could not be done: no answer is no clean bill of health.
"""

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.settings import ROOT

#: File of pins -> how pip-audit reads it without asking pip.
FILES = {
    "requirements.txt": ("--disable-pip", "--require-hashes"),
    "requirements-dev.txt": ("--disable-pip", "--no-deps"),
}
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


def audit(name: str, options: Iterable[str]) -> list[Mapping[str, Any]]:
    """Return what pip-audit says of the packages in one file; nothing when it cannot ask."""
    command = [sys.executable, "-m", "pip_audit", "-r", str(ROOT / name), "-f", "json"]
    done = subprocess.run(
        [*command, "--progress-spinner", "off", *options],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    try:
        packages: list[Mapping[str, Any]] = json.loads(done.stdout)["dependencies"]
    except ValueError:
        print(f"{name}: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)  # noqa: T201
        return []
    return packages


def main() -> int:
    """Audit every file of pins; return the exit status."""
    findings = Findings()
    for name, options in FILES.items():
        findings.take(audit(name, options))
    status, told = findings.conclude()
    print(told)  # noqa: T201
    return status


if __name__ == "__main__":
    sys.exit(main())
