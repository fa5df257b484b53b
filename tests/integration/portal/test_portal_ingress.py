"""The form to bring a file in, and how its direction shows to everybody who has to do with it."""

from __future__ import annotations

import httpx2 as httpx
import pytest
from sqlalchemy import delete, select

from audit.text import LANGUAGES
from egress_review import mail, tables
from tests.integration.portal.portal_world import CONTEXT, LARGE, Browser, World

WORDS = {"title": "Drug codes", "purpose": "To label drugs", "context": CONTEXT}
PATH = "/projects/study/bring-in"


def bring(
    browser: Browser, status: int = 303, name: str = "codes.csv", data: str = LARGE, **changes: str
) -> httpx.Response:
    files = {"content": (name, data.encode(), "text/csv")}
    answer: httpx.Response = browser.post(PATH, data=WORDS | changes, files=files, follow_redirects=False)
    assert answer.status_code == status, answer.text[-2500:]
    return answer


def test_a_file_is_brought_in_from_the_form_to_the_inbox(world: World) -> None:
    world.outbox()
    browser = world.signed_in("minji")
    assert PATH in browser.page("/projects/study/workspace")
    ref = bring(browser).headers["location"].rsplit("/", 1)[1]
    world.zone.desk.scan(ref)
    assert "comes in" in browser.page("/requests")
    assert "into the workspace" in browser.page(f"/requests/{ref}")
    assert "comes in" in world.signed_in("junho").page("/review")
    assert "comes in" in world.signed_in("junho").page(f"/review/{ref}")
    for handle in ("junho", "seoyeon"):
        world.vote(handle, ref)
    world.zone.desk.release(ref)
    page = browser.page(f"/requests/{ref}")
    assert "The workspace reads it in /inbox." in page
    assert "Collect the package" not in page
    assert "comes in" in world.signed_in("jiwoo").page(f"/compliance/timeline/request/{ref}")
    lies = world.zone.settings.home / "workspaces" / world.workspace().ref / "inbox" / ref / "codes.csv"
    assert lies.read_text(encoding="utf-8") == LARGE
    browser.fill(f"/requests/{ref}/collect", 409)
    world.signed_in("junho").fill(
        f"/review/{ref}/decide", decision="revoke", reason="It is not free to use.", confirm=ref[-4:]
    )
    world.zone.desk.act(ref)
    assert not lies.parent.exists()
    assert "removed from /inbox" in browser.page(f"/requests/{ref}")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": ".hidden"}, "plain name"),
        ({"title": ""}, "title"),
        ({"context": "short"}, "characters"),
        ({"again": "er_aaaaaaaaaaaaaaaa"}, "There is no"),
    ],
)
def test_what_cannot_be_taken_is_said_on_the_form_that_keeps_the_words(
    world: World, changes: dict[str, str], said: str
) -> None:
    page = bring(world.signed_in("minji"), 422, **changes).text
    assert said in page
    assert "To label drugs" in page


def test_a_form_without_a_file_is_refused(world: World) -> None:
    browser = world.signed_in("minji")
    assert "Choose the file to bring in." in browser.fill(PATH, 422, **WORDS).text


def test_a_file_up_to_the_limit_is_taken_and_a_larger_one_is_answered_with_what_to_do(world: World) -> None:
    world.zone.desk.incoming_bytes = 3_000_000
    browser = world.signed_in("minji")
    assert "at most 3.0 MB" in browser.page(PATH)
    bring(browser, data=LARGE * 30_000)
    page = bring(browser, 422, data="x" * 3_100_000).text
    assert "larger than the limit" in page
    assert "To label drugs" in page
    page = bring(browser, 413, data="x" * 3_300_000).text
    assert "At most 3.0 MB are taken at once." in page
    assert "spread it over several files" in page
    assert "This is too large" in browser.post("/requests/new", data={"context": "x" * 2_000_001}).text


def test_a_file_of_somebody_who_may_bring_none_is_not_kept_at_all(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(world.zone.settings.home / "missing"))
    bring(world.signed_in("junho"), 403, data=LARGE * 30_000)
    assert "/sign-in" in bring(world.browser(), data=LARGE * 30_000).headers["location"]
    with pytest.raises(FileNotFoundError):
        bring(world.signed_in("minji"), data=LARGE * 30_000)


def test_everybody_is_told_that_a_file_comes_in_and_not_that_one_leaves(world: World) -> None:
    with world.zone.db.engine.begin() as tx:
        tx.execute(delete(tables.mail))
    world.outbox()
    ref = bring(world.signed_in("minji")).headers["location"].rsplit("/", 1)[1]
    world.zone.desk.scan(ref)
    for handle in ("junho", "seoyeon"):
        world.vote(handle, ref)
    world.zone.desk.release(ref)
    with world.zone.db.read() as tx:
        kinds = set(tx.execute(select(tables.mail.c.kind)).scalars())
    assert kinds == {"in.to_review", "ingress.released"}
    for kind in kinds:
        for language in LANGUAGES:
            whole = mail.subject_of(kind, ref).say(language) + mail.body_of(kind, ref, "Zone", "https://x").say(
                language
            )
            assert "반출" not in whole
            assert "gress request" not in whole.replace("Ingress request", "")
    messages = world.zone.registry.messages(world.zone.registry.person("minji").ref)
    assert all("반출" not in one.content.ko for one in messages)


def test_a_returned_file_is_corrected_on_the_same_form(world: World) -> None:
    browser = world.signed_in("minji")
    ref = bring(browser).headers["location"].rsplit("/", 1)[1]
    world.zone.desk.scan(ref)
    world.signed_in("junho").fill(f"/review/{ref}/decide", decision="return", reason="Where is it from?")
    goal = browser.get(f"/requests/{ref}/edit", follow_redirects=False).headers["location"]
    assert goal == f"{PATH}?again={ref}"
    assert "To label drugs" in browser.page(goal)
    bring(browser, data=LARGE.replace("212", "213"), again=ref)
    assert world.zone.desk.view(world.zone.registry.person("minji"), ref).request.round == 2


def test_only_a_researcher_of_the_project_finds_the_form(world: World) -> None:
    for handle in ("junho", "jiwoo", "taeyang"):
        world.signed_in(handle).page(PATH, 403)
