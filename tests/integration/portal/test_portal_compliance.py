from __future__ import annotations

import re
import time

from audit.event import Actor, Event, Object, Source, Subjects
from audit.proof import parse_proof
from tests.integration.portal.portal_world import LARGE, World


def released(world: World) -> str:
    ref = world.submitted(table=LARGE)
    world.vote("junho", ref)
    world.vote("seoyeon", ref)
    world.zone.desk.release(ref)
    world.signed_in("minji").fill(f"/requests/{ref}/collect", 200)
    return ref


def test_the_whole_story_of_a_release_is_one_timeline(world: World) -> None:
    ref = released(world)
    page = world.signed_in("jiwoo").page(f"/compliance/timeline/request/{ref}")
    story = re.findall(r"egress\.[a-z_]+", page)
    assert story == [
        "egress.drafted",
        "egress.submitted",
        "egress.scanned",
        "egress.voted",
        "egress.voted",
        "egress.approved",
        "egress.releasing",
        "egress.released",
        "egress.collected",
    ]
    assert re.findall(r"<b>(\w+)</b> <span class=.mono", page) == [
        "minji",
        "minji",
        "junho",
        "seoyeon",
        "seoyeon",
        "minji",
    ]


def test_each_search_and_each_look_is_recorded_before_anything_is_shown(world: World) -> None:
    browser = world.signed_in("jiwoo")
    browser.page("/compliance")
    assert world.entries("log.searched") == []
    browser.page("/compliance/search?who=minji")
    browser.page("/compliance/timeline/project/study")
    browser.page("/compliance/entries/1")
    looks = world.entries("log.searched")
    assert len(looks) == 3
    officer = world.zone.registry.person("jiwoo").ref
    assert {look.body["actor"]["ref"] for look in looks} == {officer}
    assert "minji" in world.zone.log.unseal(looks[-1].index)["question"]
    assert "minji" not in str(looks[-1].body)


def test_a_search_finds_by_person_project_dataset_request_action_outcome_and_day(world: World) -> None:
    ref = released(world)
    browser = world.signed_in("jiwoo")

    def found(query: str) -> list[str]:
        page = browser.page(f"/compliance/search?{query}")
        return re.findall(r'<td><a href="/compliance/entries/(\d+)"', page)

    assert len(found(f"request={ref}")) == 9
    assert len(found("action=egress.voted")) == 2
    assert len(found("who=junho&action=egress.voted")) == 1
    assert len(found(f"who={world.zone.registry.person('junho').ref}&action=egress.voted")) == 1
    assert found("who=no-such-person") == []
    assert len(found("project=study&action=egress.released")) == 1
    assert len(found("dataset=gibleed&action=egress.released")) == 1
    assert found("outcome=denied") == []
    assert found("since=2001-01-01&until=2001-01-02") == []
    assert len(found("since=2001-01-01&action=egress.released")) == 1
    browser.page("/compliance/search?since=yesterday", 400)
    browser.page("/compliance/search?outcome=perhaps", 400)


def test_results_are_paged_by_their_index_and_none_is_shown_twice(world: World) -> None:
    for _ in range(60):
        world.zone.log.record(
            Event("zone.reconciled", Actor.system(), Object("zone", "zone"), Subjects.none(), Source(None))
        )
    browser = world.signed_in("jiwoo")
    seen: list[str] = []
    address = "/compliance/search?action=zone.reconciled"
    while True:
        page = browser.page(address)
        seen += re.findall(r'<td><a href="/compliance/entries/(\d+)"', page)
        following = re.search(r'href="(/compliance/search\?[^"]*after=\d+)"', page)
        if following is None:
            break
        address = following[1].replace("&amp;", "&")
    assert len(seen) == len(set(seen)) == 60
    assert seen == sorted(seen, key=int, reverse=True)


def test_an_entry_shows_its_five_legal_fields_and_its_sealed_values(world: World) -> None:
    ref = world.submitted(table=LARGE)
    world.vote("junho", ref, comment="Every cell is above ten.")
    index = world.entries("egress.voted")[0].index
    page = world.signed_in("jiwoo").page(f"/compliance/entries/{index}")
    for text in ("junho", "192.0.2.7", "gibleed v1", "egress.voted", "Every cell is above ten."):
        assert text in page, text
    for label in ("Who", "When", "From where", "Whose data", "What"):
        assert f"<dt>{label}</dt>" in page


def test_the_code_of_a_cell_is_shown_to_the_compliance_officer(world: World) -> None:
    name = world.zone.cells.put(b"df.groupby('sex').size()  # <b>")
    workspace = Object("workspace", world.workspace().ref, "study")
    minji = Actor.person(world.zone.registry.person("minji").ref)
    index = world.zone.log.record(
        Event("cell.sent", minji, workspace, Subjects.none(), Source(None), detail={"code": name})
    )
    page = world.signed_in("jiwoo").page(f"/compliance/entries/{index}")
    assert "df.groupby(&#39;sex&#39;).size()  # &lt;b&gt;" in page


def test_a_receipt_can_be_taken_along_and_taking_it_is_recorded(world: World) -> None:
    answer = world.signed_in("jiwoo").get("/compliance/entries/3/receipt")
    assert answer.status_code == 200
    assert "attachment" in answer.headers["content-disposition"]
    assert parse_proof(answer.text).index == 3
    assert len(world.entries("log.exported")) == 1


def test_an_entry_that_does_not_exist_is_said_to_be_missing(world: World) -> None:
    browser = world.signed_in("jiwoo")
    for path in ("/compliance/entries/999999", "/compliance/entries/999999/receipt", "/compliance/timeline/cat/x"):
        browser.page(path, 404)


def verified(world: World) -> str:
    browser = world.signed_in("jiwoo")
    browser.fill("/compliance/verify")
    deadline = time.monotonic() + 20
    while (run := world.portal.verifications.last) is None or run.running:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return browser.page("/compliance")


def test_verifying_recomputes_the_log_and_is_recorded(world: World) -> None:
    world.zone.log.checkpoint()
    page = verified(world)
    assert "Intact" in page
    entry = world.entries("log.verified")[0]
    assert entry.body["outcome"] == "ok"
    assert "Intact" in world.signed_in("jiwoo").page("/")


def test_a_row_that_somebody_changed_is_named_on_the_page(world: World) -> None:
    world.zone.log.checkpoint()
    with world.zone.db.engine.connect() as raw:
        for (name,) in raw.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").all():
            raw.exec_driver_sql(f'DROP TRIGGER "{name}"')
        changed = "CAST(replace(body, 'person.joined', 'person.closed') AS BLOB)"
        raw.exec_driver_sql(f"UPDATE audit_entry SET body = {changed} WHERE idx = 1")
        raw.commit()
    page = verified(world)
    assert "The log is not intact: tampered" in page
    assert "Entry 1" in page or "entry 1" in page
    assert 'href="/compliance/entries/1"' in page
    assert world.entries("log.verified")[0].body["outcome"] == "failed"


def test_other_people_see_references_in_their_own_record_and_no_user_names(world: World) -> None:
    ref = world.submitted(table=LARGE)
    world.signed_in("junho").fill(f"/review/{ref}/decide", decision="return", reason="Merge the groups.")
    page = world.signed_in("minji").page("/account")
    assert "junho" not in page
    assert world.zone.registry.person("minji").ref in page


def test_a_verification_that_breaks_is_no_sign_that_the_log_is_whole(world: World) -> None:
    with world.zone.db.engine.connect() as raw:
        raw.exec_driver_sql("ALTER TABLE audit_tile RENAME TO audit_tile_lost")
        raw.commit()
    browser = world.signed_in("jiwoo")
    browser.fill("/compliance/verify")
    deadline = time.monotonic() + 20
    while (run := world.portal.verifications.last) is None or run.running:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert run.broken
    with world.zone.db.engine.connect() as raw:
        raw.exec_driver_sql("ALTER TABLE audit_tile_lost RENAME TO audit_tile")
        raw.commit()
    page = browser.page("/compliance")
    assert "The verification did not finish" in page
    assert "Intact" not in page
