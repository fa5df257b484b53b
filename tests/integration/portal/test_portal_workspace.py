from __future__ import annotations

from audit.event import Actor
from registry.model import Role
from tests.integration.portal.portal_world import CLI, HERE, LARGE, SMALL, World

OPEN = "http://work.ansim.localhost:8600/user/minji/study/lab"


def test_a_start_shows_its_progress_and_opens_the_workspace_when_it_answers(world: World) -> None:
    browser = world.signed_in("minji")
    assert "Start the workspace" in browser.page("/")
    answer = browser.fill("/projects/study/workspace/start")
    assert answer.headers["location"] == "/projects/study/workspace?go=1"
    world.hub.steps = [{"progress": 45, "message": "만드는 중\nMaking the workspace."}]
    page = browser.page("/projects/study/workspace?go=1")
    assert '<meta http-equiv="refresh" content="2">' in page
    assert "Making the workspace." in page
    assert "만드는 중" not in page
    world.hub.servers["minji", "study"] = "ready"
    page = browser.page("/projects/study/workspace?go=1")
    assert f'<meta http-equiv="refresh" content="1; url={OPEN}">' in page
    assert f'href="{OPEN}"' in browser.page("/")
    assert "http-equiv" not in browser.page("/projects/study/workspace")


def test_a_workspace_is_stopped_by_its_person(world: World) -> None:
    world.hub.servers["minji", "study"] = "ready"
    browser = world.signed_in("minji")
    browser.fill("/projects/study/workspace/stop")
    assert world.hub.servers == {}
    assert "Your files stay." in browser.page("/projects/study/workspace")


def test_a_start_that_the_registry_refuses_never_reaches_the_hub_and_says_why(world: World) -> None:
    browser = world.signed_in("minji")
    for grant in world.zone.registry.grants("study"):
        world.zone.registry.revoke_grant(grant.ref, by=CLI, source=HERE)
    page = browser.fill("/projects/study/workspace/start", 403).text
    assert "No grant of data to this project is in force." in page
    assert "data controller" in page
    assert world.hub.servers == {}
    assert "No grant of data" in browser.page("/")
    assert "No grant of data" in browser.page("/projects/study/workspace")


def test_a_refusal_of_the_hub_is_shown_in_the_language_of_the_page(world: World) -> None:
    world.hub.refusal = (403, "자리가 없습니다.\nThere is no room.")
    page = world.signed_in("minji").fill("/projects/study/workspace/start", 409).text
    assert "There is no room." in page
    assert "자리가" not in page


def test_without_the_hub_the_portal_still_works_and_says_what_is_missing(world: World) -> None:
    browser = world.signed_in("minji")
    world.hub.down = True
    assert "State unknown" in browser.page("/")
    assert "cannot be reached" in browser.page("/projects/study/workspace", 503)
    assert "Egress and ingress" in browser.page("/requests")


def test_a_project_of_others_is_not_even_confirmed_to_exist(world: World) -> None:
    registry = world.zone.registry
    now = world.clock()
    project = registry.project("study")
    registry.add_project("other", "다른", "Other", "Another.", now, project.ends_at, by=CLI, source=HERE)
    browser = world.signed_in("minji")
    there, nowhere = browser.page("/projects/other/workspace", 404), browser.page("/projects/no/workspace", 404)
    assert there.replace("other", "no") == nowhere
    browser.fill("/projects/other/workspace/start", 404)
    registry.remove_member("study", "minji", by=CLI, source=HERE)
    browser.page("/projects/study/workspace", 403)


def test_a_notebook_asks_how_things_stand(world: World) -> None:
    world.outbox(table=LARGE)
    answer = world.workspace_client(world.workspace().ref).get("/workspace/status")
    assert answer.status_code == 200
    status = answer.json()
    assert status["project"]["id"] == "study"
    assert status["datasets"] == [{"id": "gibleed", "version": 1}]
    assert status["outbox"] == [{"name": "table.csv", "size": len(LARGE), "problem": None}]
    assert status["requests"] == []
    assert set(status["message"]) == {"ko", "en"}


def test_a_notebook_checks_and_submits_and_follows_its_request(world: World) -> None:
    world.outbox(table=LARGE, small=SMALL)
    client = world.workspace_client(world.workspace().ref)
    report = client.post("/workspace/precheck", json={"files": ["small.csv"], "controls": None}).json()
    assert report["policy"]["name"] == "kr-default"
    assert report["files"][0]["verdict"] == "flagged"
    assert any(finding["where"] == {"row": 2, "column": 3} for finding in report["files"][0]["findings"])
    said = {
        asked: client.post("/workspace/precheck", json={"files": ["small.csv"]}, headers=headers).text
        for asked, headers in {"ko": {"Accept-Language": "ko"}, "en": {"Accept-Language": "en"}, "": {}}.items()
    }
    person = world.zone.registry.person("minji").language
    assert said["ko"] != said["en"], "findings are in the language that the notebook was switched to"
    assert said[""] == said[person]
    draft = {
        "title": "Table",
        "purpose": "Paper",
        "context": "Counted as people by sex, 842 of them.",
        "controls": None,
        "files": ["table.csv"],
    }
    submitted = client.post("/workspace/submit", json=draft)
    assert submitted.status_code == 200, submitted.text
    assert submitted.json()["state"] == "scanning"
    ref = submitted.json()["ref"]
    world.zone.desk.scan(ref)
    one = client.get(f"/workspace/requests/{ref}").json()
    assert (one["ref"], one["state"], one["round"]) == (ref, "in_review", 1)
    assert client.get("/workspace/status").json()["requests"][0]["ref"] == ref
    entry = world.entries("egress.submitted")[0]
    assert entry.body["actor"]["ref"] == world.zone.registry.person("minji").ref
    assert entry.body["source"]["container"] == world.workspace().ref


def test_a_call_that_no_workspace_of_an_active_person_makes_is_refused(world: World) -> None:
    for ref in ("", "ws_aaaaaaaaaaaaaaaa", "../x"):
        answer = world.workspace_client(ref).get("/workspace/status")
        assert answer.status_code == 403
        assert set(answer.json()["error"]) == {"code", "message", "hint"}
    own = world.workspace().ref
    world.zone.registry.suspend("minji", by=CLI, source=HERE)
    assert world.workspace_client(own).get("/workspace/status").status_code == 403


def test_the_workspace_of_another_project_sees_nothing_of_this_one(world: World) -> None:
    ref = world.submitted(table=LARGE)
    registry = world.zone.registry
    study = registry.project("study")
    period = (study.starts_at, study.ends_at)
    registry.add_project("second", "둘", "Second", "Another.", *period, by=CLI, source=HERE)
    registry.add_member("second", "minji", Role.RESEARCHER, *period, by=CLI, source=HERE)
    controller = Actor.person(registry.person("sunhee").ref)
    registry.grant("gibleed", 1, "second", *period, approver=controller, source=HERE)
    client = world.workspace_client(world.workspace("second").ref)
    assert client.get(f"/workspace/requests/{ref}").status_code == 404
    assert client.get("/workspace/status").json()["requests"] == []
    haneul = registry.may_work("haneul", "study").workspace
    assert world.workspace_client(haneul.ref).get(f"/workspace/requests/{ref}").status_code == 403


def test_what_is_not_a_call_is_refused_in_both_languages(world: World) -> None:
    client = world.workspace_client(world.workspace().ref)
    for body in (b"", b"[]", b"{", b'"x"', b"[" * 100_000):
        assert client.post("/workspace/precheck", content=body).status_code == 400, body[:10]
    for files in (None, [], "table.csv", [1], ["a", "a"], ["x" * 300]):
        answer = client.post("/workspace/precheck", json={"files": files})
        assert answer.status_code == 400, files
        assert answer.json()["error"]["message"]["ko"]
    assert client.post("/workspace/precheck", json={"files": ["../etc/passwd"]}).status_code == 422
    assert client.post("/workspace/precheck", json={"files": ["no.csv"]}).status_code == 422
    assert client.get("/workspace/nothing").status_code == 404
    assert client.get("/workspace/precheck").status_code == 405
    assert client.get("/").status_code == 404
    assert client.post("/workspace/submit", json={"title": 7, "files": ["a"]}).status_code == 400


def test_the_pane_beside_a_workspace_says_how_requests_stand_and_what_to_change(world: World) -> None:
    ref = world.submitted(table=SMALL)
    minji = world.signed_in("minji")
    assert "What to change" not in minji.page("/projects/study/egress")
    world.signed_in("junho").fill(f"/review/{ref}/decide", decision="return", reason="", preset="low_counts")
    page = minji.page("/projects/study/egress")
    assert "There are counts below the threshold." in page
    assert f'href="/requests/{ref}/edit"' in page
    assert "table.csv" in page
    world.signed_in("haneul").page("/projects/study/egress")
    for handle in ("nobody", "junho", "taeyang"):
        assert world.signed_in(handle).get("/projects/study/egress").status_code in (403, 404)


def test_a_notebook_reads_what_was_said_without_a_name(world: World) -> None:
    ref = world.submitted(table=SMALL)
    world.signed_in("junho").fill(f"/review/{ref}/decide", decision="return", reason="Merge the age groups please.")
    answer = world.workspace_client(world.workspace().ref).get("/workspace/messages")
    (said,) = answer.json()["requests"]
    assert (said["ref"], said["message"]) == (ref, "Merge the age groups please.")
    assert "junho" not in answer.text.lower()
