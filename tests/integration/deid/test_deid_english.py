"""English names and places, in an environment of its own with the locked extra: it is no part of the zone's own."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hub_config.bootstrap import LOCKS
from hub_config.processes import REPOSITORY

LOCK = LOCKS["english"]
# Every attempt to reach a network ends the program: what it loads and finds is on this machine.
OFFLINE = """
import socket, sys
def refuse(*_, **__):
    raise SystemExit("English recognisers tried to reach a network")
socket.socket.connect = socket.getaddrinfo = refuse
"""
COMMAND = OFFLINE + "from hub_config.cli import main; sys.exit(main(sys.argv[1:]))"


@pytest.fixture(autouse=True)
def no_network() -> None:
    """The packages come from the package index; what is tested runs without any network."""


@pytest.fixture(scope="module")
def python() -> Path:
    """The Python of an environment with the extra, made on first use and when its lock changes."""
    name = hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]
    home = REPOSITORY / "build" / f"english-{name}"
    if not (home / "complete").exists():
        for old in home.parent.glob("english-*"):
            shutil.rmtree(old)
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        pip = [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--require-hashes", "--no-deps", "-r", str(LOCK)], check=True)
        (home / "complete").touch()
    return home / "bin" / "python"


def run(python: Path, *words: str, stdin: str = "") -> Any:
    """Run a command of the zone with the extra and return what it answered."""
    done = subprocess.run(
        [str(python), "-c", COMMAND, *words],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        cwd=REPOSITORY,
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "PYTHONPATH": str(REPOSITORY)},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.long
@pytest.mark.timeout(900)
def test_english_names_and_places_are_found_and_scrubbed_without_a_network(python: Path, tmp_path: Path) -> None:
    text = "My name is Sarah Connor and I live in Denver. Mail: sarah@example.org"
    (tmp_path / "t.txt").write_text(text, encoding="utf-8")
    home = ("--home", str(tmp_path), "deid")
    answer = json.loads(run(python, *home, "scan", str(tmp_path / "t.txt"), "--english", "--json"))
    found = {text[span["start"] : span["end"]]: span["label"] for span in answer["spans"]}
    assert found == {"Sarah Connor": "PERSON", "Denver": "ADDRESS", "sarah@example.org": "EMAIL"}
    scrubbed = run(python, *home, "scrub", str(tmp_path / "t.txt"), "--english")
    assert not any(value in scrubbed for value in found)
    korean = "담당자 김철수 과장 010-1234-5678"
    documents = [(text, "en"), (korean, "ko"), (text, None)] * 40
    lines = "".join(
        json.dumps({"id": n, "text": words, "lang": language}) + "\n" for n, (words, language) in enumerate(documents)
    )
    both = [json.loads(line)["spans"] for line in run(python, *home, "scan", "--jsonl", stdin=lines).splitlines()]
    assert len(both) == 120
    assert both[:3] == both[3:6] == both[-3:], "the place in a batch changes nothing"
    assert {span["label"] for span in both[0]} == {"PERSON", "ADDRESS", "EMAIL"}
    assert {span["label"] for span in both[1]} == {"PERSON", "PHONE"}
