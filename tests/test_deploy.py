"""What deploy/ says fits what is there; the engines themselves are asked where there are any."""

import configparser
import json
import re
import shlex
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from bot.cli import _COMMANDS
from bot.intake.serving import DRAIN_SECONDS
from bot.jobs.runner import STOP_SECONDS
from bot.listening import FINISH_SECONDS
from bot.settings import ROOT, Settings

DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
UNIT = (ROOT / "deploy" / "govi.service").read_text("utf-8")
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
PLACE = "/opt/govi"


def instructions(name: str) -> list[str]:
    """The arguments of each instruction of a kind in the Dockerfile."""
    return re.findall(rf"^\s*{name}\s+(.+)$", DOCKERFILE, re.MULTILINE)


def unit() -> configparser.SectionProxy:
    """The service section of the unit."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str
    parser.read_string(UNIT)
    return parser["Service"]


def test_the_image_is_built_by_a_make_target_from_files_that_are_copied() -> None:
    """What it needs is there and not left out of the build."""
    targets = [run.split()[1] for run in instructions("RUN") if run.startswith("make ")]
    left_out = set((ROOT / "deploy" / "Dockerfile.dockerignore").read_text("utf-8").split())
    needed = {"Makefile", "pyproject.toml", "requirements.txt", "README.md", "LICENSE"}
    needed |= {"bot", "retrieval", "knowledge", "migrations"}

    assert targets == ["install"]
    assert f"\n{targets[0]}:" in MAKEFILE
    assert all((ROOT / name).exists() for name in needed)
    assert needed & left_out == set()
    assert {".env", ".git", "var"} <= left_out


def test_both_start_the_command_that_serves() -> None:
    """From the environment that `make install` makes."""
    [entry], [arguments] = instructions("ENTRYPOINT"), instructions("CMD")[-1:]
    image = [*json.loads(entry), *json.loads(arguments)]

    assert image == shlex.split(unit()["ExecStart"])
    assert image[0] == f"{PLACE}/.venv/bin/govi"
    assert image[1] in _COMMANDS
    assert instructions("WORKDIR")[-1] == unit()["WorkingDirectory"] == PLACE


def test_both_set_settings_that_exist() -> None:
    """A mistyped name would be ignored in silence."""
    given = [*instructions("ENV")[0].split(), *unit()["Environment"].split()]
    names = {pair.partition("=")[0] for pair in given}

    assert names <= {name.upper() for name in Settings.model_fields}
    assert "DATA_DIR=/var/lib/govi" in given
    assert instructions("VOLUME") == ["/var/lib/govi"]


def test_a_copy_of_the_example_leaves_alone_what_both_set() -> None:
    """A file of settings is stronger than what the unit and the image say."""
    given = [*instructions("ENV")[0].split(), *unit()["Environment"].split()]
    names = {pair.partition("=")[0] for pair in given}
    example = (ROOT / ".env.example").read_text("utf-8").splitlines()

    assert names & {line.partition("=")[0] for line in example} == set()


def test_the_unit_says_how_a_command_is_run_as_the_service_runs() -> None:
    """As the same user, in the same folder, with the same settings; nobody looks elsewhere."""
    command = UNIT.partition("systemd-run")[2].partition("bin/govi doctor")[0]
    service = unit()
    data_dir, *_ = service["Environment"].split()

    assert f"-p User={service['User']} " in command
    assert f"-p UMask={service['UMask']} " in command
    assert f"-p WorkingDirectory={service['WorkingDirectory']} " in command
    assert f"-E {data_dir} -p EnvironmentFile={service['EnvironmentFile']} " in command


def test_stopping_is_given_the_time_that_it_may_take() -> None:
    """Longer than everything that is waited for at the end, one after the other."""
    most = DRAIN_SECONDS + STOP_SECONDS + FINISH_SECONDS

    assert int(unit()["TimeoutStopSec"]) > most
    assert int(re.findall(r"--stop-timeout (\d+)", DOCKERFILE)[0]) > most


class _Answer(BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        """Answer with the status of the moment."""
        self.send_response(self.status if self.path == "/healthz" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.mark.parametrize(("status", "is_healthy"), [(200, True), (503, False)])
def test_the_images_health_check_fails_when_govi_does(
    status: int, is_healthy: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The very command, on another port; a proxy for what is elsewhere is not asked."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    [check] = re.findall(r"HEALTHCHECK.*?CMD (\[.+\])", DOCKERFILE)
    _, *arguments = json.loads(check)
    server = HTTPServer(("127.0.0.1", 0), type("Answer", (_Answer,), {"status": status}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    command = [part.replace("8081", str(server.server_port)) for part in arguments]

    done = subprocess.run([sys.executable, *command], capture_output=True, check=False)

    server.shutdown()
    server.server_close()
    assert (done.returncode == 0) is is_healthy


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    """Every line of it is understood."""
    copy = tmp_path / "govi.service"
    text = UNIT.replace(f"{PLACE}/.venv/bin/govi", "/bin/true").replace("=govi\n", "=root\n")
    copy.write_text(text.replace("StateDirectory=root", "StateDirectory=govi"))

    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(copy)],
        capture_output=True,
        text=True,
        check=False,
    )

    said = [line for line in done.stderr.splitlines() if "govi.service" in line]
    assert said == []
