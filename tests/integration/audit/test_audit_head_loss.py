"""The files of all checkpoints are gone: nothing goes on by itself, and going on is recorded."""

from __future__ import annotations

import argparse
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from audit import head_loss
from audit.cli import add_parser
from audit.errors import EventRefused, LogInconsistent
from audit.head import HeadLost
from audit.head_loss import accept
from audit.search import Query, search
from audit.searching.asking import ReasonNeeded
from tests.integration.audit.audit_world import World


@pytest.fixture
def lost(usual_world: World) -> World:
    """A log that signed twice, without a file of either."""
    for _ in range(2):
        usual_world.fill(3)
        usual_world.log.checkpoint()
    shutil.rmtree(usual_world.home / "log")
    return usual_world


@dataclass
class Terminal:
    """The surroundings of one command."""

    world: World
    json: bool = False
    lines: list[str] = field(default_factory=list)

    @property
    def home(self) -> Path:
        return self.world.home

    def zone(self) -> Any:
        return SimpleNamespace(log=self.world.log, db=self.world.db)

    def print(self, *objects: object) -> None:
        self.lines.append(" ".join(map(str, objects)))

    def run(self, *words: str) -> int:
        parser = argparse.ArgumentParser()
        add_parser(parser.add_subparsers())
        parsed = parser.parse_args(["audit", *words])
        self.lines.clear()
        code = parsed.func(parsed, self)
        assert isinstance(code, int)
        return code


def test_neither_a_start_nor_a_signature_passes_over_it(lost: World) -> None:
    for act in (lost.log.check_head, lost.log.checkpoint, lost.log.checkpoint, lambda: lost.log.receipt(0)):
        with pytest.raises(HeadLost, match="signed 6 entries"):
            act()


def test_the_only_checkpoint_counts_as_well(usual_world: World) -> None:
    usual_world.fill(3)
    usual_world.log.checkpoint()
    shutil.rmtree(usual_world.home / "log")
    for act in (usual_world.log.check_head, usual_world.log.checkpoint, usual_world.log.checkpoint):
        with pytest.raises(HeadLost, match="signed 3 entries"):
            act()
    accept(usual_world.log, "the disk of the folder died")
    usual_world.log.check_head()


def test_the_folder_from_a_backup_is_all_it_needs(usual_world: World, tmp_path: Path) -> None:
    for _ in range(2):
        usual_world.fill(3)
        usual_world.log.checkpoint()
    shutil.move(usual_world.home / "log", tmp_path / "kept")
    with pytest.raises(HeadLost):
        usual_world.log.check_head()
    shutil.copytree(tmp_path / "kept", usual_world.home / "log", dirs_exist_ok=True)
    usual_world.log.check_head()


def test_a_first_signature_that_broke_off_before_its_file_is_made_good(usual_world: World) -> None:
    usual_world.fill(3)
    note = usual_world.log.checkpoint()
    for path in (usual_world.home / "log").rglob("*"):
        if path.is_file():
            path.unlink()
    usual_world.log.check_head()
    text = note.partition("\n\n")[0]
    assert usual_world.log.checkpoint().startswith(text)
    usual_world.log.check_head()


def test_accepting_is_recorded_and_the_log_goes_on(lost: World) -> None:
    size, index = accept(lost.log, "the disk of the folder died")
    assert (size, index) == (6, 6)
    lost.log.check_head()
    assert lost.verify().verdict == "intact"
    with lost.db.read() as tx:
        (entry,) = search(tx, Query(action="log.head_accepted"))
    assert entry.body["detail"] == {"size": 6}
    assert lost.log.unseal(index)["comment"] == "the disk of the folder died"
    with pytest.raises(EventRefused):
        accept(lost.log, "again")


@pytest.mark.parametrize("reason", ["", "   ", "x", "a  b", "디스크", "x" * 2001])
def test_a_reason_that_says_nothing_accepts_nothing(lost: World, reason: str) -> None:
    with pytest.raises(ReasonNeeded):
        accept(lost.log, reason)
    assert lost.size() == 6
    with pytest.raises(HeadLost):
        lost.log.check_head()


def test_what_contradicts_the_database_is_not_accepted(lost: World) -> None:
    lost.tamper("UPDATE audit_entry SET leaf_hash = (SELECT leaf_hash FROM audit_entry WHERE idx = 0) WHERE idx = 5")
    with pytest.raises(LogInconsistent, match="first 6 entries"):
        accept(lost.log, "why not")
    assert not (lost.home / "log" / "checkpoint").exists()
    assert lost.size() == 6


def test_the_command_is_for_root_takes_a_reason_and_speaks_both_languages(
    lost: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(head_loss, "become_owner", lambda _home: None)
    terminal = Terminal(lost)
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert terminal.run("accept-head", "--reason", "x") == 3
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    for wrong in ("  ", "disk"):
        assert terminal.run("accept-head", "--reason", wrong) == 2
        said, hint = terminal.lines[-1].splitlines()
        assert ("at least 5 characters" in said, hint.startswith("Write one sentence")) == (True, True)
    assert terminal.run("checkpoint") == 3
    assert "accept-head" in terminal.lines[-1]
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    assert terminal.run("checkpoint") == 3
    assert "파일이 모두 없어졌습니다" in terminal.lines[-1]
    assert terminal.run("accept-head", "--reason", "디스크 고장") == 0
    assert "크기 6의 체크포인트" in terminal.lines[-1]
    assert terminal.run("accept-head", "--reason", "again") == 2


def test_a_copy_that_cannot_be_made_has_its_outcome_recorded(lost: World, tmp_path: Path) -> None:
    terminal = Terminal(lost)
    assert terminal.run("export", str(tmp_path / "copy"), "--reason", "a yearly copy") == 3
    with lost.db.read() as tx:
        found = search(tx, Query(action="log.exported"))
    assert [entry.body["outcome"] for entry in found] == ["failed", "intent"]
