"""Programs at the portal: what their token opens, and everything that it does not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from io import BytesIO
from typing import Any

import httpx2 as httpx
import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from audit.search import Query, search
from egress_review import tables
from egress_review.bringing import Incoming
from portal.app import PAGES, build
from portal.service_api import CALLS, INGRESS
from registry import throttle
from registry.desk import CLI, as_actor
from registry.scopes import Scope
from registry.service_accounts import Wanted
from registry.throttle import WINDOW, Limit
from tests.integration.portal.portal_world import CONTEXT, HERE, LARGE, World
from tests.integration.portal.test_portal_routes import address

FROM = "198.51.100.9"
WORDS = {"title": "Code lists", "purpose": "Diagnosis codes for the cohort", "context": CONTEXT}
SCRIPT = b"import pandas\n"


def made(world: World, *scopes: Scope, name: str = "pipeline", owner: str = "minji") -> str:
    """The token of an account that was asked for and confirmed."""
    registry = world.zone.registry
    project = "study" if set(scopes) - {Scope.METRICS_READ} else None
    wanted = Wanted(
        name=name,
        purpose="Nightly pipeline",
        owner=owner,
        scopes=[scope.value for scope in scopes],
        addresses=[FROM],
        until=world.clock() + timedelta(days=30),
        project=project,
    )
    registry.request_service_account(wanted, by=CLI, source=HERE)
    registry.confirm_service_account(name, by=as_actor(registry.person("jiwoo")), source=HERE)
    return registry.issue_service_token(name, by=CLI, source=HERE)


def program(world: World, token: str, *, at: str = FROM) -> TestClient:
    """A program that holds a token; it is no browser and says nothing of where its request began."""
    headers = {"Authorization": f"Bearer {token}", "X-Forwarded-For": at}
    app = build(world.portal, lambda: b"ansim_log_entries 7\n")
    return TestClient(app, base_url=world.zone.settings.origin("zone"), headers=headers)


def call(client: TestClient, path: str, method: str, **changes: Any) -> httpx.Response:
    files = {"files": [("content", ("codes.py", SCRIPT))], "data": WORDS} if path == INGRESS else {}
    answer: httpx.Response = client.request(method, path, **(files | changes))
    return answer


def uses(world: World) -> list[Mapping[str, Any]]:
    world.zone.log.settle()
    with world.zone.db.read() as tx:
        found = search(tx, Query(newest_first=False, limit=1000))
    return [one.body for one in found if one.body["action"] in {"service.used", "service.refused"}]


def test_each_scope_opens_the_calls_that_name_it_and_no_other(world: World) -> None:
    clients = {scope: program(world, made(world, scope, name=scope.value.replace(".", "-"))) for scope in Scope}
    for row in CALLS:
        path = row.path.format(ref="er_aaaaaaaaaaaaaaaa")
        for scope, client in clients.items():
            answer = call(client, path, row.method)
            if scope is row.scope:
                assert answer.status_code in (200, 201, 404), (row.path, scope, answer.text)
            else:
                assert answer.status_code == 403, (row.path, scope)
                assert answer.json()["error"]["code"] == "scope_missing"
    assert {row.scope for row in CALLS} == set(Scope)


def test_a_token_opens_no_page_no_preview_and_no_call_of_a_workspace(world: World) -> None:
    """With every scope there is, whatever page is asked for leads to the sign-in or is answered as to a guest."""
    token = made(world, *Scope)
    client = program(world, token)
    client.headers["Sec-Fetch-Site"] = "same-origin"
    client.cookies.set(world.portal.cookie_name, token)
    client.headers["Ansim-Workspace"] = world.workspace().ref
    for page in PAGES:
        if page.needs == "nobody":
            continue
        for method in page.methods:
            answer = client.request(method, address(page), follow_redirects=False)
            assert answer.status_code == 303, (method, page.path)
            assert answer.headers["location"].startswith("/sign-in"), (method, page.path)
    assert client.get("/workspace/status").status_code == 404
    preview = program(world, token)
    assert preview.get("/p/anything", headers={"X-Forwarded-Host": "preview.ansim.localhost:8600"}).status_code >= 400
    assert world.workspace_client(token).get("/workspace/status").status_code == 403
    assert uses(world) == []


def test_a_session_of_a_person_opens_no_call_of_a_program(world: World) -> None:
    for handle in ("minji", "taeyang", "jiwoo"):
        browser = world.signed_in(handle)
        for row in CALLS:
            answer = browser.request(row.method, row.path.format(ref="er_aaaaaaaaaaaaaaaa"), follow_redirects=False)
            assert answer.status_code == 401, row.path
            assert answer.headers["www-authenticate"] == "Bearer"


def test_refusals_look_the_same_whatever_their_cause(world: World) -> None:
    token = made(world, Scope.METRICS_READ)
    answers = [
        program(world, "ansim_" + "x" * 43).get("/service/metrics"),
        program(world, "").get("/service/metrics"),
        program(world, token, at="198.51.100.10").get("/service/metrics"),
        program(world, token, at="not an address").get("/service/metrics"),
        program(world, token).get("/service/metrics", headers={"Authorization": f"Basic {token}"}),
        program(world, token).get(f"/service/metrics?token={token}", headers={"Authorization": ""}),
    ]
    assert program(world, token).get("/service/metrics").text == "ansim_log_entries 7\n"
    world.zone.registry.revoke_service_account("pipeline", by=CLI, source=HERE)
    answers.append(program(world, token).get("/service/metrics"))
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.text for answer in answers}) == 1
    assert len({tuple(sorted(answer.headers)) for answer in answers}) == 1


def test_a_pipeline_hands_files_in_and_sees_how_its_own_requests_stand(world: World) -> None:
    world.submitted()  # another request of the same person: not the pipeline's
    client = program(world, made(world, Scope.INGRESS_SUBMIT, Scope.REQUESTS_READ))
    two = [("content", ("codes.py", SCRIPT)), ("content", ("terms.py", b"TERMS = 2\n"))]
    answer = call(client, INGRESS, "POST", files=two)
    assert answer.status_code == 201, answer.text
    refs = [one["ref"] for one in answer.json()["requests"]]
    assert len(refs) == 2
    listed = client.get("/service/requests").json()["requests"]
    assert {one["ref"] for one in listed} == set(refs)
    one = client.get(f"/service/requests/{refs[0]}").json()
    assert one["state"] == "scanning"
    assert set(one) == {"ref", "title", "state", "state_text", "round"}  # no content, no findings, no people

    begun, ended = [body for body in uses(world) if body["detail"]["scope"] == "ingress.submit"]
    account = world.zone.registry.service_account("pipeline")
    owner = world.zone.registry.person("minji")
    assert (begun["outcome"], ended["outcome"], ended["intent_id"]) == ("intent", "ok", begun["id"])
    assert begun["actor"] == ended["actor"] == {"kind": "service", "ref": account.ref}
    assert begun["on_behalf_of"] == owner.ref
    assert ended["detail"]["requests"] == refs
    for action in ("egress.submitted", "egress.drafted"):
        for body in (entry.body for entry in world.entries(action)[:2]):
            assert body["actor"] == {"kind": "service", "ref": account.ref}
            assert (body["on_behalf_of"], body["detail"]["program"]) == (owner.ref, "pipeline")
            assert body["source"]["container"] == account.ref
    # The owner sees the requests as their own, and they stand as they were recorded.
    page = world.signed_in("minji").page("/requests")
    assert all(f"/requests/{ref}" in page for ref in refs)
    assert all(not one.differences for one in world.zone.desk.compare_with_log(refs))


def test_the_person_who_answers_for_the_account_cannot_decide_on_what_it_handed_in(world: World) -> None:
    client = program(world, made(world, Scope.INGRESS_SUBMIT))
    table = [("content", ("codes.csv", LARGE.encode()))]
    ref = call(client, INGRESS, "POST", files=table).json()["requests"][0]["ref"]
    world.zone.desk.scan(ref)
    refused = world.signed_in("minji").get(f"/review/{ref}", follow_redirects=False)
    assert refused.status_code == 403
    world.vote("junho", ref, "reject", comment="not needed for this study")
    assert (
        program(world, made(world, Scope.REQUESTS_READ, name="other")).get(f"/service/requests/{ref}").status_code
        == 404
    )


def test_the_same_file_again_is_the_same_request_until_it_is_decided(world: World) -> None:
    desk, owner = world.zone.desk, world.zone.registry.person("minji")
    client = program(world, made(world, Scope.INGRESS_SUBMIT, Scope.REQUESTS_READ))

    def handed_in(by: TestClient = client) -> str:
        answer = call(by, INGRESS, "POST")
        assert answer.status_code == 201, answer.text
        return str(answer.json()["requests"][0]["ref"])

    own = desk.bring_in(
        owner, world.workspace(), Incoming(**WORDS, name="codes.py", content=BytesIO(SCRIPT)), source=HERE
    )
    first = handed_in()
    assert first != own.ref, "what the owner brought in is not the program's to see"
    world.clock.ahead += timedelta(hours=5)
    assert handed_in() == first
    assert handed_in(program(world, made(world, Scope.INGRESS_SUBMIT, name="another"))) != first
    desk.withdraw(owner, first, source=HERE)
    again = handed_in()
    assert {one["ref"] for one in client.get("/service/requests").json()["requests"]} == {first, again}
    assert len(desk.requests_of(owner)) == 4


def test_what_a_program_handed_in_is_nobody_elses_to_claim_in_the_database(world: World) -> None:
    ref = call(program(world, made(world, Scope.INGRESS_SUBMIT)), INGRESS, "POST").json()["requests"][0]["ref"]
    other = world.zone.registry.person("haneul").ref
    with world.zone.db.begin() as tx:
        tx.execute(update(tables.request).where(tables.request.c.ref == ref).values(author_ref=other))
    [found] = world.zone.desk.compare_with_log([ref])
    assert [one.code for one in found.differences] == ["request.author"]


def test_a_leaked_token_fills_neither_the_log_nor_the_queue(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "PROGRAM", Limit("program", 3))
    monkeypatch.setattr(throttle, "HANDING_IN", Limit("handing_in", 1))
    token = made(world, *Scope)
    client, other = program(world, token), program(world, made(world, Scope.METRICS_READ, name="other"))
    assert [client.get("/service/metrics").status_code for _ in range(3)] == [200, 200, 200]
    before = len(uses(world))
    answers = [client.get(path) for path in ("/service/metrics", "/service/requests") * 5]
    assert {answer.status_code for answer in answers} == {429}
    assert answers[0].json()["error"]["code"] == "too_many_calls"
    wait = int(answers[0].headers["retry-after"])
    assert 0 < wait <= WINDOW.total_seconds()
    [said] = uses(world)[before:]
    assert (said["action"], said["reason"]) == ("service.refused", "too_many_calls")
    assert said["actor"]["ref"] == world.zone.registry.service_account("pipeline").ref
    assert [call(client, INGRESS, "POST").status_code for _ in range(2)] == [201, 429]
    assert other.get("/service/metrics").status_code == 200, "no other account is kept waiting"
    world.clock.ahead += timedelta(seconds=wait)
    assert client.get("/service/metrics").status_code == 200


@pytest.mark.parametrize(
    ("files", "words", "status"),
    [
        ([], WORDS, 400),
        ([("content", (f"f{n}.py", SCRIPT)) for n in range(11)], WORDS, 400),
        ([("content", ("../x.py", SCRIPT))], WORDS, 422),
        ([("content", ("codes.py", SCRIPT))], {"title": "only"}, 400),
    ],
)
def test_a_batch_that_is_not_right_is_refused_and_the_log_says_so(
    world: World, files: list[Any], words: dict[str, str], status: int
) -> None:
    client = program(world, made(world, Scope.INGRESS_SUBMIT))
    answer = client.post(INGRESS, files=files, data=words)
    assert answer.status_code == status, answer.text
    last = uses(world)[-1]
    assert last["outcome"] == "failed", last
    assert last["detail"]["requests"] == []


def test_nothing_is_read_of_a_body_whose_token_is_nobodys(world: World) -> None:
    client = program(world, "ansim_" + "x" * 43)
    answer = client.post(INGRESS, content=b"\0" * 3_000_000, headers={"Content-Type": "multipart/form-data"})
    assert answer.status_code == 401
    assert not list(world.zone.desk.scratch.glob("upload-*"))


def test_the_page_shows_the_token_once(world: World) -> None:
    operator, officer = world.signed_in("taeyang"), world.signed_in("jiwoo")
    ends = f"{world.clock() + timedelta(days=30):%Y-%m-%d}"
    form = {"name": "monitor", "purpose": "Prometheus", "owner": "minji", "scope": "metrics.read", "ends": ends}
    refused = operator.fill("/service-accounts", 422, **form, addresses="0.0.0.0/0")
    assert "too wide" in refused.text
    assert 'value="Prometheus"' in refused.text
    operator.fill("/service-accounts", **form, addresses=FROM)
    assert "Ask for an account" not in officer.page("/service-accounts")
    operator.fill("/service-accounts/monitor/confirm", 403)
    operator.fill("/service-accounts/monitor/token", 409)
    officer.fill("/service-accounts/monitor/token", 403)
    officer.fill("/service-accounts/monitor/confirm")
    shown = operator.fill("/service-accounts/monitor/token", 200).text
    found = re.search(r'<p class="secret">(ansim_[\w-]{43})</p>', shown)
    assert found
    assert found[1] not in operator.page("/service-accounts")
    assert program(world, found[1]).get("/service/metrics").status_code == 200
    assert "last used" in operator.page("/service-accounts")
    world.signed_in("sunhee").fill("/service-accounts/monitor/revoke")
    assert program(world, found[1]).get("/service/metrics").status_code == 401


def test_a_portal_without_metrics_says_what_to_set(world: World) -> None:
    token = made(world, Scope.METRICS_READ)
    client = program(world, token)
    bare = TestClient(build(world.portal), base_url=str(client.base_url), headers=dict(client.headers))
    answer = bare.get("/service/metrics")
    assert answer.status_code == 503
    assert "metrics.port" in answer.json()["error"]["message"]["ko"]
