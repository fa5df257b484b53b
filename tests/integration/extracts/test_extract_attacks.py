"""What people with a role, a shell or the database itself may try: nothing unreviewed is ever mounted."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from deid.records.desk import Acting
from deid.records.errors import Conflict, Denied
from deid.records.model import Extract
from deid.records.rules import binding_of
from deid.records.workflow import State
from registry.desk import CLI
from registry.errors import Denied as Refused
from registry.model import Role
from tests.integration.extracts.extract_world import HERE, World, open_world


def register_by_hand(world: World, directory: Path, *, outside: str = "") -> None:
    """Register a directory as the command line does, past the desk of extracts."""
    about = ("hospital", "입원 기록", "Admissions", "병원", 6)
    world.registry.register_dataset(*about, directory, sensitive=True, demo=False, outside=outside, by=CLI, source=HERE)


@pytest.mark.parametrize(
    ("handle", "code"),
    [
        ("minji", "no_authority"),
        ("nari", "no_authority"),
        ("sunhee", "no_authority"),
        ("haneul", "reviewer_is_member"),
        ("bora", "own_extract"),
    ],
)
def test_whoever_made_or_uses_it_or_has_no_part_in_it_cannot_approve(world: World, handle: str, code: str) -> None:
    extract = world.in_review(by="bora")
    with pytest.raises(Denied) as refused:
        world.review(extract, by=handle)
    assert refused.value.code == code
    assert world.desk.get(extract.ref).state is State.IN_REVIEW
    last = world.entries()[-1]
    assert (last["action"], last["outcome"], last["reason"]) == ("extract.reviewed", "denied", code)


def test_who_handed_in_what_another_made_cannot_approve_it_either(world: World) -> None:
    made = world.processed(by="nari")
    extract = world.desk.submit(made.ref, by=world.by("bora"))
    with pytest.raises(Denied) as refused:
        world.review(extract, by="bora")
    assert refused.value.code == "own_extract"


def test_who_registered_the_dataset_before_cannot_review_the_next_version(world: World) -> None:
    world.desk.register(world.adequate().ref, by=world.by("jihye"))
    second = world.in_review()
    with pytest.raises(Denied) as refused:
        world.review(second, by="jihye")
    assert refused.value.code == "reviewer_is_registrar"


def test_the_reviewer_cannot_register_what_they_reviewed(world: World) -> None:
    extract = world.review(world.in_review(), by="jihye")
    with pytest.raises(Denied) as refused:
        world.desk.register(extract.ref, by=world.by("jihye"))
    assert refused.value.code == "reviewer_registers"
    assert extract.run is not None
    controller = world.by("jihye").actor
    about = ("hospital", "입원 기록", "Admissions", "병원", 6, extract.run.directory)
    with pytest.raises(Refused):
        world.registry.register_dataset(*about, sensitive=True, demo=False, by=controller, source=HERE)
    assert world.desk.get(extract.ref).state is State.ADEQUATE


def test_nobody_reviews_in_the_name_of_another(world: World) -> None:
    extract = world.in_review()
    reviewer = world.by("dohyun")
    for by in (Acting(CLI, reviewer.ref, HERE), replace(world.by("nari"), ref=reviewer.ref), Acting(CLI, "cli", HERE)):
        with pytest.raises(Denied):
            world.review(extract, acting=by)
    assert world.desk.get(extract.ref).state is State.IN_REVIEW


def test_a_suspended_reviewer_decides_nothing(world: World) -> None:
    extract = world.in_review()
    reviewer = world.by("dohyun")
    world.registry.suspend("dohyun", by=CLI, source=HERE)
    with pytest.raises(Denied):
        world.review(extract, acting=reviewer)


def go_on(world: World, extract: Extract) -> Extract:
    """Take the next step, by the person whose it is."""
    if extract.state is State.IN_REVIEW:
        return world.review(extract)
    return world.desk.register(extract.ref, by=world.by("sunhee"))


@pytest.mark.parametrize("moment", [World.in_review, World.adequate])
def test_one_changed_byte_stops_the_way(world: World, moment: Callable[[World], Extract]) -> None:
    extract = moment(world)
    assert extract.run is not None
    table = extract.run.directory / "people.parquet"
    table.chmod(0o644)
    data = bytearray(table.read_bytes())
    data[len(data) // 2] ^= 1
    table.write_bytes(bytes(data))
    with pytest.raises(Conflict) as refused:
        go_on(world, extract)
    assert refused.value.code == "files_changed"
    with pytest.raises(Refused) as past:
        register_by_hand(world, extract.run.directory)
    assert past.value.code == "not_reviewed"
    assert world.registry.datasets() == []


def test_an_added_file_is_another_extract(world: World) -> None:
    extract = world.adequate()
    assert extract.run is not None
    (extract.run.directory / "names.csv").write_text("환자1,홍길동\n", encoding="utf-8")
    with pytest.raises(Conflict):
        world.desk.register(extract.ref, by=world.by("sunhee"))


def test_raw_data_is_not_registered_past_the_desk(world: World) -> None:
    world.order()
    with pytest.raises(Refused) as refused:
        register_by_hand(world, world.home / "orders")
    assert refused.value.code == "not_reviewed"
    with pytest.raises(Refused):
        register_by_hand(world, world.home / "orders", outside="we treated it ourselves, trust us")
    assert world.entries("dataset.registered")[-1]["outcome"] == "denied"
    extract = world.processed()
    assert extract.run is not None
    with pytest.raises(Refused):
        register_by_hand(world, extract.run.directory)


def test_data_treated_elsewhere_needs_the_setting_and_a_reason_that_is_recorded(world: World) -> None:
    world.order()
    taking = open_world(world.home, treated_outside=True)
    with pytest.raises(Refused) as refused:
        register_by_hand(taking, world.home / "orders")
    assert refused.value.code == "reason_missing"
    register_by_hand(taking, world.home / "orders", outside="통계청이 가명처리하여 제공함 (2026-3호)")
    body = taking.entries("dataset.registered")[-1]
    assert body["detail"]["basis"] == "treated_outside"
    assert "treated_outside" in body["c"]
    taking.db.engine.dispose()


def test_a_verdict_on_one_extract_does_not_open_another(world: World) -> None:
    good = world.adequate()
    world.policy = world.policy.replace("action: range, params: {width: 20}", "action: keep").replace("{k: 2}", "{}")
    bad = world.in_review()
    assert good.run is not None
    with pytest.raises(Conflict) as refused:
        world.review(bad, binding=good.run.binding)
    assert refused.value.code == "other_run"
    # The review and the move are copied in the database itself.
    world.tamper(
        "INSERT INTO deid_extract_review SELECT"
        f" '{bad.ref}', run, verdict, reason, conditions, checked, binding, by_ref, at, event_id"
        f" FROM deid_extract_review WHERE ref = '{good.ref}'",
        f"INSERT INTO deid_extract_move SELECT '{bad.ref}', number, state, by_ref, at, event_id"
        f" FROM deid_extract_move WHERE ref = '{good.ref}' AND state = 'adequate'",
    )
    refuse_registration(world, bad)


@pytest.mark.parametrize("thorough", [False, True])
def test_a_forged_risk_report_is_worth_nothing(world: World, thorough: bool) -> None:
    extract = world.in_review()
    assert extract.run is not None
    forged = json.loads(json.dumps(extract.run.risk).replace('"k": 1', '"k": 900'))
    assert forged != extract.run.risk
    run = replace(extract.run, risk=forged)
    binding = binding_of(run) if thorough else run.binding
    text = json.dumps(forged, ensure_ascii=False).replace("'", "''")
    world.tamper(f"UPDATE deid_extract_run SET risk = '{text}', binding = '{binding}'")
    with pytest.raises(Conflict) as refused:
        world.review(extract, binding=binding)
    assert refused.value.code == "record_altered"


def test_a_verdict_turned_around_in_the_database_opens_nothing(world: World) -> None:
    extract = world.review(world.in_review(), adequate=False)
    world.tamper(
        "UPDATE deid_extract_review SET verdict = 'adequate'",
        "UPDATE deid_extract_move SET state = 'adequate' WHERE state = 'inadequate'",
    )
    refuse_registration(world, extract)


def test_a_verdict_invented_in_the_database_opens_nothing(world: World) -> None:
    extract = world.in_review()
    assert extract.run is not None
    event = extract.steps[-1].event_id
    person = world.by("dohyun").ref
    world.tamper(
        "INSERT INTO deid_extract_review VALUES"
        f" ('{extract.ref}', 1, 'adequate', 'good', '', '[]', '{extract.run.binding}', '{person}',"
        f" '2026-11-21', '{event}')",
        f"INSERT INTO deid_extract_move VALUES ('{extract.ref}', 4, 'adequate', '{person}', '2026-11-21', '{event}')",
    )
    refuse_registration(world, extract)


def test_an_operator_cannot_grant_themselves_a_part_after_the_fact(world: World) -> None:
    extract = world.in_review()
    world.registry.grant_role("minji", Role.ADEQUACY_REVIEWER, by=CLI, source=HERE)
    with pytest.raises(Denied) as refused:
        world.review(extract, by="minji")
    assert refused.value.code == "reviewer_is_member"
    # Leaving the project does not help: who was a member stays one here.
    world.registry.remove_member("cardio", "minji", by=CLI, source=HERE)
    with pytest.raises(Denied):
        world.review(extract, by="minji")


def refuse_registration(world: World, extract: Extract) -> None:
    assert world.desk.get(extract.ref).state is State.ADEQUATE
    with pytest.raises((Conflict, Denied)):
        world.desk.register(extract.ref, by=world.by("sunhee"))
    assert extract.run is not None
    with pytest.raises(Refused) as refused:
        register_by_hand(world, extract.run.directory)
    assert refused.value.code == "not_reviewed"
