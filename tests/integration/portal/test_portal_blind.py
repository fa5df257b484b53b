"""Nothing on any page tells another checker or the author that a vote was cast: the same bytes before and after."""

from __future__ import annotations

import re

from egress_review.model import Visibility
from tests.integration.portal.portal_world import HERE, LARGE, Browser, World

FOR_CHECKERS = (
    "/",
    "/review",
    "/review/{ref}",
    "/review/{ref}?file={sha256}",
    "/account",
    "/review-figures",
    "/rechecks",
)
FOR_AUTHORS = ("/", "/requests", "/requests/{ref}", "/requests/{ref}?file={sha256}", "/account")
#: What changes by itself: the proof in the address of a preview, and the seconds that have passed.
FRESH = re.compile(r"(?:/p/|[?&](?:until|proof|key|sig|token)=)[^\"&]+|\b\d+ (?:second|minute)s?\b")


def seen(browser: Browser, paths: tuple[str, ...], **about: str) -> dict[str, str]:
    """Every byte that somebody can read on these pages."""
    answers = {path: browser.get(path.format(**about)) for path in paths}
    return {path: str(one.status_code) + FRESH.sub("fresh", one.text) for path, one in answers.items()}


def test_no_page_tells_another_checker_or_the_author_that_a_vote_was_cast(world: World) -> None:
    ref = world.submitted(table=LARGE)
    desk, registry = world.zone.desk, world.zone.registry
    first = registry.person("junho")
    sha256 = desk.view(first, ref).request.outputs[0].sha256
    other, author = world.signed_in("seoyeon"), world.signed_in("minji")

    def all_of_it() -> tuple[dict[str, str], dict[str, str], object]:
        status = world.workspace_client(registry.may_work("minji", "study").workspace.ref)
        calls = [status.get("/workspace/status").json(), status.get(f"/workspace/requests/{ref}").json()]
        pages = seen(other, FOR_CHECKERS, ref=ref, sha256=sha256), seen(author, FOR_AUTHORS, ref=ref, sha256=sha256)
        return *pages, calls

    all_of_it()
    before = all_of_it()
    assert all_of_it() == before, "these pages change by being looked at"
    world.vote("junho", ref)
    desk.comment(first, ref, "Between us.", source=HERE)
    desk.comment(first, ref, "For later.", visibility=Visibility.ALL, source=HERE)
    desk.tidy()
    after = all_of_it()
    for then, now in zip(before[:2], after[:2], strict=True):
        for path in then:
            assert now[path] == then[path], path
    assert after[2] == before[2]
