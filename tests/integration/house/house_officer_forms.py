"""The forms of the portal for those who read and keep the record, filled in once in a signed-in browser."""

from __future__ import annotations

import re
from datetime import timedelta

from tests.integration.house.house_portal import USES, operator
from tests.integration.house.house_uses import Act
from tests.integration.portal.portal_world import CLI, HERE, World

__all__ = ["USES"]

REVIEWS = "integration/portal/test_portal_monthly_review.py"
KEY_ENDS = "integration/portal/test_portal_key_ends.py"
LINKAGES = "integration/portal/test_portal_linkages.py"
REIDENTIFY = "integration/portal/test_portal_reidentification.py"
USES.silent.update(
    {
        "/account/mail": "whether somebody wants mail concerns nobody else and gives no right",
        "/compliance/file": "turns a file into its hash; the page that shows what is found is recorded",
    }
)
USES.elsewhere.update(
    {
        "/monthly-reviews/{month}/note": (REVIEWS, '"review.noted"'),
        "/monthly-reviews/{month}/sign": (REVIEWS, '"review.signed"'),
        "/additional-information": (KEY_ENDS, '"requested"'),
        "/additional-information/{ref}/approve": (KEY_ENDS, '"approved"'),
        "/additional-information/{ref}/refuse": (KEY_ENDS, "/refuse"),
        "/linkages": (LINKAGES, '"deid.linkage_requested"'),
        "/linkages/{ref}/approve": (LINKAGES, '"deid.linkage_approved"'),
        "/linkages/{ref}/refuse": (LINKAGES, '"deid.linkage_refused"'),
        "/linkages/{ref}/end": (LINKAGES, '"deid.linkage_ended"'),
        "/reidentification": (REIDENTIFY, '"deid.reidentify_requested"'),
        "/reidentification/{ref}/approve": (REIDENTIFY, '"deid.reidentify_approved"'),
        "/reidentification/{ref}/refuse": (REIDENTIFY, '"deid.reidentify_refused"'),
    }
)
REASON = "For the monthly review"
FOUR_YEARS = timedelta(days=4 * 366)


@USES.exercise("/compliance/download", "log.downloaded")
def download(world: World) -> Act:
    browser = world.signed_in("jiwoo")
    return lambda: browser.fill("/compliance/download", 200, project="study", form="csv", reason=REASON)


@USES.exercise("/compliance/answers/{ask}/{kind}/{ref}/copy", "log.downloaded")
def copy_answer(world: World) -> Act:
    browser = world.signed_in("jiwoo")
    return lambda: browser.fill("/compliance/answers/saw/project/study/copy", 200, form="csv", reason=REASON)


@USES.exercise("/compliance/queries", "log.query_saved")
def save_query(world: World) -> Act:
    browser = world.signed_in("jiwoo")
    return lambda: browser.fill("/compliance/queries", name="Refused", outcome="denied")


@USES.exercise("/compliance/queries/{id}/delete", "log.query_deleted")
def delete_query(world: World) -> Act:
    browser = world.signed_in("jiwoo")
    browser.fill("/compliance/queries", name="Refused", outcome="denied")
    found = re.search(r'/compliance/queries/(q_\w+)">Refused<', browser.page("/compliance"))
    assert found
    return lambda: browser.fill(f"/compliance/queries/{found[1]}/delete")


@USES.exercise("/compliance/entries/{index:int}/values", "log.unsealed")
def unseal(world: World) -> Act:
    (*_, entry) = world.entries("person.invited")
    browser = world.signed_in("jiwoo")
    return lambda: browser.fill(f"/compliance/entries/{entry.index}/values", 200)


@USES.exercise("/monthly-reviews", "review.made")
def make_review(world: World) -> Act:
    browser = world.signed_in("jiwoo")
    return lambda: browser.fill("/monthly-reviews", month=last_month(world))


@USES.exercise("/compliance/processing/copy", "log.downloaded")
def copy_processing(world: World) -> Act:
    browser = world.signed_in("jiwoo")
    return lambda: browser.fill("/compliance/processing/copy", 200, form="html", reason=REASON)


@USES.exercise("/monthly-reviews/{month}/copy", "log.downloaded")
def copy_review(world: World) -> Act:
    browser, month = world.signed_in("jiwoo"), last_month(world)
    browser.fill("/monthly-reviews", month=month)
    return lambda: browser.fill(f"/monthly-reviews/{month}/copy", 200, reason=REASON)


@USES.exercise("/people/{handle}/erasure", "privacy.erasure_requested")
def request_erasure(world: World) -> Act:
    closed_long_ago(world)
    browser = operator(world)
    return lambda: browser.fill("/people/nobody/erasure", reason="request_of_person")


@USES.exercise("/retention/erasures/{handle}", "privacy.erased")
def erase(world: World) -> Act:
    closed_long_ago(world)
    operator(world).fill("/people/nobody/erasure", reason="request_of_person")
    browser = world.signed_in("jiwoo")
    return lambda: browser.fill("/retention/erasures/nobody")


def closed_long_ago(world: World) -> None:
    """Somebody whose records the law no longer asks to keep."""
    world.zone.registry.close("nobody", by=CLI, source=HERE)
    world.clock.ahead = FOUR_YEARS


def last_month(world: World) -> str:
    """The month before the present one."""
    return f"{world.clock().replace(day=1) - timedelta(days=1):%Y-%m}"


@USES.exercise("/policies", "egress.policy_assigned")
def set_policy(world: World) -> Act:
    browser = operator(world)
    return lambda: browser.fill("/policies", target="project/study", policy="uk-sdap")


@USES.exercise("/policies/trials", "egress.policy_simulated")
def try_policy(world: World) -> Act:
    browser = operator(world)
    return lambda: browser.fill("/policies/trials", policy="uk-sdap")


@USES.exercise("/people/{handle}/organisation", "person.affiliated")
def enter_organisation(world: World) -> Act:
    browser = operator(world)
    return lambda: browser.fill("/people/minji/organisation", organisation="서울병원")


def service_form(world: World) -> dict[str, str]:
    ends = world.clock() + timedelta(days=30)
    words = {"name": "monitor", "purpose": "Prometheus", "owner": "minji", "scope": "metrics.read"}
    return {**words, "addresses": "192.0.2.10", "ends": f"{ends:%Y-%m-%d}"}


@USES.exercise("/service-accounts", "service.requested")
def ask_for_service(world: World) -> Act:
    browser, form = operator(world), service_form(world)
    return lambda: browser.fill("/service-accounts", **form)


@USES.exercise("/service-accounts/{name}/confirm", "service.confirmed")
def confirm_service(world: World) -> Act:
    operator(world).fill("/service-accounts", **service_form(world))
    browser = world.signed_in("jiwoo")
    return lambda: browser.fill("/service-accounts/monitor/confirm")


@USES.exercise("/service-accounts/{name}/token", "service.token_issued")
def token_of_service(world: World) -> Act:
    confirm_service(world)()
    browser = operator(world)
    return lambda: browser.fill("/service-accounts/monitor/token", 200)


@USES.exercise("/service-accounts/{name}/revoke", "service.revoked")
def revoke_service(world: World) -> Act:
    operator(world).fill("/service-accounts", **service_form(world))
    browser = world.signed_in("sunhee")
    return lambda: browser.fill("/service-accounts/monitor/revoke")
