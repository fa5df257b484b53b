"""The table of moves of an extract, and the rules about people, hold whatever is tried."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.catalogue import CATALOGUE
from audit.text import Text
from deid.errors import PolicyError
from deid.records.errors import Conflict, Denied, Invalid
from deid.records.model import Draft, Kind, Level, Run, Verdict
from deid.records.order import parse_order
from deid.records.risk_rows import said
from deid.records.rules import (
    CHECKLIST,
    Standing,
    binding_of,
    check_binding,
    check_bytes,
    check_draft,
    check_reviewer,
    check_verdict,
)
from deid.records.workflow import MOVES, NEXT_TEXT, ROLES, STATE_TEXT, Party, State, can, mermaid, move_for

NOW = datetime(2026, 11, 21, tzinfo=UTC)
EVENTS = sorted({move.event for move in MOVES})
REVIEWER = frozenset({"adequacy_reviewer"})
DRAFT = Draft(
    dataset="hospital",
    project="cardio",
    title=Text("자료", "Data"),
    owner="병원",
    people=3,
    sensitive=True,
    kind=Kind.RESEARCH,
    purpose="고혈압 환자의 재입원을 나이와 성별로 비교하는 연구",
    basis="개인정보 보호법 제28조의2",
    scope="2025년 입원 환자",
    need="비교에 필요한 세 항목",
    use="internal",
    recipients=(),
    environment="네트워크 없는 분석환경",
    ends_at=NOW + timedelta(days=30),
)
RUN = Run(
    ref="x_aaaaaaaaaaaaaaaa",
    number=1,
    directory=Path("/nowhere"),
    manifest_sha256="a" * 64,
    files=2,
    policy_sha256="b" * 64,
    linkage_domain="cardio",
    key_version=1,
    tables=({"table": "people", "rows": 3, "sha256": "c" * 64},),
    levels=(Level("people", "age", "quasi", "range", "range", "width=10", "연령대면 충분함"),),
    risk={"version": 1, "tables": {"people": {"before": {"k": 1}, "after": {"k": 5}, "criteria": []}}},
    binding="",
    by_ref="p_aaaaaaaaaaaaaaaa",
    at=NOW,
    event_id="e",
)
BOUND = replace(RUN, binding=binding_of(RUN))


def test_every_state_can_be_reached_from_a_draft_and_has_a_way_on() -> None:
    reached = {State.DRAFT}
    for _ in State:
        reached |= {move.target for move in MOVES if move.source in reached}
    assert reached == set(State)
    assert {move.source for move in MOVES} == set(State) - {State.DESTROYED}


def test_no_step_is_in_the_table_twice_and_each_is_in_the_catalogue() -> None:
    steps = [(move.source, move.target, move.event) for move in MOVES]
    assert len(steps) == len(set(steps))
    assert set(EVENTS) <= set(CATALOGUE)
    assert {CATALOGUE[event].retention for event in EVENTS} == {"pseudonymisation"}


def test_nothing_becomes_mountable_but_by_a_positive_review_of_its_own_run() -> None:
    into = {(move.source, move.by) for move in MOVES if move.target is State.MOUNTABLE}
    assert into == {(State.ADEQUATE, Party.STEWARD)}
    assert {(m.source, m.by) for m in MOVES if m.target is State.ADEQUATE} == {(State.IN_REVIEW, Party.REVIEWER)}
    # A new run forgets the verdict on the one before: its only way on is another review.
    assert {m.target for m in MOVES if m.source is State.PROCESSED} == {
        State.PROCESSED,
        State.IN_REVIEW,
        State.DESTROYED,
    }


@pytest.mark.parametrize("source", list(State))
@pytest.mark.parametrize("event", EVENTS)
def test_what_the_table_does_not_name_is_refused(source: State, event: str) -> None:
    if can(source, event):
        assert move_for(source, event).source is source
    else:
        with pytest.raises(Conflict):
            move_for(source, event)


def test_no_role_takes_the_moves_of_two_parties() -> None:
    parties = [ROLES[party] for party in Party]
    assert sum(map(len, parties)) == len(frozenset().union(*parties))


def test_every_state_is_named_in_both_languages_and_drawn() -> None:
    for state in State:
        assert STATE_TEXT[state].ko
        assert STATE_TEXT[state].en
        assert NEXT_TEXT[state].ko
        assert state.value in mermaid()


@given(
    roles=st.frozensets(st.sampled_from(["adequacy_reviewer", "deid_operator", "researcher", "operator"])),
    member=st.booleans(),
    registrar=st.booleans(),
    made=st.booleans(),
)
def test_a_reviewer_is_nobody_who_made_uses_or_registered(
    roles: frozenset[str], member: bool, registrar: bool, made: bool
) -> None:
    standing = Standing("p_a", roles, member=member, registrar=registrar)
    good = "adequacy_reviewer" in roles and not (member or registrar or made)
    if good:
        check_reviewer(standing, {"p_b"})
    else:
        with pytest.raises(Denied):
            check_reviewer(standing, {"p_a", "p_b"} if made else {"p_b"})


def test_somebody_of_whom_nothing_is_known_may_do_nothing() -> None:
    for roles in (frozenset[str](), REVIEWER):
        with pytest.raises(Denied):
            check_reviewer(Standing("p_a", roles), set())


@given(st.sampled_from(["manifest_sha256", "policy_sha256", "linkage_domain", "key_version", "number", "ref"]))
def test_a_review_binds_to_everything_about_a_run(field: str) -> None:
    other: dict[str, Any] = {field: 7 if field in ("key_version", "number") else "d" * 64}
    changed = replace(BOUND, **other)
    assert binding_of(changed) != BOUND.binding
    with pytest.raises(Conflict) as refused:
        check_binding(changed, BOUND.binding, BOUND.binding)
    assert refused.value.code == "record_altered"


def test_a_forged_risk_report_or_level_table_is_noticed() -> None:
    forged_risk = {"version": 1, "tables": {"people": {"before": {"k": 1}, "after": {"k": 500}, "criteria": []}}}
    forged_levels = (replace(RUN.levels[0], parameters="width=1"),)
    for forged in (replace(BOUND, risk=forged_risk), replace(BOUND, levels=forged_levels)):
        with pytest.raises(Conflict):
            check_binding(forged, BOUND.binding, BOUND.binding)
        # Also if the forger computes the digest anew: the audit log has the old one.
        with pytest.raises(Conflict):
            check_binding(replace(forged, binding=binding_of(forged)), binding_of(forged), BOUND.binding)


def test_a_review_of_another_run_or_of_other_bytes_is_refused() -> None:
    check_binding(BOUND, BOUND.binding, BOUND.binding)
    with pytest.raises(Conflict) as refused:
        check_binding(BOUND, "e" * 64, BOUND.binding)
    assert refused.value.code == "other_run"
    with pytest.raises(Conflict):
        check_bytes(BOUND, "f" * 64)


def test_adequate_takes_the_whole_checklist_and_every_verdict_a_reason() -> None:
    check_verdict(Verdict.ADEQUATE, "기준을 모두 지켰음", "", CHECKLIST)
    check_verdict(Verdict.INADEQUATE, "나이가 너무 자세함", "", ())
    for missing in CHECKLIST:
        with pytest.raises(Invalid) as refused:
            check_verdict(Verdict.ADEQUATE, "기준을 모두 지켰음", "", set(CHECKLIST) - {missing})
        assert CHECKLIST[missing].ko in refused.value.reason.ko
    for verdict in Verdict:
        with pytest.raises(Invalid):
            check_verdict(verdict, " ", "", CHECKLIST)
    with pytest.raises(Invalid):
        check_verdict(Verdict.INADEQUATE, "나이가 너무 자세함", "", ("everything",))


@pytest.mark.parametrize(
    "change",
    [
        {"purpose": "연구"},
        {"basis": ""},
        {"need": " "},
        {"scope": ""},
        {"environment": ""},
        {"ends_at": NOW},
        {"people": -1},
        {"use": "third_party"},
        {"recipients": ("다른 병원",)},
    ],
)
def test_a_draft_says_everything_that_the_law_asks_for(change: dict[str, object]) -> None:
    check_draft(DRAFT, NOW)
    with pytest.raises(Invalid):
        check_draft(replace(DRAFT, **change), NOW)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [None, {"not_computed": "no quasi-identifier"}, "", True, [1]])
def test_what_was_not_computed_never_looks_like_a_figure(value: object) -> None:
    assert said(value, "en") == "not computed"
    assert said(0, "en") == "0"


ORDER = """
version: 1
dataset: hospital
project: cardio
title: {ko: 자료, en: Data}
owner: 병원
people: 3
sensitive: true
purpose: {kind: scientific_research, statement: 고혈압 환자의 재입원을 나이와 성별로 비교하는 연구, basis: 제28조의2}
target: {scope: 2025년 입원 환자, need: 비교에 필요한 세 항목}
environment: {use: internal, protection: 네트워크 없는 분석환경}
ends: 2027-12-31
tables:
  people: {policy: people.yaml, source: people.csv}
"""


def test_an_order_is_read_with_paths_beside_it_and_ends_with_its_last_day_in_korea() -> None:
    order = parse_order(ORDER, Path("/srv/orders"))
    assert order.items["people"].source == Path("/srv/orders/people.csv")
    assert order.draft.ends_at == datetime(2027, 12, 31, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("sensitive: true", "sensitive: true\nhurry: yes"),
        ("dataset: hospital", "dataset: Hospital"),
        ("dataset: hospital", "dataset: 1-hospital"),
        ("people: {policy", "../people: {policy"),
        ("ends: 2027-12-31", "ends: soon"),
        ("kind: scientific_research", "kind: marketing"),
        ("target: {scope: 2025년 입원 환자, need: 비교에 필요한 세 항목}", ""),
        ("tables:\n  people: {policy: people.yaml, source: people.csv}", "tables: {}"),
    ],
)
def test_an_order_that_says_something_else_is_refused_with_its_line(old: str, new: str) -> None:
    with pytest.raises(PolicyError, match="line"):
        parse_order(ORDER.replace(old, new), Path("/srv"))
