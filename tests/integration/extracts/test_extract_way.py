"""Raw data becomes a mountable extract only by a policy, a review by somebody else, and a registration."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import cast

import pytest
from sqlalchemy.exc import DatabaseError

from audit.errors import AuditError
from audit.text import Language
from deid.errors import DataError, KeyStoreError
from deid.keys import KeyStore
from deid.records.errors import Conflict, Denied, Invalid
from deid.records.forms import record_form, review_form
from deid.records.model import Use
from deid.records.notice import notice_form
from deid.records.pdf import form_pdf
from deid.records.workflow import State
from registry.desk import CLI
from registry.errors import Denied as Refused
from registry.errors import NotFound
from registry.model import Role
from tests.databases import refuse_entries
from tests.integration.extracts.extract_world import HERE, PERIOD, World


def test_the_whole_way_leaves_one_event_for_each_move_in_the_order_of_the_moves(world: World) -> None:
    extract = world.mountable()
    assert extract.state is State.MOUNTABLE
    assert extract.version == 1
    assert world.outcomes() == [
        ("extract.drafted", "ok"),
        ("extract.processed", "ok"),
        ("extract.submitted", "ok"),
        ("extract.reviewed", "ok"),
        ("extract.admitted", "ok"),
    ]
    assert [step.event_id for step in extract.steps] == [body["id"] for body in world.entries()]
    for body in world.entries():
        assert body["actor"]["kind"] == "person"
        assert body["subjects"]["datasets"][0]["people"] == 6
    [registered] = world.entries("dataset.registered")
    assert registered["detail"]["basis"] == "reviewed"
    world.log.checkpoint()


def test_a_granted_project_mounts_exactly_the_reviewed_bytes(world: World) -> None:
    extract = world.mountable()
    world.granted()
    permit = world.registry.may_work("minji", "cardio")
    assert extract.run is not None
    assert permit.mounts[0].manifest_sha256 == extract.run.manifest_sha256
    world.registry.check_mounts(permit, by=CLI, source=HERE)
    table = extract.run.directory / "people.parquet"
    table.chmod(0o644)
    table.write_bytes(table.read_bytes()[:-1] + b"\0")
    with pytest.raises(Refused) as refused:
        world.registry.check_mounts(permit, by=CLI, source=HERE)
    assert refused.value.code == "dataset_changed"


def test_the_extract_says_what_was_done_and_holds_nothing_that_was_dropped(world: World) -> None:
    extract = world.processed()
    assert extract.run is not None
    page = (extract.run.directory / "README.md").read_text(encoding="utf-8")
    assert "일방향 암호화" in page
    assert "`phone`" in page
    everything = b"".join(path.read_bytes() for path in extract.run.directory.iterdir())
    assert b"010-1234" not in everything
    assert "환자1".encode() not in everything
    # The level table has a row for the column that the policy did not even name.
    assert ("phone", "drop") in {(level.column, level.action) for level in extract.run.levels}


def test_an_inadequate_extract_is_made_anew_and_reviewed_anew(world: World) -> None:
    first = world.in_review()
    refused = world.review(first, adequate=False, reason="연령대가 너무 좁습니다.")
    assert refused.state is State.INADEQUATE
    with pytest.raises(Conflict):
        world.desk.register(first.ref, by=world.by("sunhee"))
    world.policy = world.policy.replace("width: 20", "width: 40")
    second = world.desk.process(first.ref, world.order(), by=world.by("nari"))
    assert second.state is State.PROCESSED
    assert second.run is not None
    assert first.run is not None
    assert second.run.number == 2
    assert not first.run.directory.exists()
    again = world.desk.submit(first.ref, by=world.by("nari"))
    assert world.review(again).state is State.ADEQUATE


def test_what_cannot_be_made_leaves_no_file_and_no_run(world: World) -> None:
    world.policy = world.policy.replace("release: {k: 2}", "release: {k: 50}")
    order = world.order()
    draft = world.desk.draft(order.draft, by=world.by("nari"))
    with pytest.raises(DataError):
        world.desk.process(draft.ref, order, by=world.by("nari"))
    assert world.desk.get(draft.ref).state is State.DRAFT
    assert not list((world.home / "datasets").rglob("*.parquet"))


def test_what_cannot_be_recorded_is_not_done(world: World) -> None:
    order = world.order()
    draft = world.desk.draft(order.draft, by=world.by("nari"))
    with world.db.begin() as tx:
        refuse_entries(tx, '"action":"extract.processed"')
    with pytest.raises(AuditError):
        world.desk.process(draft.ref, order, by=world.by("nari"))
    assert world.desk.get(draft.ref).runs == ()
    assert not list((world.home / "datasets").rglob("*.parquet"))


def test_a_policy_for_something_else_is_refused(world: World) -> None:
    world.policy = world.policy.replace("project: cardio", "project: other")
    order = world.order()
    draft = world.desk.draft(order.draft, by=world.by("nari"))
    with pytest.raises(Invalid, match="another"):
        world.desk.process(draft.ref, order, by=world.by("nari"))
    with pytest.raises(NotFound):
        world.desk.draft(world.order(cardio="nothing").draft, by=world.by("nari"))
    with pytest.raises(Conflict):
        world.desk.process(draft.ref, world.order(고혈압="당뇨병"), by=world.by("nari"))


def test_it_is_for_its_project_and_its_period_only(world: World) -> None:
    extract = world.mountable()
    with pytest.raises(Refused) as refused:
        world.granted(project="other")
    assert refused.value.code == "other_project"
    with pytest.raises(Refused) as refused:
        world.granted(ends_at=extract.draft.ends_at + timedelta(days=1))
    assert refused.value.code == "beyond_period"


def test_who_made_or_reviewed_it_cannot_join_the_project_later(world: World) -> None:
    world.in_review()
    world.review(world.desk.every()[0])
    for handle in ("nari", "dohyun"):
        with pytest.raises(Refused) as refused:
            world.registry.add_member("cardio", handle, Role.RESEARCHER, *PERIOD, by=CLI, source=HERE)
        assert refused.value.code == "incompatible_roles"
        world.registry.add_member("other", handle, Role.RESEARCHER, *PERIOD, by=CLI, source=HERE)


def test_at_the_end_of_its_period_nothing_mounts_it_any_more(world: World) -> None:
    extract = world.mountable()
    world.granted()
    permit = world.registry.may_work("minji", "cardio")
    assert world.desk.expire() == []
    world.now[0] = extract.draft.ends_at
    with pytest.raises(Refused) as refused:
        world.registry.check_mounts(permit, by=CLI, source=HERE)
    assert refused.value.code == "extract_ended"
    assert world.outcomes("dataset.checked")[-1] == ("dataset.checked", "denied")
    assert world.desk.expire() == [extract.ref]
    assert world.desk.get(extract.ref).state is State.EXPIRED
    assert world.desk.expire() == []


def test_destruction_takes_files_and_key_and_leaves_the_record(world: World) -> None:
    extract = world.mountable()
    grant = world.granted()
    with pytest.raises(Conflict, match="may still use"):
        world.desk.destroy(extract.ref, "연구가 끝났습니다.", by=world.by("sunhee"))
    world.registry.revoke_grant(grant, by=CLI, source=HERE)
    with pytest.raises(Denied):
        world.desk.destroy(extract.ref, "연구가 끝났습니다.", by=world.by("nari"))
    gone = world.desk.destroy(extract.ref, "연구가 끝났습니다.", by=world.by("sunhee"))
    assert gone.state is State.DESTROYED
    assert gone.run is not None
    assert not gone.run.directory.exists()
    assert gone.destruction is not None
    assert gone.destruction.key is not None
    assert gone.destruction.key["keys"][0]["destroyed_why"] == "연구가 끝났습니다."
    with pytest.raises(KeyStoreError):
        KeyStore(world.home / "additional").key("cardio", 1)
    assert world.outcomes("extract.destroyed") == [
        ("extract.destroyed", "denied"),
        ("extract.destroyed", "intent"),
        ("extract.destroyed", "ok"),
    ]
    text = str(record_form(gone, world.desk.usages(gone), "ko", str))
    assert "연구가 끝났습니다." in text
    assert "2029-11-2" in text


def test_a_key_that_another_extract_needs_is_kept(world: World) -> None:
    first, second = world.processed(), world.processed()
    gone = world.desk.destroy(first.ref, "잘못 만들었습니다.", by=world.by("sunhee"))
    assert gone.destruction is not None
    assert gone.destruction.key is None
    KeyStore(world.home / "additional").key("cardio", 1)
    assert world.desk.submit(second.ref, by=world.by("nari")).state is State.IN_REVIEW


def test_the_forms_name_every_legal_field_and_print(world: World) -> None:
    extract = world.mountable()
    world.granted()
    languages: tuple[Language, ...] = ("ko", "en")
    for language in languages:
        shown = record_form(extract, world.desk.usages(extract), language, str)
        text = str(shown)
        for wanted in (extract.draft.purpose, "제28조의2", "phone", "cardio", extract.draft.owner):
            assert wanted in text
        assert "010-1234" not in text
        judged = review_form(extract, language, str)
        assert "기준을 모두 지켰습니다." in str(judged)
        for form in (shown, judged):
            assert form_pdf(form, language).startswith(b"%PDF")


def test_the_privacy_policy_tells_of_every_extract_that_is_there_and_of_no_value(world: World) -> None:
    drafted = world.adequate()
    assert drafted.draft.purpose in str(notice_form(world.desk.every(), "en"))
    extract = world.desk.register(drafted.ref, by=world.by("sunhee"))
    assert extract.run is not None
    told = notice_form(world.desk.every(), "ko")
    for wanted in (extract.draft.purpose, "과학적 연구", "내부 이용", "추가정보"):
        assert wanted in str(told)
    kept = [level for level in extract.run.levels if level.action != "drop"]
    (items,) = (value for section in told.sections for label, value in section.facts if "항목" in label)
    assert items == ", ".join(f"{level.table}.{level.column}" for level in kept)
    assert "010-1234" not in str(told)
    assert form_pdf(told, "ko").startswith(b"%PDF")


def test_the_privacy_policy_promises_nothing_of_the_place_where_a_third_party_works(world: World) -> None:
    drafted = world.adequate()
    uses: tuple[tuple[Use, bool], ...] = (("internal", True), ("third_party", False))
    for use, promised in uses:
        other = replace(drafted, draft=replace(drafted.draft, use=use, environment="그 기관의 분석실"))
        told = str(notice_form([other], "ko"))
        assert ("네트워크가 없는 분석환경에서만" in told) is promised
        assert ("그 기관의 분석실" in told) is not promised
    for language, said in (("ko", "추출본이 없습니다"), ("en", "No pseudonymised extract")):
        nothing = str(notice_form([], cast(Language, language)))
        assert said in nothing
        assert "ansim deid apply" in nothing


def test_the_record_is_neither_changed_nor_removed(world: World) -> None:
    world.adequate()
    for table in ("deid_extract", "deid_extract_run", "deid_extract_move", "deid_extract_review"):
        for statement in (f"UPDATE {table} SET ref = ref", f"DELETE FROM {table}"):
            with pytest.raises(DatabaseError, match="append-only"), world.db.begin() as tx:
                tx.exec_driver_sql(statement)
