from __future__ import annotations

import hashlib
import json
import re
import time
from dataclasses import dataclass

from sqlalchemy import text

from audit.attesters import Attester, keep
from audit.clock.reading import Reading
from audit.event import Actor, Event, Object, Source, Subjects
from audit.note import Verifier
from audit.proof import parse_proof
from audit.witness.policy import WitnessPolicy
from registry.model import Role
from tests.databases import without_guards
from tests.integration.portal.portal_world import CLI, HERE, LARGE, World
from tests.patience import PATIENCE


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
    story = re.findall(r"<code>(egress\.[a-z_]+)", page)
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
    assert "Minji: An egress request was submitted" in page
    assert "Junho (checker): A vote on an egress request was cast" in page


def test_each_search_and_each_look_is_recorded_before_anything_is_shown(world: World) -> None:
    browser = world.signed_in("jiwoo")
    browser.page("/compliance")
    assert world.entries("log.searched") == []
    browser.page("/compliance/search?who=minji")
    browser.page("/compliance/timeline/project/study")
    browser.page("/compliance/entries/1")
    browser.page("/compliance/answers/saw/project/study")
    officer, minji = (world.zone.registry.person(handle).ref for handle in ("jiwoo", "minji"))
    (search,), looks = world.entries("log.searched"), world.entries("log.viewed")
    assert [look.body["detail"]["kind"] for look in looks] == ["answer", "entry", "timeline"]
    assert {look.body["actor"]["ref"] for look in (search, *looks)} == {officer}
    assert json.loads(world.zone.log.unseal(search.index)["question"]) == {"form": {"who": minji}}
    assert "minji" not in str(search.body)
    assert minji not in str(search.body)


def test_a_search_finds_by_person_project_dataset_request_action_outcome_and_day(world: World) -> None:
    ref = released(world)
    browser = world.signed_in("jiwoo")

    def found(query: str) -> list[str]:
        page = browser.page(f"/compliance/search?{query}")
        return re.findall(r'href="/compliance/entries/(\d+)"', page)

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
    browser.page("/compliance/search?since=yesterday", 422)
    browser.page("/compliance/search?outcome=perhaps", 422)


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
        seen += re.findall(r'href="/compliance/entries/(\d+)"', page)
        following = re.search(r'rel="next" href="(/compliance/search\?[^"]*after=\d+)"', page)
        if following is None:
            break
        address = following[1].replace("&amp;", "&")
    previous = re.search(r'rel="prev" href="(/compliance/search\?[^"]*before=\d+)"', page)
    assert previous is not None
    before = browser.page(previous[1].replace("&amp;", "&"))
    assert re.findall(r'href="/compliance/entries/(\d+)"', before) == seen[:50]
    assert len(seen) == len(set(seen)) == 60
    assert seen == sorted(seen, key=int, reverse=True)


def test_an_entry_shows_its_five_legal_fields_and_keeps_its_sealed_values_closed(world: World) -> None:
    ref = world.submitted(table=LARGE)
    world.vote("junho", ref, comment="Every cell is above ten.")
    index = world.entries("egress.voted")[0].index
    browser = world.signed_in("jiwoo")
    page = browser.page(f"/compliance/entries/{index}")
    for shown in ("junho", "address sealed", "Synthetic records v1 (2,694 people)", "egress.voted"):
        assert shown in page, shown
    for label in ("Who", "When", "From where", "Whose data", "What"):
        assert f"<dt>{label}</dt>" in page
    assert "192.0.2.7" not in page
    assert "Every cell is above ten." not in page
    assert world.entries("log.unsealed") == []
    opened = browser.fill(f"/compliance/entries/{index}/values", 200).text
    assert "192.0.2.7" in opened
    assert "Every cell is above ten." in opened
    (event,) = world.entries("log.unsealed")
    junho = world.zone.registry.person("junho").ref
    assert event.body["subjects"] == {"kind": "person", "refs": [junho]}
    assert event.body["detail"] == {"entry": index, "fields": ["cast", "comment", "source.ip"]}
    assert "Sealed values of an entry were read" in world.signed_in("junho").page("/account")


def test_the_code_of_a_cell_is_shown_to_the_compliance_officer_who_asks_for_it(world: World) -> None:
    minji = Actor.person(world.zone.registry.person("minji").ref)
    name = world.zone.cells.put(b"df.groupby('sex').size()  # <b>", minji.ref)
    workspace = Object("workspace", world.workspace().ref, "study")
    index = world.zone.log.record(
        Event("cell.sent", minji, workspace, Subjects.none(), Source(None), detail={"code": name})
    )
    browser = world.signed_in("jiwoo")
    assert "groupby" not in browser.page(f"/compliance/entries/{index}")
    opened = browser.fill(f"/compliance/entries/{index}/values", 200).text
    assert "df.groupby(&#39;sex&#39;).size()  # &lt;b&gt;" in opened


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
    deadline = time.monotonic() + PATIENCE
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
        without_guards(raw)
        body = raw.execute(text("SELECT body FROM audit_entry WHERE idx = 1")).scalar_one()
        changed = bytes(body).replace(b"person.joined", b"person.closed")
        raw.execute(text("UPDATE audit_entry SET body = :body WHERE idx = 1"), {"body": changed})
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
    deadline = time.monotonic() + PATIENCE
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


def test_the_three_questions_have_a_page_for_everything_that_they_are_asked_of(world: World) -> None:
    ref = world.submitted(table=LARGE)
    world.vote("junho", ref)
    sha256 = hashlib.sha256(LARGE.encode()).hexdigest()
    minji = world.zone.registry.person("minji").ref
    browser = world.signed_in("jiwoo")
    things = (("person", minji), ("dataset", "gibleed"), ("project", "study"), ("request", ref), ("file", sha256))
    for kind, one in things:
        for ask in ("saw", "left", "approved"):
            assert "<h1>" in browser.page(f"/compliance/answers/{ask}/{kind}/{one}")
    approved = browser.page(f"/compliance/answers/approved/file/{sha256}")
    assert "Junho (checker): A vote on an egress request was cast" in approved
    assert f'href="/compliance/timeline/request/{ref}"' in approved
    assert "/receipt" in approved
    browser.page(f"/compliance/answers/lost/request/{ref}", 404)
    browser.page(f"/compliance/answers/saw/cat/{ref}", 404)


def test_a_question_leads_from_a_name_to_the_answer(world: World) -> None:
    browser = world.signed_in("jiwoo")
    minji = world.zone.registry.person("minji").ref
    answer = browser.get("/compliance/answers?ask=saw&kind=person&of=Minji", follow_redirects=False)
    assert answer.headers["location"] == f"/compliance/answers/saw/person/{minji}"
    answer = browser.get("/compliance/answers?ask=timeline&kind=project&of=study", follow_redirects=False)
    assert answer.headers["location"] == "/compliance/timeline/project/study"
    browser.page("/compliance/answers?ask=saw&kind=person&of=Somebody", 422)
    browser.page("/compliance/answers?ask=saw&kind=file&of=abc", 422)
    browser.page("/compliance/answers?ask=saw&kind=&of=", 400)


def test_two_people_of_one_name_are_told_apart_before_anything_is_searched(world: World) -> None:
    world.zone.registry.invite("minji2", "Minji", "m2@ansim.example", frozenset(), "en", by=CLI, source=HERE)
    page = world.signed_in("jiwoo").page("/compliance/search?who=Minji&action=cell.sent")
    assert "Which person?" in page
    assert re.findall(r"Minji \((\w+)\)", page) == ["minji", "minji2"]
    assert world.entries("log.searched") == []


def test_a_file_in_hand_leads_to_its_timeline_and_is_not_kept(world: World) -> None:
    ref = world.submitted(table=LARGE)
    browser = world.signed_in("jiwoo")
    sha256 = hashlib.sha256(LARGE.encode()).hexdigest()
    file = {"content": ("table.csv", LARGE.encode(), "text/csv")}
    sent = browser.post("/compliance/file", files=file, data={"sha256": ""}, follow_redirects=False)
    assert sent.headers["location"] == f"/compliance/timeline/file/{sha256}"
    typed = browser.fill("/compliance/file", sha256=f"{sha256.upper()}  table.csv")
    assert typed.headers["location"] == sent.headers["location"]
    assert ref in browser.page(f"/compliance/timeline/file/{sha256}")
    browser.fill("/compliance/file", 400, sha256="")
    browser.fill("/compliance/file", 422, sha256="table.csv")
    other = browser.post("/compliance/queries", files=file, data={"name": "x"}, follow_redirects=False)
    assert other.status_code == 400  # no other page takes a file


def test_a_copy_needs_a_reason_that_is_recorded_before_it_is_handed_over(world: World) -> None:
    ref = world.submitted(table=LARGE)
    browser = world.signed_in("jiwoo")
    browser.fill("/compliance/download", 422, request=ref, form="csv", reason=" ")
    browser.fill("/compliance/download", 400, request=ref, form="exe", reason="For the monthly review")
    assert world.entries("log.downloaded") == []
    taken = browser.fill("/compliance/download", 200, request=ref, form="csv", reason="For the monthly review")
    assert "attachment" in taken.headers["content-disposition"]
    assert taken.content.startswith(b"\xef\xbb\xbf")
    assert "An egress request was submitted" in taken.text
    assert "192.0.2.7" not in taken.text
    paper = browser.fill("/compliance/download", 200, request=ref, form="pdf", reason="For the monthly review")
    assert (paper.headers["content-type"], paper.content[:5]) == ("application/pdf", b"%PDF-")
    events = world.entries("log.downloaded")
    assert [one.body["detail"]["form"] for one in events] == ["pdf", "csv"]
    opened = world.zone.log.unseal(events[0].index)
    assert opened["reason"] == "For the monthly review"
    assert json.loads(opened["question"]) == {"form": {"request": ref}}


def test_an_answer_is_taken_along_whole_with_a_reason_and_leads_to_the_cells_it_counts(world: World) -> None:
    minji = world.zone.registry.person("minji").ref
    person, about = Actor.person(minji, ["researcher"]), Object("workspace", world.workspace().ref, "study")
    for _ in range(3):
        cell = Event("cell.sent", person, about, Subjects.datasets([("gibleed", 1, 2694)]), Source("192.0.2.7"))
        world.zone.log.record(cell)
    browser, address = world.signed_in("jiwoo"), "/compliance/answers/saw/dataset/gibleed"
    page = browser.page(address)
    assert re.search(r"A cell was [^<]*</td>.*?<td class=\"number\"[^>]*>3</td>", page, re.DOTALL)
    link = re.search(r'href="(/compliance/search\?[^"]*action=cell\.sent[^"]*)"', page)
    assert link is not None
    assert len(re.findall(r'href="/compliance/entries/\d+"', browser.page(link[1].replace("&amp;", "&")))) == 3
    browser.fill(f"{address}/copy", 422, form="csv", reason=" ")
    browser.fill(f"{address}/copy", 400, form="exe", reason="For the data provider")
    browser.fill("/compliance/answers/lost/dataset/gibleed/copy", 404, form="csv", reason="For the data provider")
    assert world.entries("log.downloaded") == []
    taken = browser.fill(f"{address}/copy", 200, form="csv", reason="For the data provider")
    assert "attachment" in taken.headers["content-disposition"]
    assert "cell.sent" in taken.text
    paper = browser.fill("/compliance/answers/approved/project/study/copy", 200, form="pdf", reason="For the provider")
    assert (paper.headers["content-type"], paper.content[:5]) == ("application/pdf", b"%PDF-")
    events = world.entries("log.downloaded")
    assert [one.body["detail"]["form"] for one in events] == ["pdf", "csv"]
    opened = world.zone.log.unseal(events[1].index)
    assert opened["reason"] == "For the data provider"
    assert json.loads(opened["question"]) == {"answer": "saw", "kind": "dataset", "of": "gibleed"}


def test_a_search_is_saved_run_by_a_colleague_and_deleted_by_its_maker_only(world: World) -> None:
    browser = world.signed_in("jiwoo")
    browser.fill("/compliance/queries", name="Refused", outcome="denied", shared="yes")
    browser.fill("/compliance/queries", name="Mine", who="Minji", action="egress.")
    page = browser.page("/compliance")
    mine, shared = (re.search(rf'/compliance/queries/(q_\w+)">{name}<', page)[1] for name in ("Mine", "Refused"))  # type: ignore[index]
    minji = world.zone.registry.person("minji").ref
    run = browser.get(f"/compliance/queries/{mine}", follow_redirects=False)
    assert run.headers["location"] == f"/compliance/search?who={minji}&action=egress."
    world.zone.registry.grant_role("nobody", Role.COMPLIANCE_OFFICER, by=CLI, source=HERE)
    colleague = world.signed_in("nobody")
    seen = colleague.page("/compliance")
    assert "Refused" in seen
    assert "Mine" not in seen
    colleague.page(f"/compliance/queries/{mine}", 422)
    colleague.fill(f"/compliance/queries/{shared}/delete", 422)
    browser.fill(f"/compliance/queries/{shared}/delete")
    browser.fill("/compliance/queries", 422, name="Where", address="192.0.2.7")
    assert len(world.entries("log.query_saved")) == 2
    assert len(world.entries("log.query_deleted")) == 1


def test_an_address_finds_what_was_done_from_it_without_standing_in_any_entry(world: World) -> None:
    browser = world.signed_in("jiwoo")
    browser.page("/compliance/entries/1")
    page = browser.page("/compliance/search?address=192.0.2.7&action=log.viewed")
    assert re.findall(r'href="/compliance/entries/(\d+)"', page) == [str(world.entries("log.viewed")[0].index)]
    assert "192.0.2.7" not in str([one.body for one in world.entries("log.searched")])


def test_counts_lead_to_narrower_searches(world: World) -> None:
    world.submitted(table=LARGE)
    page = world.signed_in("jiwoo").page("/compliance/search?project=study")
    assert "Narrow down" in page
    assert "/compliance/search?project=study&amp;action=egress.submitted" in page


def test_what_is_not_signed_yet_is_not_called_proven(world: World) -> None:
    browser = world.signed_in("jiwoo")
    world.zone.log.checkpoint()
    signed = world.zone.log.head()
    assert signed is not None
    assert "proven under a signed checkpoint" in browser.page(f"/compliance/entries/{signed.size - 1}")
    assert "not signed yet" in browser.page(f"/compliance/entries/{signed.size}")


def test_a_search_that_cannot_be_read_keeps_what_was_typed_and_looks_for_nothing(world: World) -> None:
    browser = world.signed_in("jiwoo")
    page = browser.page("/compliance/search?since=2026-11-20&until=2026-11-01&text=table.csv", 422)
    assert "The last day lies before the first one." in page
    assert 'value="table.csv"' in page
    assert 'value="2026-11-20"' in page
    for query in ("who=" + "x" * 10_000, "file=abc", "address=999.1.1.1", "text=%00", "action=egress.votd"):
        assert "Nothing was searched." in browser.page(f"/compliance/search?{query}", 422), query[:20]
    assert world.entries("log.searched") == []
    assert "Nobody here has the name or user name somebody" in browser.page("/compliance/search?who=somebody")
    far = "9" * 30
    for address in (f"search?after={far}", f"search?before={far}"):
        browser.page(f"/compliance/{address}")
    browser.page(f"/compliance/entries/{far}", 404)
    browser.page(f"/compliance/entries/{far}/receipt", 404)
    browser.fill(f"/compliance/entries/{far}/values", 404)


def test_the_officer_sees_how_right_the_clock_was_when_the_log_was_last_signed(world: World) -> None:
    browser, log = world.signed_in("jiwoo"), world.zone.log
    assert "Clock at that checkpoint" in browser.page("/compliance")
    for reading, words in (
        (Reading("chrony", synchronised=True, offset_us=-37), ("right", "-0.000037 s from its reference", "chrony")),
        (Reading("chrony", synchronised=False), ("not right", "It is not synchronised.")),
        (Reading("none", None), ("not known", "cannot be read on this machine")),
    ):
        log._time_source = Said(reading)
        browser.page("/compliance/entries/1")  # the look is an entry, so there is something to sign
        log.checkpoint()
        page = browser.page("/compliance")
        assert all(word in page for word in words), words


@dataclass(frozen=True)
class Said:
    """A keeper of time that says one thing."""

    reading: Reading

    def read(self) -> Reading:
        return self.reading


def test_the_officer_sees_who_outside_holds_the_signed_state_of_the_log(world: World) -> None:
    browser, log = world.signed_in("jiwoo"), world.zone.log
    assert "Nobody outside holds the checkpoints." in browser.page("/compliance")
    log.checkpoint()
    university = Verifier("university.example", b"\x07" * 32, b"\x04")
    log.witnesses = WitnessPolicy.parse(
        f"witness university {university.vkey()}\ngroup all all university\nquorum all\n"
    )
    assert "has signed nothing yet" in browser.page("/compliance")
    now = world.clock()
    with world.zone.db.begin() as tx:
        keep(tx, Attester("witness", university.key_id.hex()).failed("refused_proof", now))
        keep(tx, Attester("tsa", "https://tsa.example.org").answered(3, now))
    page = browser.page("/compliance")
    for words in ("<strong>university</strong>", "refused_proof", "https://tsa.example.org", "have signed nothing yet"):
        assert words in page, words


def test_the_record_of_processing_says_what_is_known_and_what_is_not_and_is_taken_along_with_a_reason(
    world: World,
) -> None:
    browser = world.signed_in("jiwoo")
    assert '/compliance/processing"' in browser.page("/compliance")
    page = browser.page("/compliance/processing")
    for words in ("Record of processing activities (GDPR art. 30)", "not known", "fields are not known", "(study)"):
        assert words in page, words
    assert [look.body["detail"]["kind"] for look in world.entries("log.viewed")] == ["processing"]
    copy = "/compliance/processing/copy"
    browser.fill(copy, 422, form="html", reason="")
    assert world.entries("log.downloaded") == []
    taken = browser.fill(copy, 200, form="html", reason="asked by the authority")
    assert "attachment" in taken.headers["content-disposition"]
    assert browser.fill(copy, 200, form="csv", reason="asked by the authority").text.startswith("\ufeff")
    assert [one.body["detail"]["form"] for one in world.entries("log.downloaded")] == ["csv", "html"]
