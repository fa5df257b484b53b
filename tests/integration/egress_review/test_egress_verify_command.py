"""`ansim egress verify` in a terminal and for programs, in both languages; and what `ansim doctor` says of it."""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest

from egress_review.errors import NotFound
from egress_review.looking import open_alarms
from egress_review.verify_cli import verify
from tests.integration.egress_review.egress_house import Zone
from tests.integration.egress_review.tampering import by_hand, sets


@dataclass(frozen=True)
class Terminal:
    """The surroundings of the command."""

    desk: object
    json: bool = False
    home: Path = Path()

    def zone(self) -> SimpleNamespace:
        return SimpleNamespace(desk=self.desk)

    def print(self, *objects: object) -> None:
        assert objects


def run(zone: Zone, *, ref: str | None = None, for_programs: bool = False) -> int:
    return verify(argparse.Namespace(ref=ref), Terminal(zone.desk, for_programs))


def test_a_zone_that_nobody_touched_is_as_recorded(zone: Zone, capsys: pytest.CaptureFixture[str]) -> None:
    ref = zone.approved().ref
    assert run(zone) == run(zone, ref=ref) == 0
    assert "All 1 requests are as the audit log has them." in capsys.readouterr().out
    with pytest.raises(NotFound):
        run(zone, ref="er_aaaaaaaaaaaaaaaa")


def test_a_difference_is_said_in_words_and_by_the_exit_code(
    zone: Zone, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = zone.approved().ref
    by_hand(zone, ref, sets("egress_vote", choice="reject"))
    assert run(zone) == 10
    said = capsys.readouterr().out
    assert "A vote says something else than in the log." in said
    assert "1 of 1 requests" in said
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    assert run(zone, ref=ref) == 10
    assert "심사 의견이 기록과 다릅니다." in capsys.readouterr().out
    assert run(zone, for_programs=True) == 10
    document = json.loads(capsys.readouterr().out)
    [found] = document["found"]
    assert (document["requests"], document["different"], found["ref"], found["holds"]) == (1, 1, ref, False)
    assert {one["code"] for one in found["differences"]} == {"vote.choice"}


def test_what_is_right_again_still_waits_for_two_people(zone: Zone, capsys: pytest.CaptureFixture[str]) -> None:
    ref = zone.approved().ref
    by_hand(zone, ref, sets("egress_request", purpose="For the press"))
    zone.desk.watch_requests()
    by_hand(zone, ref, sets("egress_request", purpose="For a paper"))
    assert run(zone) == 10
    assert "wait until two people" in capsys.readouterr().out
    with zone.house.db.read() as tx:
        assert open_alarms(tx) == [ref]
