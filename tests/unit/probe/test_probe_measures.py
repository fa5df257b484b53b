"""How the server searches and measures a workspace whose kernel numbers and counts for itself, as gVisor's does."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hub_config.keys import load_or_create_keys
from hub_config.probe import memory
from hub_config.probe.attacking import Run, search_memory
from hub_config.probe.model import Verdict
from hub_config.probe.processor import Spent, judged_share

#: A sandbox as the server sees it: a gigabyte of memory in one file, nearly all of it holes.
SANDBOX = """
import os, sys
file = os.memfd_create("runsc-memory")
os.ftruncate(file, 1 << 30)
os.pwrite(file, bytes(reversed(b"kram-a-fo-gnihtemos")), 1 << 29)
print("ready", flush=True)
sys.stdin.read()
"""


#: A workspace that holds what it was given, and nothing that stands on its command line.
HOLDER = """
import sys
held = bytes.fromhex(sys.stdin.readline())
print("ready", flush=True)
sys.stdin.read()
"""


@contextmanager
def running(*command: str) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        try:
            assert child.stdout is not None
            child.stdout.readline()
            yield child
        finally:
            child.kill()


def test_the_memory_of_a_sandbox_is_searched_once_and_its_holes_stay_holes() -> None:
    needles = {"there": b"something-of-a-mark", "not": b"something-of-a-park"}
    with running(sys.executable, "-c", SANDBOX) as child:
        hits, searched = memory.found_in([child.pid, child.pid], needles)
        files = Path(f"/proc/{child.pid}/fd").iterdir()
        [file] = [one for one in files if "runsc-memory" in str(one.readlink())]
        filled = file.stat().st_blocks * 512
    assert hits == {"there": 1, "not": 0}
    assert searched < 1 << 29
    assert filled < 1 << 20, "a search that fills the holes takes the workspace's memory"


def test_the_processes_of_a_workspace_are_told_by_their_descent() -> None:
    with running("/bin/sh", "-c", "sleep 60 & echo ready; wait") as child:
        below = memory.processes_below(child.pid)
    assert below[0] == child.pid
    assert len(below) == len(("the shell", "its child"))
    assert os.getpid() not in below


@pytest.mark.parametrize(
    ("processors", "held_back", "held"),
    [
        (4.0, 30, True),
        (4.9, 30, True),  # 0.98 of 1.0
        (7.0, 30, False),  # stopped now and then, but not enough
        (4.0, 0, False),  # nobody stopped it: that it took no more is chance
    ],
)
def test_a_share_is_kept_to_when_the_server_had_to_stop_what_asked_for_more(
    processors: float, held_back: int, held: bool
) -> None:
    before, after = Spent(10.0, 2.0, 5), Spent(15.0, 2.0 + processors, 5 + held_back)
    assert judged_share(before, after, 1.0)[0] is held


COOKIE, PLANTED, GATE = "c" * 43, "planted-" + "p" * 16, "gate-" + "d" * 32


@pytest.mark.parametrize(
    ("held", "memory_held", "session_held"),
    [
        ([], True, True),
        (["hub"], False, True),
        (["registry"], False, True),
        (["registry as text"], False, True),
        (["gate"], False, True),
        (["cookie"], True, False),
        (["nothing planted"], False, False),
    ],
    ids=str,
)
def test_a_secret_of_the_zone_in_a_workspaces_memory_is_found(
    tmp_path: Path, held: list[str], memory_held: bool, session_held: bool
) -> None:
    keys = load_or_create_keys(tmp_path)
    secrets = {
        "hub": next(iter(keys.hub_tokens.values())).encode(),
        "registry": keys.registry_secret,
        "registry as text": keys.registry_secret.hex().encode(),
        "gate": GATE.encode(),
        "cookie": COOKIE.encode(),
        "nothing planted": b"",
    }
    planted = [] if "nothing planted" in held else [PLANTED.encode()]
    with holding(b"\n".join([*planted, *(secrets[name] for name in held)])) as pid:
        container = SimpleNamespace(attrs={"State": {"Pid": pid}})
        engine = SimpleNamespace(containers=SimpleNamespace(get=lambda name: container))
        place: Any = SimpleNamespace(engine=engine, own="ws", gate_token=GATE)
        run = Run(place, keys, lambda finding: None, [])
        search_memory(run, COOKIE, PLANTED)
    found = {finding.probe: finding.verdict is Verdict.HELD for finding in run.findings}
    assert found == {"secret.memory": memory_held, "secret.session": session_held}


@contextmanager
def holding(content: bytes) -> Iterator[int]:
    """Start a process in whose memory something lies, and yield its number."""
    with subprocess.Popen([sys.executable, "-c", HOLDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            child.stdin.write(content.hex().encode() + b"\n")
            child.stdin.flush()
            child.stdout.readline()
            yield child.pid
        finally:
            child.kill()
