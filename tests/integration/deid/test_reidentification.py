"""A token is led back to a person only as the law and two people permit, one at a time, and never without a record."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from audit.body import parse
from audit.canonical import encode
from audit.merkle import leaf_hash
from deid.errors import KeyStoreError, Refused, UsageError
from deid.key_users import users
from deid.reidentification.standing import MAX_TOKENS, PER_DAY
from tests.integration.deid.reidentification_world import HERE, IDENTIFIERS, WHO, World, a_copy, actor, open_world


@pytest.fixture(scope="module")
def template(usual_databases: None, tmp_path_factory: pytest.TempPathFactory) -> World:
    made = open_world(tmp_path_factory.mktemp("zone"))
    made.make_extract()
    made.db.close()
    return made


@pytest.fixture
def world(template: World, usual_database: None, tmp_path: Path) -> World:
    return a_copy(template, tmp_path / "zone")


def refusal_of(act: object, *arguments: object) -> str:
    with pytest.raises(Refused) as caught:
        act(*arguments)  # type: ignore[operator]
    return caught.value.code


def test_two_people_agree_and_one_token_is_opened_with_its_own_record(world: World) -> None:
    request = world.approved(tokens=2, limit=1)
    assert world.open(request, world.tokens[0]) == IDENTIFIERS[0]
    assert world.events()[2:] == [
        ("reidentify_requested", "ok"),
        ("reidentify_approved", "ok"),
        ("reidentify_approved", "ok"),
        ("token_opened", "intent"),
        ("token_opened", "ok"),
    ]
    assert world.desk.request(request.ref).state(world.clock()) == "used"
    assert world.desk.reason(request.ref) == "긴급 연락이 필요함"


def test_neither_the_value_nor_the_token_stands_anywhere_afterwards(world: World) -> None:
    request = world.approved()
    assert world.open(request, world.tokens[0]) == IDENTIFIERS[0]
    world.db.close()
    (world.home / "people.csv").unlink()
    (world.home / "extract.parquet").unlink()
    written = b"".join(path.read_bytes() for path in world.home.rglob("*") if path.is_file())
    assert IDENTIFIERS[0].encode() not in written
    assert world.tokens[0].encode() not in written


@pytest.mark.parametrize(
    ("first", "second", "code"),
    [
        ("asker", None, "no_authority"),
        ("researcher", None, "no_authority"),
        ("data", "data", "same_person"),
        ("officer", "twin", "same_person"),
        ("twin", "officer", "same_person"),
    ],
)
def test_who_may_not_agree_or_agreed_already_is_refused(
    world: World, first: str, second: str | None, code: str
) -> None:
    request = world.ask()
    if second is not None:
        world.approve(request, first)
    assert refusal_of(world.approve, request, second or first) == code
    assert world.events()[-1] == ("reidentify_approved", "denied")
    assert world.open(request, world.tokens[0]) == "not_approved"


def test_whoever_asked_cannot_agree_even_with_the_role_or_another_account(world: World) -> None:
    world.people.change("asker", roles=frozenset({"deid_operator", "data_controller"}))
    request = world.ask()
    assert refusal_of(world.approve, request, "asker") == "same_person"
    world.people.change("data", marks=world.people.participant(WHO["asker"][0]).marks)
    assert refusal_of(world.approve, request, "data") == "same_person"


def test_a_member_of_the_project_cannot_agree_also_when_the_part_is_over(world: World) -> None:
    world.people.change("officer", projects=frozenset({"cardio"}))
    assert refusal_of(world.approve, world.ask(), "officer") == "member_of_the_project"


def test_who_works_with_the_data_or_has_no_such_role_cannot_ask(world: World) -> None:
    assert refusal_of(lambda: world.ask(by="officer")) == "no_authority"
    world.people.change("data", uses=frozenset({"cardio"}))
    assert refusal_of(lambda: world.ask(by="data")) == "uses_the_data"
    assert world.events()[-1] == ("reidentify_requested", "denied")


@pytest.mark.parametrize("change", [{"active": False}, {"roles": frozenset()}, {"projects": frozenset({"cardio"})}])
def test_what_changed_since_the_approval_counts_at_the_moment_of_use(world: World, change: dict[str, object]) -> None:
    request = world.approved()
    world.people.change("officer", **change)
    assert world.open(request, world.tokens[0]) in ("not_active", "no_authority", "member_of_the_project")


def test_only_the_one_who_asked_opens_and_only_beside_one_who_agreed(world: World) -> None:
    request = world.approved()
    assert world.open(request, world.tokens[0], by="data") == "not_the_requester"
    assert world.open(request, world.tokens[0], beside="reviewer") == "not_an_approver"
    assert world.open(request, world.tokens[0], beside="asker") == "not_an_approver"


def test_limits_hold_at_the_moment_of_use(world: World) -> None:
    request = world.approved(tokens=3, limit=2)
    assert world.open(request, world.tokens[5]) == "not_listed"
    assert world.open(request, world.tokens[0]) == IDENTIFIERS[0]
    assert world.open(request, world.tokens[1], wait=False) == "too_soon"
    assert world.open(request, world.tokens[0]) == "opened_before"
    assert world.open(request, world.tokens[0].upper()) == "opened_before"
    assert world.open(request, world.tokens[1]) == IDENTIFIERS[1]
    assert world.open(request, world.tokens[2]) == "is_used"
    late = world.approved(first=3)
    world.clock.pass_by(days=7)
    assert world.open(late, world.tokens[3]) == "is_expired"


def test_a_request_that_was_taken_back_opens_nothing(world: World) -> None:
    request = world.approved()
    assert (
        refusal_of(lambda: world.desk.refuse(request.ref, "x", by=actor("researcher"), source=HERE)) == "no_authority"
    )
    world.desk.refuse(request.ref, "필요 없어짐", by=actor("asker"), source=HERE)
    assert world.open(request, world.tokens[0]) == "is_refused"
    assert refusal_of(world.approve, request, "reviewer") == "is_refused"


def test_an_approval_counts_for_its_own_request_only(world: World) -> None:
    world.approved()
    other = world.ask(first=2)
    assert world.open(other, world.tokens[2]) == "not_approved"
    world.approve(other, "data")
    assert world.open(other, world.tokens[2]) == "not_approved"


def test_the_zone_opens_no_more_than_its_limit_in_a_day(world: World) -> None:
    with world.keys.database() as book:
        times = [(f"ri_{n}", "t", f"2026-11-21T02:{n:02d}:00.000000Z") for n in range(PER_DAY)]
        book.executemany("INSERT INTO opening VALUES (?, ?, ?)", times)
    assert world.open(world.approved(), world.tokens[0]) == "too_many"


def test_a_token_that_the_key_did_not_make_goes_the_same_way_and_counts(world: World) -> None:
    foreign = ["ab" * 16, "cd" * 40]
    world.tokens[:2] = foreign
    request = world.approved(tokens=3, limit=3)
    before = len(world.events())
    assert [world.open(request, token) for token in (*foreign, world.tokens[2])] == [
        "unknown",
        "unknown",
        IDENTIFIERS[2],
    ]
    assert [outcome for _action, outcome in world.events()[before:]] == ["intent", "failed"] * 2 + ["intent", "ok"]
    assert len(world.desk.request(request.ref).opened) == 3


def test_a_destroyed_key_opens_nothing_and_the_refusal_names_the_record(world: World) -> None:
    request = world.approved()
    (use,) = users(world.keys)
    world.deid.end_use(use.ref, "기간이 끝남", by=actor("asker"), source=HERE)
    record = world.deid.destroy_key("cardio", 1, "기간이 끝남", by=actor("asker"), source=HERE)
    with pytest.raises(KeyStoreError) as caught:
        world.open(request, world.tokens[0])
    assert record.event_id in caught.value.text("ko")
    assert world.events()[-1] == ("token_opened", "denied")
    with pytest.raises(KeyStoreError, match=record.event_id):
        world.ask()


def test_what_has_no_ground_no_limit_or_is_a_bulk_is_no_request(world: World) -> None:
    for options in (
        {"tokens": [], "limit": 1},
        {"tokens": world.tokens[:2], "limit": 3},
        {"tokens": world.tokens[:2], "limit": 0},
        {"tokens": ["홍길동"], "limit": 1},
        {"tokens": [f"{n:032x}" for n in range(MAX_TOKENS + 1)], "limit": 1},
        {"tokens": world.tokens[:1], "limit": 1, "ground": "curiosity"},
        {"tokens": world.tokens[:1], "limit": 1, "days": 365},
    ):
        given = {"ground": "law", "days": 7, **options}
        with pytest.raises(UsageError):
            world.desk.ask(world.sha256, **given, reason="r", by=actor("asker"), source=HERE)  # type: ignore[arg-type]
    world.sha256 = "0" * 64
    assert refusal_of(world.ask) == "unknown_extract"


@pytest.mark.parametrize("hide", [False, True], ids=["body", "body and hash"])
@pytest.mark.parametrize("what", ["limit", "approver"])
def test_a_changed_row_of_the_database_is_found_out(world: World, what: str, hide: bool) -> None:
    request = world.ask(tokens=2, limit=1)
    world.approve(request, "data")
    if what == "limit":
        change_body(world, "deid.reidentify_requested", '"limit":1', '"limit":2', hide=hide)
    else:
        world.approve(request, "officer")
        change_body(world, "deid.reidentify_approved", WHO["officer"][0], WHO["reviewer"][0], hide=hide)
    assert world.open(request, world.tokens[0]) == "record_changed"


def change_body(world: World, action: str, old: str, new: str, *, hide: bool, which: str = "") -> None:
    with world.db.read() as tx:
        rows = tx.execute(text("SELECT idx, body FROM audit_entry WHERE action = :it"), {"it": action}).all()
    index, body = next(
        (idx, bytes(data)) for idx, data in rows if all(part.encode() in bytes(data) for part in (old, which))
    )
    forged = body.replace(old.encode(), new.encode())
    assert encode(parse(forged)) == forged
    statements = [f"UPDATE audit_entry SET body = x'{forged.hex()}' WHERE idx = {index}"]
    if hide:
        statements.append(f"UPDATE audit_entry SET leaf_hash = x'{leaf_hash(forged).hex()}' WHERE idx = {index}")
    world.tamper(*statements)


def test_an_approval_of_another_request_that_is_bent_to_this_one_in_the_database_is_found_out(world: World) -> None:
    wanted, other = world.ask(), world.approved(first=2)
    world.approve(wanted, "data")
    change_body(world, "deid.reidentify_approved", other.event_id, wanted.event_id, hide=True, which=WHO["officer"][0])
    world.tamper(
        f"UPDATE audit_link SET ref = '{wanted.event_id}' WHERE ref = '{other.event_id}'"
        f" AND idx IN (SELECT idx FROM audit_entry WHERE actor_ref = '{WHO['officer'][0]}')"
    )
    assert world.open(wanted, world.tokens[0]) == "record_changed"


def test_neither_of_the_two_books_alone_can_be_set_back_to_open_a_token_twice(world: World) -> None:
    request = world.approved()
    assert world.open(request, world.tokens[0]) == IDENTIFIERS[0]
    with world.keys.database() as book:
        book.execute("DELETE FROM opening")
    assert world.open(request, world.tokens[0]) == "opened_before"
    assert world.open(request, world.tokens[1]) == IDENTIFIERS[1]
    second = world.approved(first=2)
    assert world.open(second, world.tokens[2]) == IDENTIFIERS[2]
    world.tamper("DELETE FROM audit_link WHERE idx IN (SELECT idx FROM audit_entry WHERE action = 'deid.token_opened')")
    assert world.open(second, world.tokens[2]) == "opened_before"


def test_two_processes_that_race_for_the_last_token_do_not_both_get_it(world: World) -> None:
    request = world.approved(tokens=2, limit=1)
    command = [sys.executable, "-m", "tests.integration.deid.reidentification_world", str(world.home), request.ref]
    both = [
        subprocess.Popen([*command, token], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for token in world.tokens[:2]
    ]
    for one in both:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    answers = sorted(one.communicate(timeout=120)[0] for one in both)
    assert answers == ["is_used", "opened"]
    assert [event for event in world.events() if event == ("token_opened", "ok")] == [("token_opened", "ok")]
