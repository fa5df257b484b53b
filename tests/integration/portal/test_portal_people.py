from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pyotp

from registry.model import PersonStatus, Role
from tests.integration.portal.portal_world import CLI, HERE, PASSWORD, World

NEW_PASSWORD = "seven other lanterns over the bay"


def invited(world: World, handle: str = "haewon") -> str:
    """Invite a person on the page; return the path of the link that is shown once."""
    answer = world.signed_in("taeyang").fill(
        "/people/invite", 200, handle=handle, name="Haewon", email="h@ansim.example", language="en", role="checker"
    )
    found = re.search(r"http://zone\.ansim\.localhost:8600(/invitation/[\w-]+)", answer.text)
    assert found
    return found[1]


def secret_on(page: str) -> str:
    found = re.search(r'<p class="secret">([A-Z2-7 ]+)</p>', page)
    assert found
    return found[1].replace(" ", "")


def test_an_invited_person_joins_with_password_and_authenticator(world: World) -> None:
    link = invited(world)
    guest = world.browser()
    page = guest.page(link)
    secret = secret_on(page)
    assert secret == secret_on(guest.page(link))
    picture = guest.get(f"{link}/qr.svg")
    assert picture.headers["content-type"].startswith("image/svg+xml")
    code = pyotp.TOTP(secret).at(world.clock())
    assert "not the same" in guest.fill(link, 422, password=NEW_PASSWORD, again="x", code=code).text
    assert (
        "The code is not right" in guest.fill(link, 422, password=NEW_PASSWORD, again=NEW_PASSWORD, code="000000").text
    )
    assert guest.fill(link, 422, password="short", again="short", code=code)
    assert "Your account is ready" in guest.fill(link, 200, password=NEW_PASSWORD, again=NEW_PASSWORD, code=code).text
    assert "does not work any more" in guest.page(link, 404)
    person = world.zone.registry.person("haewon")
    assert person.status is PersonStatus.ACTIVE
    assert person.roles == {Role.CHECKER}
    later = pyotp.TOTP(secret).at(world.clock() + timedelta(seconds=30))
    world.clock.ahead += timedelta(seconds=30)
    assert world.zone.registry.sign_in("haewon", NEW_PASSWORD, later, source=HERE).handle == "haewon"


def test_a_link_that_does_not_work_tells_nothing(world: World) -> None:
    guest = world.browser()
    for path in ("/invitation/guess", "/second-factor/guess", "/invitation/guess/qr.svg"):
        assert "does not work any more" in guest.page(path, 404)


def test_a_one_time_link_is_shown_on_no_other_page(world: World) -> None:
    link = invited(world)
    operator = world.signed_in("taeyang")
    for path in ("/people", "/people/haewon", "/"):
        assert link.rsplit("/", 1)[1] not in operator.page(path)


def test_a_lost_authenticator_takes_an_operator_and_a_second_person(world: World) -> None:
    operator = world.signed_in("taeyang")
    operator.fill("/people/minji/reset")
    assert "waits for a second person" in operator.page("/people/minji")
    operator.fill("/second-factor-resets/minji", 403)
    second = world.signed_in("jiwoo")
    assert "minji" in second.page("/resets")
    answer = second.fill("/second-factor-resets/minji", 200)
    link = re.search(r"http://zone\.ansim\.localhost:8600(/second-factor/[\w-]+)", answer.text)
    assert link
    guest = world.browser()
    secret = secret_on(guest.page(link[1]))
    code = pyotp.TOTP(secret).at(world.clock())
    assert guest.fill(link[1], 422, password="not the password at all", code=code)
    guest.fill(link[1], 200, password=PASSWORD, code=code)
    told = world.signed_in("minji").page("/account")
    assert "An operator asked to reset your authenticator" in told
    assert "A new authenticator was registered" in told


def test_messages_are_counted_until_they_are_read(world: World) -> None:
    world.zone.registry.request_second_factor_reset("minji", by=CLI, source=HERE)
    browser = world.signed_in("minji")
    assert "Unread messages:" in browser.page("/")
    browser.fill("/account/messages", next="account")
    assert "Unread messages:" not in browser.page("/account")


def test_an_operator_suspends_reinstates_and_changes_roles(world: World) -> None:
    operator = world.signed_in("taeyang")
    operator.fill("/people/nobody/state", change="suspend")
    assert "Suspended" in operator.page("/people/nobody")
    operator.fill("/people/nobody/state", change="reinstate")
    operator.fill("/people/nobody/role", change="grant", role="checker")
    assert world.zone.registry.person("nobody").roles == {Role.CHECKER}
    operator.fill("/people/nobody/role", change="revoke", role="checker")
    operator.fill("/people/nobody/role", 400, change="grant", role="emperor")
    operator.fill("/people/nobody/state", 400, change="banish")
    assert (
        "Nobody changes their own roles"
        in operator.fill("/people/taeyang/role", 403, change="grant", role="data_controller").text
    )


def test_a_password_is_changed_with_the_old_one_and_a_fresh_code(world: World) -> None:
    browser = world.signed_in("minji")
    world.clock.ahead += timedelta(seconds=30)
    code = pyotp.TOTP(world.secrets["minji"]).at(world.clock())
    entries: dict[str, Any] = {"old": PASSWORD, "password": NEW_PASSWORD, "again": NEW_PASSWORD}
    assert "not the same" in browser.fill("/account/password", 422, **{**entries, "again": "x"}, code=code).text
    assert browser.fill("/account/password", 422, **{**entries, "old": "wrong password here"}, code=code)
    browser.fill("/account/password", **entries, code=code)
    assert len(world.entries("person.password_changed")) == 1


def test_a_project_is_opened_staffed_supplied_and_closed(world: World) -> None:
    operator, controller = world.signed_in("taeyang"), world.signed_in("sunhee")
    period: dict[str, Any] = {"starts": "2026-01-01", "ends": "2035-12-31"}
    operator.fill("/projects", id="ward", title_ko="병동", title_en="Ward", purpose="Counting beds.", **period)
    operator.fill("/projects/ward/members", handle="nobody", role="researcher", **period)
    operator.fill("/projects/ward/grants", 403, dataset="gibleed:1", **period)
    controller.fill("/projects/ward/members", 403, handle="minji", role="researcher", **period)
    controller.fill("/projects/ward/grants", dataset="gibleed:1", **period)
    assert world.zone.registry.may_work("nobody", "ward").mounts[0].dataset == "gibleed"
    operator.fill("/projects/ward/extend", ends="2036-12-31")
    grant = world.zone.registry.grants("ward")[0]
    controller.fill(f"/grants/{grant.ref}/revoke")
    operator.fill("/projects/ward/members/remove", handle="nobody", role="researcher")
    operator.fill("/projects/ward/close")
    assert "Closed" in operator.page("/projects/ward")
    operator.fill("/projects", 400, id="x", title_ko="a", title_en="b", purpose="c", starts="soon", ends="later")
    operator.page("/projects/nothing", 404)
