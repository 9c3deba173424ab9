"""The sections of RESULTS.md and of other files, replaced one at a time."""

import os
import platform
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from retrieval.metrics import Share

RESULTS = Path(__file__).resolve().parent / "RESULTS.md"
_HEAD = "# Results\n\nMeasured, not promised: each section names the command that makes it again.\n"


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a Markdown table."""
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def show_share(share: Share | None) -> str:
    """Return a share with its interval; "-" where there is none."""
    if share is None:
        return "-"
    return f"{share['value']:.1%} ({share['low']:.1%} - {share['high']:.1%})"


def write_section(name: str, command: str, text: str, path: Path = RESULTS) -> None:
    """Put a section into a file, in place of the one of the same name."""
    today = datetime.now(UTC).strftime("%Y-%m-%d")
    section = f"## {name}\n\n`{command}` on {today}; {machine()}.\n\n{text}\n"
    old = path.read_text("utf-8") if path.exists() else _HEAD
    pattern = re.compile(rf"^## {re.escape(name)}\n.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
    new = pattern.sub(lambda _: f"{section}\n", old)
    if not pattern.search(old):
        new = f"{old.rstrip()}\n\n{section}"
    path.write_text(new.rstrip() + "\n", "utf-8")
    print(section)


def machine() -> str:
    """Describe this machine in a few words."""
    model = "unknown processor"
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = re.findall(r"^model name\s*: (.+)$", info.read_text(), re.MULTILINE)
        model = names[0] if names else model
    return f"{os.cpu_count()} cores, {model}, Python {platform.python_version()}"
