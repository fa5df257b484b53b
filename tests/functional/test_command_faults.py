"""The `ansim` command where something stands in its way: one sentence, one next step, nothing half-made."""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import pyotp
import pytest

from audit.event import Actor, Source
from audit.search import Query, search
from hub_config.processes import REPOSITORY
from hub_config.settings import load_settings
from hub_config.story.visitor import Visitor
from hub_config.zone import Zone, open_zone
from registry.errors import Denied
from tests.functional.conftest import run_ansim, zone_port

pytestmark = pytest.mark.engine

NOBODY = 65534
SECOND_UP_SECONDS = 10.0  # of the processor; it takes three
#: Parts of a home that change while a zone runs, whoever looks at it: logs, sockets, databases.
MOVING = ("logs", "run", "log", "ansim.db", "ansim.db-wal", "ansim.db-shm", "hub.sqlite", "hub.sqlite-journal")


def listing(home: Path) -> dict[str, int]:
    """Return what lies in a directory with the time of its last change, but for what moves by itself."""
    return {
        str(p.relative_to(home)): p.stat().st_mtime_ns
        for p in sorted(home.rglob("*"))
        if p.relative_to(home).parts[0] not in MOVING and p.is_file()
    }


def made_by_up(home: Path) -> dict[str, int]:
    """Return the files that a start makes: not those of people at work, nor of services that notice their end."""
    of_people = ("workspaces", "cells", "sessions", "vault", "releases", "first-release")
    of_others = (*of_people, "ansim.db", "hub.sqlite", "fingerprints")
    return {name: at for name, at in listing(home).items() if not Path(name).parts[0].startswith(of_others)}


def entries(zone: Zone) -> int:
    """Return the number of entries in the log."""
    with zone.db.read() as tx:
        return search(tx, Query(limit=1))[0].index + 1


def processor_seconds() -> float:
    """Return what the commands that this process ran took of the processor: how busy a machine is plays no part."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def says_one_sentence(result: subprocess.CompletedProcess[str], *words: str) -> None:
    """Hold a refusal to its form: what is wrong on the first line, what to do on the second, no stack trace."""
    lines = result.stderr.strip().splitlines()
    assert lines[0].startswith("ansim: "), result.stderr
    assert len(lines) == 2, result.stderr
    assert result.stdout.strip() == ""
    for word in words:
        assert word in result.stderr


def test_a_taken_port_is_named_with_a_free_one_and_nothing_is_made(tmp_path: Path) -> None:
    home = tmp_path / "zone"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run_ansim(home, "up", "--port", str(port), check=False)
    assert result.returncode == 3
    says_one_sentence(result, f"Port {port}", f"PORT={port + 20}")
    assert not home.exists()


@pytest.fixture
def open_place() -> Iterator[Path]:
    """A directory that everybody may use; every pytest that starts closes the way to the directories of all."""
    with tempfile.TemporaryDirectory(prefix="ansim-open-") as place:
        Path(place).chmod(0o777)
        yield Path(place)


def test_a_person_who_is_not_root_is_told_so_and_nothing_is_made(open_place: Path) -> None:
    bootstrap = open_place / "hub_config" / "bootstrap.py"
    bootstrap.parent.mkdir()
    shutil.copyfile(REPOSITORY / "hub_config" / "bootstrap.py", bootstrap)
    before = sorted(open_place.rglob("*"))
    # `make up` begins with this; the distribution's interpreter, because others may not read ours.
    result = subprocess.run(
        ["/usr/bin/python3", "-B", str(bootstrap), "up"],
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
        cwd=open_place,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 3
    says_one_sentence(result, "root", "sudo make up")
    assert sorted(open_place.rglob("*")) == before


def test_up_itself_refuses_whoever_is_not_root_before_it_makes_anything(open_place: Path) -> None:
    # The checkout may lie where another user cannot read; so the identity is given up after the modules are loaded.
    code = (
        "import os, sys\nfrom hub_config import cli, up, status\n"
        f"os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})\nsys.exit(cli.main(sys.argv[1:]))"
    )
    home = open_place / "zone"
    result = subprocess.run(
        [sys.executable, "-c", code, "--home", str(home), "up", "--port", zone_port()],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 3
    says_one_sentence(result, "root", "sudo make up")
    assert not home.exists()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("zone:\n  colour: blue\n", ("line 2", "zone.colour")),
        ("zones:\n  port: 1\n", ("line 1", "zones")),
        ("zone:\n  bind: 0.0.0.0\n", ("loopback", "127.0.0.1")),
    ],
)
def test_a_setting_that_no_table_names_is_refused_with_its_line(
    tmp_path: Path, line: str, words: tuple[str, ...]
) -> None:
    (tmp_path / "ansim.yaml").write_text(line)
    result = run_ansim(tmp_path, "up", check=False)
    assert result.returncode == 2
    says_one_sentence(result, *words)
    assert [p.name for p in tmp_path.iterdir()] == ["ansim.yaml"]


def test_a_second_up_changes_nothing_and_is_quick(zone: Any) -> None:
    # Whatever ran before: the zone lives on meanwhile, but nothing of what changes may be of this command.
    opened = open_zone(zone.home, "cli")
    before, count = made_by_up(zone.home), entries(opened)
    children = json.loads(zone.ansim("status", "--json").stdout)["processes"]
    began = processor_seconds()
    zone.ansim("up")
    assert processor_seconds() - began < SECOND_UP_SECONDS
    assert made_by_up(zone.home) == before
    assert json.loads(zone.ansim("status", "--json").stdout)["processes"] == children
    with opened.db.read() as tx:
        since = [entry for entry in search(tx, Query(limit=100)) if entry.index >= count]
    assert [entry.body["action"] for entry in since if entry.body["actor"]["ref"] == "cli"] == []


def test_a_demo_zone_refuses_a_dataset_that_is_not_of_the_demo(zone: Any, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("name\n홍길동\n")
    result = zone.ansim("registry", "dataset", "add", "real", str(tmp_path), *DATASET, check=False)
    assert result.returncode == 1
    says_one_sentence(result, "demo")
    assert "real" not in zone.ansim("registry", "dataset", "list").stdout


DATASET = ("--title-ko", "실제", "--title-en", "Real", "--owner", "Hospital", "--people", "1")


def test_doctor_finds_nothing_missing_while_the_zone_runs(zone: Any) -> None:
    result = zone.ansim("doctor", "--json")
    assert all(row["ok"] for row in json.loads(result.stdout))


def test_doctor_says_what_is_missing_and_makes_nothing(tmp_path: Path) -> None:
    home = tmp_path / "zone"
    home.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        (home / "ansim.yaml").write_text(f"zone:\n  port: {port}\n")
        result = run_ansim(home, "doctor", "--json", check=False)
    assert result.returncode == 3
    missing = [row for row in json.loads(result.stdout) if not row["ok"]]
    # The clock is the machine's own: the one that tests run on need not be synchronised.
    missing = [row for row in missing if row["check"] != "clock"]
    assert [row["check"] for row in missing] == ["ports"]
    assert str(port) in missing[0]["reason"]
    assert missing[0]["hint"]
    assert [p.name for p in home.iterdir()] == ["ansim.yaml"]


def listening(home: Path) -> dict[str, set[str]]:
    """Return the addresses on which each process of a zone listens for TCP, by port, from proc(5)."""
    state = json.loads((home / "run" / "supervisor.json").read_text())
    inodes = set()
    for pid in state["children"].values():
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            if (found := re.fullmatch(r"socket:\[(\d+)\]", str(descriptor.readlink()))) is not None:
                inodes.add(found.group(1))
    addresses: dict[str, set[str]] = {}
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            address, port = fields[1].split(":")
            if fields[3] == "0A" and fields[9] in inodes:
                addresses.setdefault(str(int(port, 16)), set()).add(address)
    return addresses


def test_a_zone_listens_on_loopback_and_on_two_ports_only(zone: Any) -> None:
    ports = {str(zone.settings.zone.port), str(zone.settings.hub.port)}
    assert listening(zone.home) == {port: {"0100007F"} for port in ports}  # 127.0.0.1 as the kernel writes it


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """An empty zone, started as for real data; its home and what the start printed."""
    home = tmp_path_factory.mktemp("empty")
    started = run_ansim(home, "up", "--empty", "--port", zone_port())
    yield home, started.stdout
    run_ansim(home, "down", check=False)


async def test_the_first_operator_joins_an_empty_zone_by_its_one_time_link(empty: tuple[Path, str]) -> None:
    home, printed = empty
    found = re.search(r"http://\S+/invitation/\S+", printed)
    assert found is not None, printed
    settings = load_settings(home)
    async with Visitor(settings) as visitor:
        page = await visitor.open(found.group())
        assert page.status == 200
        grouped = re.search(rb'<p class="secret">([A-Z2-7 ]+)</p>', page.body)
        assert grouped is not None
        secret = grouped.group(1).decode().replace(" ", "")
        password = "네 낱말로 된 긴 비밀번호 correct horse"
        values = {"password": password, "again": password, "code": pyotp.TOTP(secret).now()}
        joined = await visitor.submit(page, page.form("/invitation/"), values)
        assert joined.status == 200, joined.content.text
        again = await visitor.open(found.group())
        assert again.status in (404, 410)
        handle = open_zone(home, "cli").registry.people()[0].handle
        await visitor.sign_in(handle, password, secret)
        assert (await visitor.open("/")).status == 200


def test_an_empty_zone_refuses_a_demo_dataset(empty: tuple[Path, str], tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("name\n홍길동\n")
    registry = open_zone(empty[0], "cli").registry
    with pytest.raises(Denied, match="demo"):
        registry.register_dataset(
            "invented",
            "가상",
            "Invented",
            "Hospital",
            1,
            tmp_path,
            sensitive=False,
            demo=True,
            by=Actor.service("cli"),
            source=Source(None),
        )
    assert registry.datasets() == []


def test_down_stops_what_up_started_and_nothing_else_and_may_be_said_twice(empty: tuple[Path, str]) -> None:
    home, _ = empty
    client = docker.from_env()
    other = client.containers.run(
        "ansim/scanner:latest", ["-c", "import time; time.sleep(300)"], entrypoint="python3", detach=True,
        network_mode="none",
    )  # fmt: skip
    try:
        assert run_ansim(home, "down").stdout.strip().endswith("The zone is stopped.")
        assert run_ansim(home, "status", check=False).returncode == 1
        before = listing(home)
        assert run_ansim(home, "down").stdout.strip() == "The zone was not running."
        assert listing(home) == before
        other.reload()
        assert other.status == "running"
    finally:
        other.remove(force=True)
        client.close()
