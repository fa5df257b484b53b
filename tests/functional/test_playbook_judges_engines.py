"""What the playbook says of an engine: one that is too old or that leaks ends the play, whatever it is called.

The tasks are the playbook's own; the engine is a false one that answers as it is told.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.functional.test_playbook_inventories import ANSIBLE, run_ansible

pytestmark = pytest.mark.long  # an environment of its own with Ansible

TASKS = (
    ("docker", "main", "Ask the engine for its version"),
    ("docker", "main", "Refuse engines that are known to be unsafe"),
    ("zone", "images", "Find the scanner's image"),
    ("zone", "images", "Try whether a container without network leaks"),
    ("zone", "images", "Refuse an engine that leaks"),
)
SAFE = "['lo'] ['0000000000000000', '1', '2']"
SCANNER = "sha256:5ca"
#: Answers what it is told, and to nothing but what the playbook asks: of the image that it named, and walled in.
FALSE_ENGINE = """#!/bin/sh
walls="--network none --read-only --cap-drop ALL --security-opt no-new-privileges:true"
case "$*" in
    "version --format "*) cat "$0.version" ;;
    "image inspect --format {{.Id}} ansim/scanner:latest") cat "$0.scanner" ;;
    "run --rm $walls --user 200000:200000 --entrypoint /usr/bin/python3 $(cat "$0.scanner") -c "*) cat "$0.seen" ;;
    *) echo "not asked so: $*" >&2; exit 125 ;;
esac
"""


@dataclass(frozen=True)
class Engine:
    """What an engine answers, and the task at which the play ends with it; none where it is fit."""

    ends_at: str | None
    version: str | None = "26.1.5+dfsg1"
    scanner: str | None = SCANNER
    seen: str | None = SAFE


ENGINES = {
    "fit": Engine(None),
    "oldest": Engine(None, version="20.10.24+dfsg1"),
    "too_old": Engine("Refuse engines that are known to be unsafe", version="20.10.23"),
    "much_too_old": Engine("Refuse engines that are known to be unsafe", version="1.13.1"),
    "silent": Engine("Ask the engine for its version", version=None),
    "without_image": Engine("Find the scanner's image", scanner=None),
    "does_not_start": Engine("Try whether a container without network leaks", seen=None),
    "with_a_network": Engine("Refuse an engine that leaks", seen=SAFE.replace("'lo'", "'lo', 'eth0'")),
    "with_a_right": Engine("Refuse an engine that leaks", seen=SAFE.replace("0000'", "2000'")),
    "gains_rights": Engine("Refuse an engine that leaks", seen=SAFE.replace("'1'", "'0'")),
    "without_a_filter": Engine("Refuse an engine that leaks", seen=SAFE.replace("'2'", "'0'")),
    "says_nothing": Engine("Refuse an engine that leaks", seen=""),
}


def tasks_of_the_playbook() -> list[dict[str, Any]]:
    """The tasks as they stand in the roles; one that is called otherwise by now fails here."""
    found = []
    for role, file, name in TASKS:
        tasks = yaml.safe_load((ANSIBLE / "roles" / role / "tasks" / f"{file}.yml").read_text(encoding="utf-8"))
        found += [task for task in tasks if task["name"] == name]
    assert [task["name"] for task in found] == [name for *_, name in TASKS]
    return found


def make_engine(place: Path, engine: Engine) -> str:
    """Write a false `docker` and return the directory that it lies in."""
    place.mkdir()
    program = place / "docker"
    program.write_text(FALSE_ENGINE, encoding="utf-8")
    program.chmod(0o755)
    for answer in ("version", "scanner", "seen"):
        if (text := getattr(engine, answer)) is not None:
            program.with_suffix(f".{answer}").write_text(f"{text}\n", encoding="utf-8")
    return str(place)


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What one play says that meets all of them, each as a server of its own."""
    place = tmp_path_factory.mktemp("engines")
    hosts = {
        name: {"ansible_connection": "local", "engine": make_engine(place / name, engine)}
        for name, engine in ENGINES.items()
    }
    (place / "hosts.yml").write_text(yaml.safe_dump({"all": {"hosts": hosts}}), encoding="utf-8")
    path = {"PATH": "{{ engine }}:/usr/bin:/bin"}
    play = {"hosts": "all", "gather_facts": False, "environment": path, "tasks": tasks_of_the_playbook()}
    (place / "play.yml").write_text(json.dumps([play]), encoding="utf-8")
    words = ("ansible-playbook", "-i", str(place / "hosts.yml"), str(place / "play.yml"))
    done = run_ansible(place, *words, ANSIBLE_STRATEGY="free")
    assert done.returncode == 2, done.stdout[-3000:] + done.stderr[-2000:]
    return done.stdout


@pytest.mark.parametrize("name", ENGINES)
def test_a_play_ends_at_an_engine_that_is_unfit_and_at_no_other(said: str, name: str) -> None:
    failed = re.findall(rf"TASK \[([^]]+)\][^\n]*\n(?:(?!TASK \[).*\n)*?fatal: \[{name}\]", said)
    ends_at = ENGINES[name].ends_at
    assert failed == ([] if ends_at is None else [ends_at]), said[-3000:]
    counted = re.search(rf"^{name} +: ok=(\d+) .*failed=(\d)", said, re.MULTILINE)
    assert counted is not None
    assert int(counted[2]) == (ends_at is not None)
