"""The questions of an officer: answers, counts, proofs, saved searches, copies, and the entries that reading leaves."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from audit.errors import QuestionRefused
from audit.event import Actor, Object, Source
from audit.log import AuditLog
from audit.search import Query, entry, look, search, timeline
from audit.searching import saved
from audit.searching.answers import QUESTIONS, Ask, answer
from audit.searching.asking import Officer
from audit.searching.conditions import statement
from audit.searching.copies import copy_of
from audit.searching.counting import count
from audit.searching.csv_copy import csv_copy
from audit.searching.naming import Named, Names
from audit.searching.plan import Budget, plan
from tests.benchmarks.audit_loader import load, story
from tests.integration.audit.audit_world import ALICE, BOB, ORIGIN, REQUEST, World, a_request_event, an_event

START = datetime(2026, 11, 21, 13, 0, tzinfo=UTC)
FILE, LATER, CAROL = "ab" * 32, "cd" * 32, "p_cccccccccccccccc"
bob, carol, worker = Actor.person(BOB, ("checker",)), Actor.person(CAROL, ("checker",)), Actor.service("worker")
NOBODYS = Source(None)
INTENT = an_event("workspace.start", outcome="intent", source=Source("198.51.100.9"))


@pytest.fixture
def told(world: World) -> World:
    """A request whose first file is replaced before it leaves; one event a minute."""
    times = (START + timedelta(minutes=n) for n in range(1000))
    log = AuditLog(
        world.db, world.keys, component="portal", origin=ORIGIN, log_dir=world.home / "log", clock=lambda: next(times)
    )
    for event in (
        INTENT,
        an_event("workspace.start", intent_id=INTENT.id),
        an_event("workspace.opened"),
        an_event("workspace.opened"),
        an_event("cell.sent"),
        a_request_event("egress.submitted", detail={"files": [{"sha256": FILE, "size": 1}]}),
        an_event("egress.viewed", actor=bob, object=Object("request", REQUEST, "gibleed", FILE)),
        a_request_event("egress.voted", actor=bob, detail={"votes": {FILE: "changes"}}),
        a_request_event("egress.returned", actor=bob, reason="small_cells"),
        a_request_event("egress.resubmitted", detail={"files": [{"sha256": LATER, "size": 1}]}),
        a_request_event("egress.voted", actor=bob, detail={"votes": {LATER: "approve"}}),
        a_request_event("egress.voted", actor=carol, detail={"votes": {LATER: "approve"}}),
        a_request_event("egress.approved", actor=carol, detail={"files": [LATER]}),
        a_request_event("egress.released", actor=worker, source=NOBODYS, detail={"files": [LATER]}),
        a_request_event("egress.collected"),
        an_event("gate.refused", outcome="denied", reason="download", source=Source("198.51.100.9")),
    ):
        log.record(event)
    return world


def log_at(world: World, clock: Callable[[], datetime]) -> AuditLog:
    return AuditLog(world.db, world.keys, component="portal", origin=ORIGIN, log_dir=world.home / "log", clock=clock)


def found(world: World, **conditions: Any) -> list[int]:
    officer = Officer(world.log, bob, NOBODYS)
    with world.db.read() as tx:
        return [e.index for e in search(tx, Query(newest_first=False, **conditions), officer.addresses)]


QUERIES: list[tuple[dict[str, Any], list[int]]] = [
    ({"request": REQUEST}, list(range(5, 15))),
    ({"file": FILE}, [5, 6, 7]),
    ({"file": LATER}, [9, 10, 11, 12, 13]),
    ({"file": LATER, "person": CAROL}, [11, 12]),
    ({"correlation": INTENT.id}, [0, 1]),
    ({"correlation": "nothing"}, []),
    ({"component": "portal", "limit": 2}, [0, 1]),
    ({"component": "gate"}, []),
    ({"address": "198.51.100.9"}, [0, 15]),
    ({"address": "198.51.100.9", "outcome": "denied"}, [15]),
    ({"address": "198.51.100.8"}, []),
    ({"outcome": "intent"}, [0]),
    ({"outcome": "denied", "text": "download"}, [15]),
    ({"outcome": "ok", "action": "workspace."}, [1, 2, 3]),
    ({"actions": ("egress.approved", "egress.returned")}, [8, 12]),
    ({"since": START + timedelta(minutes=2), "until": START + timedelta(minutes=4)}, [2, 3]),
    ({"text": "%"}, []),
    ({"text": "' OR 1=1"}, []),
    ({"file": "' OR 1=1"}, []),
]


def test_every_condition_finds_what_it_says(told: World) -> None:
    for conditions, indexes in QUERIES:
        assert found(told, **conditions) == indexes, conditions


def test_an_outcome_leads_to_its_announcement(told: World) -> None:
    with told.db.read() as tx:
        outcome = entry(tx, 1).id
    assert found(told, correlation=outcome) == [0, 1]


def test_jumping_and_walking_find_the_same(told: World) -> None:
    """Which way a search goes is decided by counting; it must never decide what is found."""
    officer = Officer(told.log, bob, NOBODYS)
    with told.db.read() as tx:
        for conditions, indexes in QUERIES:
            for newest_first in (False, True):
                query = replace(Query(**conditions), newest_first=newest_first)
                walk = plan(tx, query, 16, rare=0, budget=Budget(), addresses=officer.addresses)
                rows = [row.idx for row in walk.run(tx, "e.idx", query.limit)]
                expected = indexes if not newest_first else indexes[::-1]
                if query.limit > len(indexes):
                    assert rows == expected, (conditions, walk.body)


def test_the_clock_may_go_backwards_without_hiding_an_entry(world: World) -> None:
    minutes = iter([0, 1, 30, 31, 10, 11, 40, 41])
    log = AuditLog(
        world.db,
        world.keys,
        component="portal",
        origin=ORIGIN,
        log_dir=world.home / "log",
        clock=lambda: START + timedelta(minutes=next(minutes)),
    )
    for n in range(8):
        log.record(an_event(detail={"n": n}))
    period = Query(since=START + timedelta(minutes=5), until=START + timedelta(minutes=35), newest_first=False)
    with world.db.read() as tx:
        for rare in (0, 20_000):
            assert [row.idx for row in plan(tx, period, 8, rare=rare).run(tx, "e.idx", 9)] == [2, 3, 4, 5]


def test_an_address_is_refused_where_nobody_has_the_keys(told: World) -> None:
    with told.db.read() as tx, pytest.raises(QuestionRefused):
        search(tx, Query(address="198.51.100.9"))


def test_a_budget_ends_a_search_and_the_answer_says_where(told: World) -> None:
    seen: list[int] = []
    query, budget = Query(text="egress.voted", limit=10), Budget(text=5)
    with told.db.read() as tx:
        for _ in range(10):
            page = look(tx, query, budget=budget)
            seen += [one.index for one in page.entries]
            if page.next_after is None:
                break
            assert page.read_to is not None
            query = replace(query, after=page.read_to)
    assert seen == [11, 10, 7]


def test_pages_are_whole_and_say_that_there_is_more(told: World) -> None:
    with told.db.read() as tx:
        first = look(tx, Query(request=REQUEST, limit=6))
        second = look(tx, Query(request=REQUEST, limit=6, after=first.next_after))
    assert (first.more, second.more, second.next_after) == (True, False, None)
    assert [e.index for e in first.entries + second.entries] == list(range(14, 4, -1))


def test_a_file_has_a_timeline(told: World) -> None:
    with told.db.read() as tx:
        assert [e.index for e in timeline(tx, file=FILE)] == [5, 6, 7]


def test_counts_are_of_all_pages(told: World) -> None:
    with told.db.read() as tx:
        counts = count(tx, Query(request=REQUEST, limit=1, after=9))
        few = count(tx, Query(), limit=5)
    assert (counts.total, counts.complete) == (10, True)
    assert counts.actions["egress.voted"] == 3
    assert counts.outcomes == {"ok": 10}
    assert counts.actors == {ALICE: 3, BOB: 4, CAROL: 2, "worker": 1}
    assert (few.total, few.complete) == (5, False)


def test_who_saw_what_counts_the_times_of_each_person(told: World) -> None:
    with told.db.read() as tx:
        lines = answer(tx, "saw", "dataset", "gibleed").seen
    opened = next(line for line in lines if line.action == "workspace.opened")
    assert (opened.actor, opened.project, opened.count, opened.first, opened.last) == (ALICE, "gibleed", 2, 2, 3)
    viewed = next(line for line in lines if line.action == "egress.viewed")
    assert (viewed.actor, viewed.request, viewed.count) == (BOB, REQUEST, 1)
    cells = [line for line in lines if line.action == "cell.sent"]
    assert cells, "code is how data is seen"
    with told.db.read() as tx:
        sent = [one.index for one in search(tx, Query(action="cell.sent", dataset="gibleed", person=ALICE))]
    [alices] = [line for line in cells if line.actor == ALICE]
    assert (alices.count, alices.first, alices.last) == (len(sent), min(sent), max(sent))


ANSWERS: list[tuple[Ask, str, str, list[int]]] = [
    ("left", "request", REQUEST, [14, 13]),
    ("left", "project", "gibleed", [14, 13]),
    ("left", "person", ALICE, [14]),
    ("left", "file", LATER, [14, 13]),
    ("left", "file", FILE, []),
    ("approved", "file", LATER, [12, 11, 10, 8]),
    ("approved", "file", FILE, [8, 7]),
    ("approved", "request", REQUEST, [12, 11, 10, 8, 7]),
    ("approved", "person", CAROL, [12, 11]),
    ("approved", "dataset", "other", []),
]


def test_what_left_and_who_approved(told: World) -> None:
    with told.db.read() as tx:
        for ask, kind, ref, indexes in ANSWERS:
            assert [one.index for one in answer(tx, ask, kind, ref).entries] == indexes, (ask, kind, ref)


def test_a_question_is_asked_of_known_kinds_only(told: World) -> None:
    with told.db.read() as tx:
        for ask in QUESTIONS:
            with pytest.raises(QuestionRefused):
                answer(tx, ask, "intent", INTENT.id)


def test_every_reading_is_an_entry_that_names_nobody(told: World) -> None:
    officer = Officer(told.log, carol, Source("203.0.113.50"))
    officer.find(Query(person=ALICE, limit=3))
    officer.follow("person", ALICE, limit=3)
    officer.open(4)
    officer.answer("saw", "person", ALICE)
    officer.unsealed(4)
    reason = officer.downloaded("월 점검 자료", {"person": ALICE}, "csv", 3)
    assert reason == "월 점검 자료"
    told.log.settle()
    with told.db.read() as tx:
        entries = search(tx, Query(actor=CAROL, action="log.", newest_first=False))
    actions = [one.body["action"] for one in entries]
    assert actions == ["log.searched", "log.viewed", "log.viewed", "log.viewed", "log.unsealed", "log.downloaded"]
    for one in entries:
        if one.body["action"] != "log.unsealed":
            assert ALICE not in json.dumps(one.body)
    assert entries[4].body["subjects"] == {"kind": "person", "refs": [ALICE]}
    assert json.loads(told.log.unseal(entries[0].index)["question"]) == {"person": ALICE}
    opened = told.log.unseal(entries[5].index)
    assert (opened["reason"], json.loads(opened["question"])) == ("월 점검 자료", {"person": ALICE})
    assert entries[5].body["detail"] == {"form": "csv", "rows": 3}


def test_without_a_reason_nothing_is_handed_over_and_nothing_is_recorded(told: World) -> None:
    officer = Officer(told.log, carol, NOBODYS)
    before = told.size()
    with pytest.raises(QuestionRefused):
        officer.downloaded("  a ", {}, "csv", 3)
    assert told.size() == before


def test_a_search_is_kept_shared_run_and_deleted_and_that_is_recorded(told: World) -> None:
    alice, other = Officer(told.log, carol, NOBODYS), Officer(told.log, bob, NOBODYS)
    kept = saved.save(alice, " 월  점검 ", {"person": ALICE, "action": "egress.", "text": ""})
    shared = saved.save(alice, "공유", {"outcome": "denied"}, shared=True)
    with told.db.read() as tx:
        assert [one.name for one in saved.every(tx, CAROL)] == ["공유", "월 점검"]
        assert [one.name for one in saved.every(tx, BOB)] == ["공유"]
        assert saved.load(tx, CAROL, "월 점검").question == {"person": ALICE, "action": "egress."}
        with pytest.raises(QuestionRefused):
            saved.load(tx, BOB, kept.id)
    refusals: tuple[Callable[[], object], ...] = (
        lambda: saved.remove(other, shared.id),
        lambda: saved.save(alice, "공유", {"outcome": "ok"}),
        lambda: saved.save(alice, "x" * 81, {"outcome": "ok"}),
        lambda: saved.save(alice, "leer", {}),
        lambda: saved.save(alice, "주소", {"address": "203.0.113.7"}),
    )
    for refused in refusals:
        with pytest.raises(QuestionRefused):
            refused()
    saved.remove(alice, kept.id)
    told.log.settle()
    with told.db.read() as tx:
        assert [one.id for one in saved.every(tx, CAROL)] == [shared.id]
        actions = [e.body["action"] for e in search(tx, Query(action="log.", newest_first=False))]
        assert "203.0.113.7" not in str(tx.execute(text("SELECT question FROM audit_query")).all())
    assert actions == ["log.query_saved", "log.query_saved", "log.query_deleted"]


def test_a_csv_has_the_five_facts_and_the_proof_of_each_line(told: World) -> None:
    told.log.checkpoint()
    names = Names({ALICE: Named(ALICE, "=cmd|calc", "alice")})
    copy = copy_of(told.log, Query(request=REQUEST), names, most=100)
    content = "".join(csv_copy(copy, "ko"))
    assert content.startswith("\ufeff번호,")
    rows = list(csv.DictReader(io.StringIO(content[1:], newline="")))
    assert [row["번호"] for row in rows] == [str(n) for n in range(14, 4, -1)]
    first = rows[0]
    assert first["행위자"].startswith("'=cmd|calc")
    assert first["접속지"].endswith("(주소 봉인됨)")
    assert first["시각(한국)"] == "2026-11-21 22:14:00"
    assert first["증명"] == "서명된 체크포인트로 증명됨"
    assert "203.0.113.7" not in content
    assert len(first["잎 해시"]) == 64
    assert (copy.size, copy.head.size if copy.head else 0, copy.cut) == (16, 16, False)
    assert copy_of(told.log, Query(), names, most=4).cut


@pytest.mark.sqlite("reads how SQLite plans a question")
def test_every_search_on_a_large_log_uses_an_index(usual_world: World) -> None:
    """No plan reads the table in the order of another index, and none sorts what it need not."""
    load(usual_world.db, story(3_000))
    with usual_world.db.read() as tx:
        for conditions, _ in QUERIES:
            if "address" in conditions:
                continue
            for rare in (0, 20_000):
                found = plan(tx, Query(**conditions), 3_000, rare=rare)
                sql, values = found.select("e.idx", 50)
                steps = [row.detail for row in tx.execute(statement("EXPLAIN QUERY PLAN " + sql, values), values)]
                if "FROM audit_entry e NOT INDEXED" not in sql:
                    read = [step for step in steps if step.startswith("SCAN") and "COVERING INDEX" not in step]
                    assert not any("audit_entry" in step for step in read), (sql, steps)
                walks_in_order = not any(word in conditions for word in ("actions", "since", "correlation"))
                if rare == 0 and walks_in_order:
                    assert not any("TEMP B-TREE" in step for step in steps), (sql, steps)
