"""`ansim extract` from the order to the destruction, as an operator types it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyotp
import pytest

from audit.search import Query, search
from deid.records import commands
from deid.records.errors import Conflict, Denied, Invalid
from hub_config.cli import GROUPS, Context, parser
from hub_config.zone import Zone, open_zone
from registry.errors import NotFound
from registry.model import Role
from tests.integration.extracts.extract_world import ORDER, POLICY, RAW
from tests.integration.house.house_people import PASSWORD, join, make_zone, project


@pytest.fixture
def zone(usual_database: None, tmp_path: Path) -> Iterator[Zone]:
    home = tmp_path / "home"
    make_zone(home)
    zone = open_zone(home, "cli")
    project(zone, days=60)
    (tmp_path / "orders").mkdir()
    ends = f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%d}"
    for name, text in (("people.yaml", POLICY), ("people.csv", RAW), ("extract.yaml", ORDER)):
        mine = text.replace("project: cardio", "project: study").replace("2026-12-31", ends)
        (tmp_path / "orders" / name).write_text(mine, encoding="utf-8")
    yield zone
    zone.db.close()


class Typed:
    """What somebody types at the machine, and what it answers."""

    def __init__(self, zone: Zone, capsys: pytest.CaptureFixture[str]) -> None:
        self.zone = zone
        self.capsys = capsys

    def __call__(self, line: str, *more: str, machine: bool = True) -> Any:
        options = parser(GROUPS).parse_args(["extract", *line.split(), *more, *(["--json"] if machine else [])])
        self.capsys.readouterr()
        assert options.func(options, Context(home=self.zone.home, json=machine, _zone=self.zone)) == 0
        said = self.capsys.readouterr().out
        return json.loads(said) if machine else said


def test_an_extract_goes_its_way_at_the_command_line(
    zone: Zone, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    typed, order = Typed(zone, capsys), str(tmp_path / "orders" / "extract.yaml")
    join(zone, "nari", Role.DEID_OPERATOR)
    secret = join(zone, "dohyun", Role.ADEQUACY_REVIEWER)
    made = typed("make", order, "--by", "nari")
    ref = made["ref"]
    assert (made["state"], made["run"], made["rows"]) == ("processed", 1, 6)
    assert typed("make", order, "--by", "nari", "--again", ref)["run"] == 2
    assert typed(f"submit {ref} --by nari")["state"] == "in_review"
    shown = typed(f"show {ref}")
    assert shown["files_intact"] is True
    assert shown["runs"][1]["risk"]["tables"]["people"]["after"]["k"] == 3
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    assert "적정성 검토 중" in typed(f"show {ref}", machine=False)
    assert "people.phone" in typed(f"show {ref}", machine=False)
    later = pyotp.TOTP(secret).at(int(datetime.now(UTC).timestamp()) + 30)
    answers = iter([PASSWORD, later])
    monkeypatch.setattr(commands, "getpass", lambda _: next(answers))
    review = ("--reason", "기준을 지켰습니다.", "--check", "all")
    judged = typed(f"review {ref} adequate --as dohyun --binding", shown["binding"], *review)
    assert judged["verdict"] == "adequate"
    assert typed(f"register {ref}")["version"] == 1
    assert [one["ref"] for one in typed("list")] == [ref]
    record = typed(f"record {ref}")
    assert any(section["heading"] == "이용 내역" for section in record["sections"])
    target = tmp_path / "record.pdf"
    typed(f"record {ref} --review --pdf", str(target), machine=False)
    assert target.read_bytes().startswith(b"%PDF")
    with pytest.raises(Invalid):
        typed(f"destroy {ref} --confirm x --reason", "연구가 끝났습니다.")
    gone = typed(f"destroy {ref} --confirm {ref} --reason", "연구가 끝났습니다.")
    assert gone["state"] == "destroyed"
    assert gone["destruction"]["key"]["keys"][0]["domain"] == "study"
    with zone.db.read() as tx:
        found = search(tx, Query(action="extract.", newest_first=False))
    events = [(one.body["action"], one.body["actor"]["ref"]) for one in found]
    assert ("extract.reviewed", zone.registry.person("dohyun").ref) in events
    # What is written down for somebody names both who typed and whose work it is.
    first = found[0].body
    assert (first["actor"]["ref"], first["on_behalf_of"]) == ("cli", zone.registry.person("nari").ref)


def test_what_is_wrong_is_said_with_the_next_step(
    zone: Zone, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    typed, order = Typed(zone, capsys), str(tmp_path / "orders" / "extract.yaml")
    join(zone, "nari", Role.DEID_OPERATOR)
    join(zone, "minji")
    with pytest.raises(Denied) as refused:
        typed("make", order, "--by", "minji")
    assert (refused.value.exit_code, refused.value.code) == (1, "no_authority")
    with pytest.raises(NotFound):
        typed("make", order, "--by", "nobody")
    ref = typed("make", order, "--by", "nari")["ref"]
    with pytest.raises(Conflict) as early:
        typed(f"register {ref}")
    assert early.value.exit_code == 2
    assert "extract show" in early.value.hint.en
