"""The steps of a release, each as a person takes it: through pages, forms and a notebook."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable

from hub_config.story.kernel import CellResult, Workspace
from hub_config.story.pages import Form
from hub_config.story.visitor import Page, StoryFailed, Visitor

START_SECONDS = 240
SCAN_SECONDS = 120
RELEASE_SECONDS = 60
REQUEST_REF = re.compile(r"\ber_[a-z2-7]{16}\b")
TUTORIAL = "시작하기_tutorial.ipynb"


async def start_workspace(visitor: Visitor, handle: str, project: str) -> Workspace:
    """Start a person's workspace from the portal and wait until it opens."""
    address = f"/projects/{project}/workspace"
    prefix = f"/user/{handle}/{project}/"
    page = await visitor.open(address)
    asked = False
    deadline = time.monotonic() + START_SECONDS
    while not opens(page, prefix):
        if time.monotonic() > deadline or page.status >= 400:
            raise StoryFailed(f"The workspace did not start ({page.status}): {page.content.text[:400]}")
        if not asked and any("/workspace/start" in form.action for form in page.content.forms):
            page = await visitor.submit(page, page.form("/workspace/start"), {})
            asked = True  # while the one before still ends, the page offers no start yet
            continue
        await asyncio.sleep(0.5)
        page = await visitor.open(address)
    workspace = Workspace(visitor, prefix)
    await workspace.enter()
    return workspace


def opens(page: Page, prefix: str) -> bool:
    """Say whether a page is the workspace or leads to it."""
    return prefix in page.url or any(prefix in target for target, _ in page.content.links)


async def stop_workspace(visitor: Visitor, project: str) -> None:
    """Stop a workspace from the portal and wait until it has stopped."""
    address = f"/projects/{project}/workspace"
    page = await visitor.open(address)
    if not any("/workspace/stop" in form.action for form in page.content.forms):
        return
    await visitor.submit(page, page.form("/workspace/stop"), {})
    deadline = time.monotonic() + 60
    while not any("/workspace/start" in form.action for form in (await visitor.open(address)).content.forms):
        if time.monotonic() > deadline:
            raise StoryFailed("The workspace did not stop.")
        await asyncio.sleep(0.5)


async def run_tutorial(
    workspace: Workspace, done: Callable[[int], None] = lambda _: None
) -> tuple[str, list[CellResult]]:
    """Run the tutorial to its end, with the last cell told to submit; return the request and every cell's result."""
    cells = await workspace.notebook(TUTORIAL)
    cells[-1] = cells[-1].replace("READY = False", "READY = True")
    results = await workspace.run(TUTORIAL, cells, done)
    found = REQUEST_REF.search(results[-1].text)
    if found is None:
        raise StoryFailed(f"The tutorial's last cell names no request: {results[-1].text[:300]}")
    return found.group(), results


async def wait_for_review(visitor: Visitor, request: str) -> Page:
    """Wait until the zone has checked a request and a checker can vote on it."""
    return await wait_for_page(visitor, f"/review/{request}", has_vote_form, SCAN_SECONDS)


def has_vote_form(page: Page) -> bool:
    """Say whether a page lets its reader vote."""
    return any(form.action.endswith("/vote") for form in page.content.forms)


async def vote(visitor: Visitor, request: str, choice: str, comment: str) -> Page:
    """Vote on every file of a request, confirmed as the page asks."""
    page = await wait_for_review(visitor, request)
    return await visitor.submit(page, vote_form(page), ballot(page, request, choice, comment))


def vote_form(page: Page) -> Form:
    """Return the form of a page with which its reader votes."""
    return next(f for f in page.content.forms if f.action.endswith("/vote"))


def ballot(page: Page, request: str, choice: str, comment: str) -> dict[str, str]:
    """Return what a person fills in to make the same choice for every file of a request.

    Raises: StoryFailed — if the page does not offer that choice.
    """
    offered = vote_form(page).choices
    values = {name: choice for name, options in offered.items() if choice in options}
    if not values:
        raise StoryFailed(f"{page.url} offers no choice {choice}: {offered}")
    # Nobody in a story looks at previews, and the vote says so.
    return {**values, **confirmation(page, request), "comment": comment, "unseen": "yes"}


def confirmation(page: Page, request: str) -> dict[str, str]:
    """Return what a page wants typed as a confirmation: the last characters of the request's number."""
    return {"confirm": request[-4:]} if any(n == "confirm" for f in page.content.forms for n, _ in f.fields) else {}


async def wait_for_page(visitor: Visitor, address: str, ready: Callable[[Page], bool], seconds: float) -> Page:
    """Look at a page again until it is as wanted."""
    deadline = time.monotonic() + seconds
    page = await visitor.open(address)
    while not ready(page):
        if time.monotonic() > deadline:
            raise StoryFailed(f"{address} is not as promised ({page.status}): {page.content.text[:600]}")
        await asyncio.sleep(0.5)
        page = await visitor.open(address)
    return page


async def collect(visitor: Visitor, request: str) -> bytes:
    """Wait for the release and download its package, a ZIP archive."""
    page = await wait_for_page(visitor, f"/requests/{request}", can_collect, RELEASE_SECONDS)
    form = next(f for f in page.content.forms if f.action.endswith("/collect"))
    package = await visitor.submit(page, form, {})
    if not package.body.startswith(b"PK"):
        raise StoryFailed(f"The package did not come ({package.status}): {package.content.text[:300]}")
    return package.body


def can_collect(page: Page) -> bool:
    """Say whether a page offers the released package."""
    return any(form.action.endswith("/collect") for form in page.content.forms)
