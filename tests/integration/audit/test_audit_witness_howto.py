"""The how-to pages about witnesses and keys: every command on them runs, and both languages name the same ones."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from audit.trusted import TRUSTED_KEYS_FILE
from tests.integration.audit.audit_attesting import Terminal
from tests.integration.audit.audit_world import ORIGIN, World

REPOSITORY = Path(__file__).resolve().parents[3]
PAGES = REPOSITORY / "docs" / "how-to"
ZONE, WITNESS = ".venv/bin/ansim audit ", "python3 -m audit.witness "
BLOCK = re.compile(r"```(?:sh|yaml|ini|text)\n(.*?)```", re.DOTALL)
POLICY_KEYS = re.compile(r"\S+\+[0-9a-f]{8}\+\S+…")


def blocks(page: str) -> list[str]:
    return BLOCK.findall((PAGES / page).read_text(encoding="utf-8"))


def commands(page: str) -> list[str]:
    lines = [line for block in blocks(page) for line in block.splitlines()]
    return [line for line in lines if line.startswith((ZONE, WITNESS, ".venv/bin/ansim "))]


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C")


class Desk:
    """A zone, the machine of a witness, and a folder where somebody stands and types."""

    def __init__(self, world: World, folder: Path) -> None:
        self.terminal = Terminal(world)
        self.folder = folder
        self.state = folder / "state"
        shutil.copy(world.home / "keys" / TRUSTED_KEYS_FILE, folder)

    def run(self, line: str, **places: str) -> int:
        for name, meant in {"/var/lib/ansim-witness": str(self.state), **places}.items():
            line = line.replace(name, meant)
        if line.startswith(WITNESS):
            return self.start(line).wait(timeout=60)
        here = Path.cwd()
        os.chdir(self.folder)
        try:
            return self.terminal.run(*line.removeprefix(ZONE).split())
        finally:
            os.chdir(here)

    def start(self, line: str) -> subprocess.Popen[str]:
        arguments = [sys.executable, "-m", "audit.witness", *line.removeprefix(WITNESS).split()]
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONUNBUFFERED": "1"}
        return subprocess.Popen(
            arguments, cwd=self.folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )


@pytest.fixture
def desk(usual_world: World, tmp_path: Path) -> Desk:
    usual_world.fill(5)
    usual_world.log.checkpoint()
    folder = tmp_path / "desk"
    folder.mkdir()
    return Desk(usual_world, folder)


@pytest.mark.parametrize("page", ["run-a-witness", "rotate-keys"])
def test_both_languages_have_the_same_blocks(page: str) -> None:
    assert blocks(f"{page}.ko.md") == blocks(f"{page}.md")
    assert len(commands(f"{page}.md")) > 5


def test_a_witness_runs_as_the_page_says(desk: Desk, usual_world: World) -> None:
    lines = commands("run-a-witness.md")
    made, served, zone_status, status, request, signed, accepted = lines
    assert desk.run(made) == 0
    [policy] = [block for block in blocks("run-a-witness.md") if block.startswith("log ")]
    keys = [usual_world.keys.verifier(ORIGIN).vkey(), *(desk.state / "witness.vkey").read_text().split()]
    desk.terminal.policy = POLICY_KEYS.sub(lambda _match: keys.pop(0), policy)
    assert desk.run(request) == 0
    assert desk.run(signed) == 0
    assert desk.run(accepted) == 0
    assert desk.run(zone_status) == 0
    assert desk.run(status) == 0
    process = desk.start(
        served.replace("/var/lib/ansim-witness", str(desk.state)).replace("10.0.0.9:8610", "127.0.0.1:0")
    )
    assert process.stdout is not None
    assert "127.0.0.1" in process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 0
    process.stdout.close()


def test_keys_are_replaced_as_the_page_says(desk: Desk, usual_world: World) -> None:
    listed, rotated, followed, trusted, *others, drilled, continued, started = commands("rotate-keys.md")
    made, _, _, _, request, signed, accepted = commands("run-a-witness.md")
    assert desk.run(made) == 0
    vkey = (desk.state / "witness.vkey").read_text().split()[1]
    policy = f"witness office {vkey}\nquorum office\n"
    desk.terminal.policy = policy
    (desk.folder / "witness-policy").write_text(policy)
    shutil.copy(desk.folder / TRUSTED_KEYS_FILE, desk.folder / "my-kept-keys")
    (desk.folder / "usb").mkdir()
    assert desk.run(listed) == 0
    assert desk.run(rotated, **{"/media/usb": str(desk.folder / "usb")}) == 0
    # The keys of releases, people and cells belong to a whole zone and are replaced in its tests.
    assert [line.split()[4] for line in others] == ["release", "master", "cells"]
    [receipt] = (usual_world.home / "log" / "rotations").iterdir()
    home = str(usual_world.home)
    there = {"log/rotations/SIZE.tlog-proof": str(receipt), "keys/trusted-keys": f"{home}/keys/trusted-keys"}
    assert desk.run(followed, **there) == 0
    shutil.copy(desk.folder / "my-kept-keys", desk.folder / TRUSTED_KEYS_FILE)
    assert desk.run(trusted) == 0
    for line in (request, signed, accepted, drilled):
        assert desk.run(line) == 0
    shutil.copy(desk.folder / "ask.txt.signed", desk.folder / "last-good")
    shutil.copy(desk.folder / "my-kept-keys", desk.folder / "kept-keys")
    assert desk.run(continued, **{"/srv/zone-2": str(desk.folder / "zone-2")}) == 0
    assert (desk.folder / "zone-2" / "keys" / "log.vkey").read_text().startswith("zone-2.example.org/audit+")
    assert started == ".venv/bin/ansim --home /srv/zone-2 up"


def test_a_witness_needs_neither_a_zone_nor_a_database_library() -> None:
    code = "import json, sys, audit.witness.__main__; print(json.dumps([name.split('.')[0] for name in sys.modules]))"
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert not {"sqlalchemy", "httpx2", "hub_config", "docker", "rich"} & set(json.loads(done.stdout))
