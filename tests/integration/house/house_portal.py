"""Every form of the portal, filled in once in a signed-in browser."""

from __future__ import annotations

import re
import time
from datetime import timedelta

import pyotp
from sqlalchemy import update

from egress_review.tables import request as requests
from registry.model import Role
from registry.notice import NOTICES
from tests.integration.house.house_uses import Act, Uses
from tests.integration.portal.portal_world import CLI, CONTEXT, HERE, LARGE, PASSWORD, Browser, World, request_form

USES: Uses[World] = Uses(
    silent={
        "/language": "a cookie of the browser; nothing on the server changes",
        "/sign-out": "the hub ends the session and records it, see test_hub_sign_in_pages",
        "/account/messages": "which messages somebody has read concerns nobody else",
        "/projects/{project}/workspace/start": "an order to the hub, which records the start as intent and outcome",
        "/projects/{project}/workspace/stop": "an order to the hub, which records the stop",
    }
)
PERIOD = {"starts": "2026-01-01", "ends": "2035-12-31"}
NEW_PASSWORD = "seven other lanterns over the bay"
STUDY = {"id": "ward", "title_ko": "병동", "title_en": "Ward", "purpose": "Counting beds."}


def operator(world: World) -> Browser:
    return world.signed_in("taeyang")


def invite(world: World, handle: str = "haewon") -> str:
    """Invite somebody; return the token of the link."""
    return world.zone.registry.invite(handle, "Haewon", "h@ansim.example", [], "en", by=CLI, source=HERE)


def code_on(browser: Browser, world: World, path: str) -> str:
    """The code of the authenticator that a page offers."""
    found = re.search(r'<p class="secret">([A-Z2-7 ]+)</p>', browser.page(path))
    assert found
    return pyotp.TOTP(found[1].replace(" ", "")).at(world.clock())


@USES.exercise("/invitation/{token}", "person.joined")
def accept_invitation(world: World) -> Act:
    guest, path = world.browser(), f"/invitation/{invite(world)}"
    code = code_on(guest, world, path)
    return lambda: guest.fill(path, 200, password=NEW_PASSWORD, again=NEW_PASSWORD, code=code)


@USES.exercise("/second-factor/{token}", "person.second_factor_set")
def enrol(world: World) -> Act:
    operator(world).fill("/people/minji/reset")
    answer = world.signed_in("jiwoo").fill("/second-factor-resets/minji", 200)
    found = re.search(r"(/second-factor/[\w-]+)", answer.text)
    assert found
    guest = world.browser()
    code = code_on(guest, world, found[1])
    return lambda: guest.fill(found[1], 200, password=PASSWORD, code=code)


@USES.exercise("/password/{token}", "person.password_reset")
def set_password(world: World) -> Act:
    operator(world).fill("/people/minji/password-reset")
    answer = world.signed_in("jiwoo").fill("/password-resets/minji", 200)
    found = re.search(r"(/password/[\w-]+)", answer.text)
    assert found
    guest = world.browser()
    world.clock.ahead += timedelta(seconds=30)  # the present code was used up by joining
    code = pyotp.TOTP(world.secrets["minji"]).at(world.clock())
    return lambda: guest.fill(found[1], 200, password=NEW_PASSWORD, again=NEW_PASSWORD, code=code)


@USES.exercise("/notice", "person.notice_accepted")
def accept_notice(world: World) -> Act:
    code = pyotp.TOTP(secret := pyotp.random_base32()).at(world.clock())
    world.zone.registry.accept_invitation(invite(world), PASSWORD, secret, code, source=HERE)
    browser = world.signed_in("haewon")
    version = world.zone.registry.notice_version
    assert version in NOTICES
    return lambda: browser.fill("/notice", version=version, accept="yes")


@USES.exercise("/account/password", "person.password_changed")
def change_password(world: World) -> Act:
    browser = world.signed_in("minji")
    world.clock.ahead += timedelta(seconds=30)  # the present code was used up by joining
    code = pyotp.TOTP(world.secrets["minji"]).at(world.clock())
    given = {"old": PASSWORD, "password": NEW_PASSWORD, "again": NEW_PASSWORD, "code": code}
    return lambda: browser.fill("/account/password", **given)


@USES.exercise(
    "/requests/new",
    "egress.drafted",
    "egress.submitted",
    why="a request is made and handed in with one button; its way has both steps",
)
def submit(world: World) -> Act:
    world.outbox(table=LARGE)
    browser = world.signed_in("minji")
    return lambda: browser.fill("/requests/new", **request_form())


@USES.exercise(
    "/projects/{project}/bring-in",
    "egress.drafted",
    "egress.submitted",
    why="a request is made and handed in with one button; its way has both steps",
)
def bring_in(world: World) -> Act:
    browser, words = world.signed_in("minji"), {"title": "Codes", "purpose": "Labels", "context": CONTEXT}
    files = {"content": ("codes.csv", LARGE.encode(), "text/csv")}
    return lambda: browser.post("/projects/study/bring-in", data=words, files=files, follow_redirects=False)


@USES.exercise("/requests/new (check)", "egress.prechecked")
def precheck(world: World) -> Act:
    world.outbox(table=LARGE)
    browser = world.signed_in("minji")
    return lambda: browser.fill("/requests/new", 200, **request_form(do="check"))


@USES.exercise("/requests/{ref}/edit", "egress.resubmitted")
def resubmit(world: World) -> Act:
    ref = world.submitted()
    world.signed_in("junho").fill(f"/review/{ref}/decide", decision="return", reason="Merge the groups please.")
    world.outbox(table=LARGE.replace("212", "213"))
    browser = world.signed_in("minji")
    return lambda: browser.fill(f"/requests/{ref}/edit", **request_form())


@USES.exercise("/requests/{ref}/copy", "egress.drafted")
def copy(world: World) -> Act:
    ref, browser = world.submitted(), world.signed_in("minji")
    browser.fill(f"/requests/{ref}/withdraw")
    return lambda: browser.fill(f"/requests/{ref}/copy")


@USES.exercise("/requests/{ref}/comment", "egress.commented")
def answer(world: World) -> Act:
    ref, browser = world.submitted(), world.signed_in("minji")
    return lambda: browser.fill(f"/requests/{ref}/comment", text="It is for table 2.")


@USES.exercise("/requests/{ref}/withdraw", "egress.withdrawn")
def withdraw(world: World) -> Act:
    ref, browser = world.submitted(), world.signed_in("minji")
    return lambda: browser.fill(f"/requests/{ref}/withdraw")


@USES.exercise("/requests/{ref}/collect", "egress.collected")
def collect(world: World) -> Act:
    ref = world.submitted()
    for handle in ("junho", "seoyeon"):
        world.vote(handle, ref)
    world.zone.desk.release(ref)
    browser = world.signed_in("minji")
    return lambda: browser.fill(f"/requests/{ref}/collect", 200)


@USES.exercise("/review/{ref}/vote", "egress.voted")
def vote(world: World) -> Act:
    ref, browser = world.submitted(), world.signed_in("junho")
    names = set(re.findall(r'name="(vote-[0-9a-f]{64})"', browser.page(f"/review/{ref}")))
    votes = dict.fromkeys(names, "approve")
    return lambda: browser.fill(f"/review/{ref}/vote", round="1", confirm=ref[-4:], comment="", unseen="yes", **votes)


@USES.exercise("/review/{ref}/take", "egress.taken")
def take_request(world: World) -> Act:
    ref, browser = world.submitted(), world.signed_in("junho")
    return lambda: browser.fill(f"/review/{ref}/take")


@USES.exercise("/review/{ref}/give-back", "egress.given_back")
def give_request_back(world: World) -> Act:
    ref, browser = world.submitted(), world.signed_in("junho")
    browser.fill(f"/review/{ref}/take")
    return lambda: browser.fill(f"/review/{ref}/give-back")


@USES.exercise("/review/{ref}/remark", "egress.commented")
def remark(world: World) -> Act:
    ref, browser = world.submitted(), world.signed_in("junho")
    return lambda: browser.fill(f"/review/{ref}/remark", remark="Is the year missing?", visibility="all")


@USES.exercise("/interests", "egress.interest_declared")
def declare_interest(world: World) -> Act:
    browser = world.signed_in("junho")
    return lambda: browser.fill("/interests", project="study", reason="My sister leads it.")


@USES.exercise("/review/{ref}/recuse", "egress.recused")
def recuse(world: World) -> Act:
    ref, browser = world.submitted(), world.signed_in("junho")
    return lambda: browser.fill(f"/review/{ref}/recuse", reason="My sister wrote it.")


@USES.exercise("/review/{ref}/code", "egress.code_read")
def read_code(world: World) -> Act:
    ref, browser = world.submitted(), world.signed_in("junho")
    return lambda: browser.fill(f"/review/{ref}/code", 200, reason="where the counts come from")


@USES.exercise("/review/{ref}/decide", "egress.returned")
def decide(world: World) -> Act:
    ref, browser = world.submitted(), world.signed_in("junho")
    return lambda: browser.fill(f"/review/{ref}/decide", decision="return", reason="Merge the groups please.")


@USES.exercise("/rechecks/{ref}", "egress.rechecked")
def recheck(world: World) -> Act:
    ref = world.submitted()
    for handle in ("junho", "seoyeon"):
        world.vote(handle, ref)
    world.zone.desk._draw(world.zone.desk.release(ref), 100)
    world.zone.registry.grant_role("nobody", Role.CHECKER, by=CLI, source=HERE)
    browser = world.signed_in("nobody")
    return lambda: browser.fill(f"/rechecks/{ref}", answer="agree", reason="")


@USES.exercise("/as-recorded/{ref}", "egress.looked_into")
def look_into(world: World) -> Act:
    ref = world.submitted()
    with world.zone.db.begin() as tx:
        tx.execute(update(requests).where(requests.c.ref == ref).values(purpose="For the press"))
    world.zone.desk.watch_requests()
    browser = world.signed_in("jiwoo")
    return lambda: browser.fill(f"/as-recorded/{ref}", reason="Compared with the backup.")


@USES.exercise("/compliance/verify", "log.verified")
def verify(world: World) -> Act:
    browser = world.signed_in("jiwoo")

    def act() -> None:
        browser.fill("/compliance/verify")
        while (run := world.portal.verifications.last) is None or run.running:
            time.sleep(0.05)

    return act


@USES.exercise("/people/invite", "person.invited")
def invite_person(world: World) -> Act:
    browser, given = operator(world), {"handle": "haewon", "name": "Haewon", "email": "h@ansim.example"}
    return lambda: browser.fill("/people/invite", 200, language="en", role="checker", **given)


@USES.exercise("/people/{handle}/invite-again", "person.invited")
def invite_again(world: World) -> Act:
    invite(world)
    browser = operator(world)
    return lambda: browser.fill("/people/haewon/invite-again", 200)


@USES.exercise("/people/{handle}/state", "person.suspended")
def change_state(world: World) -> Act:
    browser = operator(world)
    return lambda: browser.fill("/people/nobody/state", change="suspend")


@USES.exercise("/people/{handle}/role", "person.role_granted")
def change_role(world: World) -> Act:
    browser = operator(world)
    return lambda: browser.fill("/people/nobody/role", change="grant", role="checker")


@USES.exercise("/people/{handle}/reset", "person.second_factor_reset_requested")
def request_reset(world: World) -> Act:
    browser = operator(world)
    return lambda: browser.fill("/people/minji/reset")


@USES.exercise("/second-factor-resets/{handle}", "person.second_factor_reset_confirmed")
def confirm_reset(world: World) -> Act:
    operator(world).fill("/people/minji/reset")
    browser = world.signed_in("jiwoo")
    return lambda: browser.fill("/second-factor-resets/minji", 200)


@USES.exercise("/people/{handle}/password-reset", "person.password_reset_requested")
def request_password_reset(world: World) -> Act:
    browser = operator(world)
    return lambda: browser.fill("/people/minji/password-reset")


@USES.exercise("/password-resets/{handle}", "person.password_reset_confirmed")
def confirm_password_reset(world: World) -> Act:
    operator(world).fill("/people/minji/password-reset")
    browser = world.signed_in("jiwoo")
    return lambda: browser.fill("/password-resets/minji", 200)


@USES.exercise("/projects", "project.created")
def add_project(world: World) -> Act:
    browser = operator(world)
    return lambda: browser.fill("/projects", **STUDY, **PERIOD)


@USES.exercise("/projects/{project}/close", "project.closed")
def close_project(world: World) -> Act:
    browser = operator(world)
    return lambda: browser.fill("/projects/study/close")


@USES.exercise("/projects/{project}/freeze", "project.frozen")
def freeze_project(world: World) -> Act:
    browser = operator(world)
    return lambda: browser.fill("/projects/study/freeze", why="a leak is suspected")


@USES.exercise("/projects/{project}/unfreeze", "project.unfrozen")
def unfreeze_project(world: World) -> Act:
    browser = operator(world)
    browser.fill("/projects/study/freeze", why="a leak is suspected")
    return lambda: browser.fill("/projects/study/unfreeze", why="it was a mistake")


@USES.exercise("/projects/{project}/extend", "project.changed")
def extend_project(world: World) -> Act:
    browser = operator(world)
    return lambda: browser.fill("/projects/study/extend", ends="2036-12-31")


@USES.exercise("/projects/{project}/members", "membership.granted")
def add_member(world: World) -> Act:
    browser = operator(world)
    operator(world).fill("/projects", **STUDY, **PERIOD)
    return lambda: browser.fill("/projects/ward/members", handle="nobody", role="researcher", **PERIOD)


@USES.exercise("/projects/{project}/members/remove", "membership.revoked")
def remove_member(world: World) -> Act:
    browser = operator(world)
    role = Role.RESEARCHER.value
    return lambda: browser.fill("/projects/study/members/remove", handle="minji", role=role)


@USES.exercise("/projects/{project}/grants", "grant.approved")
def grant(world: World) -> Act:
    operator(world).fill("/projects", **STUDY, **PERIOD)
    browser = world.signed_in("sunhee")
    return lambda: browser.fill("/projects/ward/grants", dataset="gibleed:1", **PERIOD)


@USES.exercise("/grants/{grant}/revoke", "grant.revoked")
def revoke_grant(world: World) -> Act:
    (held,) = world.zone.registry.grants("study")
    browser = world.signed_in("sunhee")
    return lambda: browser.fill(f"/grants/{held.ref}/revoke")


@USES.exercise("/projects/{project}/bundle", "log.bundled")
def bundle(world: World) -> Act:
    world.zone.registry.close_project("study", by=CLI, source=HERE)
    browser = world.signed_in("jiwoo")
    return lambda: browser.fill("/projects/study/bundle", 200, reason="archived")
