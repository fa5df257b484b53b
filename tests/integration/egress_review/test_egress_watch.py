"""What the desk watches: records of the source, canaries that nobody is told of, pre-checks, requests that add up."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from audit.outward.meanings import MEANINGS
from audit.search import timeline
from egress_review import mail, tables
from egress_review.behaviour import MANY_REQUESTS
from egress_review.errors import Denied, Invalid
from egress_review.findings import Flagged, NotChecked, Severity
from egress_review.model import Choice, Request
from egress_review.watching import OFTEN, PROBING
from egress_review.workflow import State
from hub_config.settings import load_settings, settings_text
from registry.desk import CLI
from registry.model import Role
from tests.integration.egress_review.egress_house import HERE, SAFE, Zone
from tests.integration.egress_review.watch_house import give_source, watched
from tests.unit.egress_review.source_house import HEAD, Row, as_csv, people

BIRD = people(1, 4711)[0]
WIDER = "region,n\nA,120\nB,130\nC,140\nD,150\nE,160\nF,170\n"


def declare(zone: Zone, *rows: Row) -> int:
    file = zone.home / "birds.csv"
    file.write_bytes(as_csv(rows))
    return zone.desk.declare_canaries("omop", file, by=CLI, source=HERE)


def found(zone: Zone, request: Request) -> set[str]:
    """The rules that reviewers of a request are told of."""
    report = zone.desk.view(zone.author, request.ref).report
    assert report is not None
    return {one.rule for file in report.files for one in file.findings if isinstance(one, Flagged)}


def precheck(zone: Zone, content: bytes | str) -> Any:
    name = zone.write("table.csv", content)
    return zone.desk.precheck(zone.workspace, [name], "", source=HERE)


def read_by_author(zone: Zone, ref: str, own_before: int, told_before: int) -> str:
    """Everything that the author can read of a request, and of what happened since; without references and times."""
    view = zone.desk.view(zone.author, ref)
    zone.house.log.settle()
    with zone.house.db.read() as tx:
        own = [entry.body for entry in timeline(tx, person=zone.author.ref)]
    said = {
        "state": view.request.state.value,
        "report": view.report.as_json("ko") if view.report else None,
        "messages": [(one.kind, one.text) for one in view.messages],
        "actions": sorted(view.actions),
        "own": [(one["action"], one["outcome"], one["object"]["kind"]) for one in own[own_before:]],
        "told": [one.content.ko for one in _told(zone)[told_before:]],
    }
    text = json.dumps(said, ensure_ascii=False, sort_keys=True)
    for file in view.request.files:
        text = text.replace(file.sha256, "file")
    return text.replace(ref, "request")


def test_a_request_with_records_of_the_source_is_blocked(each_zone: Zone) -> None:
    rows = watched(each_zone)
    request = each_zone.in_review(as_csv(rows[:5]))
    assert request.state is State.BLOCKED
    assert "source.records" in found(each_zone, request)
    [event] = each_zone.house.entries("egress.blocked")
    assert event["reason"] == "source.records"


def test_the_fingerprints_of_a_small_source_are_made_when_they_are_needed_and_recorded_once(zone: Zone) -> None:
    watched(zone)
    assert zone.in_review().state is State.IN_REVIEW
    assert zone.in_review(WIDER).state is State.IN_REVIEW
    made = zone.house.entries("egress.fingerprinted")
    assert [event["detail"]["version"] for event in made] == [2]
    directory = zone.home / "fingerprints"
    files = [path for path in directory.rglob("*") if path.is_file()]
    assert files
    assert {path.stat().st_mode & 0o077 for path in (*files, directory)} == {0}


def test_fingerprints_that_were_changed_on_disk_are_none(zone: Zone) -> None:
    rows = watched(zone)
    zone.in_review()
    for keys in (zone.home / "fingerprints").rglob("cells.keys"):
        keys.write_bytes(bytes(len(keys.read_bytes())))
    [report] = precheck(zone, as_csv(rows[:5])).files
    assert any(isinstance(one, NotChecked) and one.rule == "source.records" for one in report.findings)


def test_only_data_that_the_author_may_read_is_compared(zone: Zone) -> None:
    watched(zone)
    others = people(300, 99)
    directory = zone.home / "datasets" / "other"
    directory.mkdir()
    (directory / "person.csv").write_bytes(as_csv(others))
    options: dict[str, Any] = {"sensitive": True, "demo": False, "by": CLI, "source": HERE}
    zone.house.registry.register_dataset("other", "자료", "Data", "병원", 300, directory, **options)
    zone.desk.fingerprint("other", 1)
    answer = precheck(zone, as_csv(others[:5]))
    assert "source.records" not in {one.rule for one in answer.files[0].findings if isinstance(one, Flagged)}


def test_a_canary_is_told_to_the_officer_and_never_to_the_author(zone: Zone, tmp_path: Path) -> None:
    rows = watched(zone)
    record = zone.in_review(as_csv(rows[:1]))
    declare(zone, BIRD)
    bird = zone.in_review(as_csv([BIRD]))
    assert (record.state, bird.state) == (State.BLOCKED, State.BLOCKED)
    [alarm] = zone.house.entries("egress.canary_hit")
    assert alarm["object"]["ref"] == bird.ref
    assert alarm["detail"] == {"round": 1, "dataset": "omop", "canaries": 1}
    assert MEANINGS["egress.canary_hit"].alert == "always"
    report = zone.desk.view(zone.author, bird.ref).report
    assert report is not None
    assert "canary" not in json.dumps(report.as_json("en")).lower()
    assert "카나리아" not in json.dumps(report.as_json("ko"), ensure_ascii=False)


def test_what_the_author_reads_is_the_same_byte_for_byte_with_a_canary_and_with_a_record(zone: Zone) -> None:
    rows = watched(zone)
    declare(zone, BIRD)
    # One row of the same shape; the identifiers are left out, for a value of the source in itself is a finding.
    record, bird = (as_csv([row[2:]], HEAD[2:]) for row in (rows[3], BIRD))
    read = []
    for content in (record, bird):
        before = _own(zone), len(_told(zone))
        read.append(read_by_author(zone, zone.in_review(content).ref, *before))
    assert len(zone.house.entries("egress.canary_hit")) == 1
    assert "blocked" in read[0]
    assert read[0] == read[1]


def test_a_pre_check_says_the_same_with_and_without_canaries(zone: Zone) -> None:
    watched(zone)
    file = as_csv([(BIRD[1], "12"), ("x", "13")], ("code", "n"))
    before = precheck(zone, file).as_json("ko")
    declare(zone, BIRD)
    assert precheck(zone, file).as_json("ko") == before
    [alarm] = zone.house.entries("egress.canary_hit")
    assert (alarm["object"]["kind"], alarm["actor"]["kind"]) == ("workspace", "service")
    with zone.house.db.read() as tx:
        own = {entry.body["action"] for entry in timeline(tx, person=zone.author.ref)}
    assert own & {"egress.canary_hit", "egress.probing"} == set(), "an author reads what is recorded of them"


def test_the_officer_reads_of_a_canary_in_the_portal_once_until_it_was_read(zone: Zone) -> None:
    watched(zone)
    officer = zone.house.join("jiwoo", Role.COMPLIANCE_OFFICER).person
    declare(zone, BIRD)
    for _ in range(3):
        precheck(zone, as_csv([BIRD]))
    request = zone.in_review(as_csv([BIRD]))
    told = [message for message in zone.house.registry.messages(officer.ref) if message.code == "egress_canary"]
    assert sorted(one.content.en.partition(":")[0] for one in told) == sorted((zone.workspace.ref, request.ref))
    assert not any("omop" in one.content.en or BIRD[0] in one.content.en for one in told)
    assert {one.code for one in zone.house.registry.messages(zone.author.ref)} <= {"egress_blocked"}, (
        "the author reads nothing of it"
    )


def test_the_officer_is_told_of_a_canary_by_mail_that_says_nothing_of_it(zone: Zone) -> None:
    watched(zone)
    officer = zone.house.join("jiwoo", Role.COMPLIANCE_OFFICER).person
    declare(zone, BIRD)
    request = zone.in_review(as_csv([BIRD]))
    with zone.house.db.read() as tx:
        waiting = tx.execute(select(tables.mail.c.person_ref, tables.mail.c.kind)).all()
    assert (officer.ref, "alarm") in {tuple(row) for row in waiting}
    body = mail.body_of("alarm", request.ref, "Zone", "https://zone.example")
    assert f"/compliance/timeline/request/{request.ref}" in body.en
    assert "canar" not in body.en.lower()
    assert "카나리아" not in body.ko


def test_only_keyed_hashes_of_canaries_are_kept(zone: Zone) -> None:
    watched(zone)
    assert declare(zone, BIRD) == 1
    assert declare(zone, BIRD) == 1, "the same one twice is one"
    kept = (zone.home / "fingerprints" / "canaries" / "omop.json").read_text()
    assert not any(value in kept for value in BIRD if len(value) > 3)
    with pytest.raises(Invalid):
        declare(zone, ("1", "2", "3"))
    for name in ("../omop", "omop/x", ""):
        with pytest.raises(Invalid):
            zone.desk.declare_canaries(name, zone.home / "birds.csv", by=CLI, source=HERE)


def test_whoever_pre_checks_too_often_is_refused_and_that_is_recorded(zone: Zone) -> None:
    watched(zone)
    precheck(zone, SAFE)
    table = [(within, most) for within, most in OFTEN]
    within, most = table[0]
    _fill(zone, most - 1)
    with pytest.raises(Denied) as refused:
        precheck(zone, SAFE)
    assert refused.value.code == "too_often"
    last = zone.house.entries("egress.prechecked")[-1]
    assert (last["outcome"], last["reason"]) == ("denied", "too_often")
    zone.house.clock.now += within + timedelta(seconds=1)
    precheck(zone, SAFE)


def test_whoever_asks_row_by_row_is_told_of_to_the_officer(zone: Zone) -> None:
    rows = watched(zone)
    for row in rows[:PROBING]:
        precheck(zone, as_csv([row]))
    [alarm] = zone.house.entries("egress.probing")
    assert alarm["detail"]["count"] == PROBING
    assert MEANINGS["egress.probing"].alert == "always"


def test_a_file_that_was_stopped_is_known_again(zone: Zone) -> None:
    watched(zone)
    request = zone.in_review(WIDER)
    for who in ("hana", "senior"):
        zone.vote(who, request, Choice.REJECT)
    zone.desk.reject(zone.checkers["hana"], request.ref, "the regions are too small", source=HERE)
    again = zone.in_review(WIDER.replace("170", "171"))
    assert "behaviour.duplicate" in found(zone, again)
    other = zone.in_review("drug,n\nx,220\ny,330\nz,440\nv,550\nw,660\n")
    assert "behaviour.duplicate" not in found(zone, other)


def test_a_first_release_takes_a_senior_checker_where_the_zone_says_so(zone: Zone) -> None:
    watched(zone, first_needs_senior=True)
    request = zone.in_review()
    report = zone.desk.view(zone.checkers["hana"], request.ref).report
    assert report is not None
    [first] = [one for one in report.files[0].findings if one.rule == "behaviour.first"]
    assert first.severity is Severity.FAIL
    zone.vote("hana", request, comment="first release, counts are large")
    after = zone.vote("duri", request, comment="first release, counts are large")
    assert after.state is State.REVIEWED
    after = zone.vote("senior", after, comment="first release, counts are large")
    assert after.state is State.APPROVED
    zone.desk.release(request.ref)
    assert "behaviour.first" not in found(zone, zone.in_review(WIDER))


def test_many_small_requests_are_said_to_add_up(zone: Zone) -> None:
    watched(zone)
    for number in range(MANY_REQUESTS - 1):
        zone.submit(SAFE.replace("120", str(120 + number)))
    assert "behaviour.volume" in found(zone, zone.in_review(WIDER))


def test_a_zone_says_in_its_settings_what_a_first_release_takes(tmp_path: Path) -> None:
    from hub_config.settings import HubSettings, ZoneSettings

    (tmp_path / "ansim.yaml").write_text(settings_text(ZoneSettings(), HubSettings()), encoding="utf-8")
    assert load_settings(tmp_path).egress.first_release == "senior"


def test_a_new_version_of_the_data_has_fingerprints_of_its_own(zone: Zone) -> None:
    watched(zone)
    zone.in_review()
    later = people(500, 77)
    give_source(zone, later)
    assert zone.in_review(as_csv(later[:3])).state is State.BLOCKED


def _own(zone: Zone) -> int:
    """How many entries of the log the author may read."""
    zone.house.log.settle()
    with zone.house.db.read() as tx:
        return len(timeline(tx, person=zone.author.ref))


def _told(zone: Zone) -> list[Any]:
    """What the zone told the author, the first first."""
    return sorted(zone.house.registry.messages(zone.author.ref), key=lambda one: one.at)


def _fill(zone: Zone, count: int) -> None:
    """Let the author have asked so many times more, just now."""
    from egress_review.watching_tables import precheck as table

    row = {"author_ref": zone.author.ref, "project": "gibleed", "files": 0, "stopped": False, "at": zone.house.clock()}
    with zone.house.db.begin() as tx:
        tx.execute(insert(table), [row] * count)
