"""Drafts, evidence, groups and remarks on the author's pages, and the same from a workspace."""

from __future__ import annotations

from egress_review.model import Visibility
from egress_review.workflow import State
from tests.integration.portal.portal_world import HERE, LARGE, World, request_form

EVIDENCE = "sex,n,top1,top2,total\nF,120,9,8,900\n"
WORDS = "Patients of the cohort by sex, counted once each; n is the number of people."


def test_a_draft_is_kept_gone_on_with_and_submitted_with_evidence_and_a_group(world: World) -> None:
    world.outbox(table=LARGE, evidence=EVIDENCE)
    browser = world.signed_in("minji")
    # Nothing but a title is asked of a draft.
    browser.fill("/requests/new", 422, **request_form(do="save", title=""))
    answer = browser.fill("/requests/new", 303, **request_form(do="save", context="", files=[]))
    address = answer.headers["location"].partition("?")[0]
    ref = address.rpartition("/")[2]
    page = browser.page(address)
    assert "No file is chosen yet." in page
    assert "draft" in browser.page("/requests")
    group = {"group-1-name": "tables", "group-1-context": WORDS, "group-of-table.csv": "1"}
    browser.fill(f"{address}/edit", 303, **request_form(do="save", supporting=["evidence.csv"], **group))
    form = browser.page(f"{address}/edit")
    assert 'name="supporting" value="evidence.csv" checked' in form
    assert '<option value="1" selected>1 tables</option>' in form
    assert WORDS in form
    both = request_form(do="submit", supporting=["evidence.csv", "table.csv"], **group)
    assert "cannot be both" in browser.fill(f"{address}/edit", 422, **both).text
    browser.fill(f"{address}/edit", 303, **request_form(do="submit", supporting=["evidence.csv"], **group))
    request = world.zone.desk.scan(ref)
    assert [(file.name, file.kind, file.group) for file in request.files] == [
        ("evidence.csv", "supporting", ""),
        ("table.csv", "output", "tables"),
    ]
    page = browser.page(address)
    assert "evidence, never leaves" in page
    assert WORDS in page


def test_an_author_answers_the_reviewers_and_reads_them_when_the_turn_has_ended(world: World) -> None:
    ref = world.submitted(table=LARGE)
    desk, checker = world.zone.desk, world.zone.registry.person("junho")
    desk.comment(checker, ref, "Which year?", visibility=Visibility.ALL, file="table.csv", source=HERE)
    desk.comment(checker, ref, "Between us.", source=HERE)
    browser = world.signed_in("minji")
    assert "Which year?" not in browser.page(f"/requests/{ref}")
    browser.fill(f"/requests/{ref}/comment", 303, text="<b>2020</b>", file="table.csv")
    desk.return_to_author(checker, ref, "please add the year", source=HERE)
    page = browser.page(f"/requests/{ref}")
    assert "Which year?" in page
    assert "Between us." not in page
    assert "&lt;b&gt;2020&lt;/b&gt;" in page


def test_an_ended_request_is_copied_and_a_draft_withdrawn(world: World) -> None:
    ref = world.submitted(table=LARGE)
    browser = world.signed_in("minji")
    browser.fill(f"/requests/{ref}/withdraw", 303)
    answer = browser.fill(f"/requests/{ref}/copy", 303)
    copied = answer.headers["location"].partition("?")[0].split("/")[2]
    assert "Draft:" in browser.page(f"/requests/{copied}/edit")
    browser.fill(f"/requests/{copied}/withdraw", 303)
    assert world.zone.desk.view(world.zone.registry.person("minji"), copied).request.state is State.WITHDRAWN


def test_a_workspace_keeps_drafts_and_hands_them_in(world: World) -> None:
    world.outbox(table=LARGE, evidence=EVIDENCE)
    registry = world.zone.registry
    client = world.workspace_client(registry.may_work("minji", "study").workspace.ref)
    kept = client.post("/workspace/drafts", json={"title": "Later"}).json()
    assert kept["state"] == "draft"
    ref = kept["ref"]
    assert client.post(f"/workspace/drafts/{ref}/submit", json={}).status_code == 422
    body = {
        "title": "By sex",
        "purpose": "Table 2 of a paper",
        "context": WORDS,
        "files": ["table.csv"],
        "supporting": ["evidence.csv"],
        "groups": {"tables": {"context": WORDS, "controls": {"counts": ["n"]}, "files": ["table.csv"]}},
    }
    assert client.post(f"/workspace/drafts/{ref}", json=body).status_code == 200
    wrong = body | {"groups": {"tables": {"files": "table.csv"}}}
    assert client.post(f"/workspace/drafts/{ref}", json=wrong).status_code == 400
    assert client.post(f"/workspace/drafts/{ref}/submit", json={}).json()["state"] == "scanning"
    request = world.zone.desk.scan(ref)
    assert set(request.groups) == {"tables"}
    assert client.post(f"/workspace/requests/{ref}/comment", json={"text": "For a paper"}).status_code == 200
    assert client.get(f"/workspace/requests/{ref}").json()["said"][0]["text"] == "For a paper"
    assert client.post(f"/workspace/requests/{ref}/withdraw", json={}).json()["state"] == "withdrawn"
    assert client.post(f"/workspace/requests/{ref}/copy", json={}).json()["state"] == "draft"


def test_drafts_and_requests_of_another_workspace_are_not_there(world: World) -> None:
    ref = world.submitted(table=LARGE)
    registry = world.zone.registry
    other = world.workspace_client(registry.may_work("haneul", "study").workspace.ref)
    for path in (f"drafts/{ref}", f"drafts/{ref}/submit", f"requests/{ref}/withdraw", f"requests/{ref}/copy"):
        assert other.post(f"/workspace/{path}", json={"title": "mine"}).status_code in (403, 404)
    assert other.post(f"/workspace/requests/{ref}/comment", json={"text": "hello"}).status_code in (403, 404)
