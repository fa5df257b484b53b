"""No entry of the log names a person, whatever is done: every use case is driven, then every byte is read."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import text

from audit.event import Source
from audit.retention.policy import RetentionPolicy
from registry import totp
from registry.desk import CLI
from registry.errors import RegistryError
from registry.identities import Vouched
from registry.model import Role
from registry.roles import AUTHORITY
from registry.scopes import Scope
from registry.service_accounts import Wanted
from tests.integration.registry.registry_house import HOME, PASSWORD, House

NOT_ABOUT_RIGHTS = {"session.signed_in", "session.refused", "session.throttled", "workspace.warned"} | {
    "service.used",
    "service.refused",
}
OF_ONES_OWN = {
    "person.joined",
    "person.notice_accepted",
    "person.password_changed",
    "person.second_factor_set",
    "person.password_reset",
}


IDENTITY = ("https://login.example", "kim.minji.4711")


def drive_everything(house: House) -> None:
    registry = house.registry
    account = house.at_work()
    house.join("taeyang", Role.OPERATOR)
    operator = house.accounts["taeyang"].actor
    officer = house.join("jiwoo", Role.COMPLIANCE_OFFICER)
    house.sign_in(account)
    for _ in range(7):
        for changes in ({"password": "wrong password!"}, {"handle": "nobody"}):
            with contextlib.suppress(RegistryError):
                house.sign_in(account, **changes)
    house.clock.pass_by(minutes=20)
    new_password = "another long password"
    registry.change_password(account.person, PASSWORD, new_password, house.code(account), source=HOME)
    registry.request_second_factor_reset("minji", by=operator, source=HOME)
    with contextlib.suppress(RegistryError):
        registry.confirm_second_factor_reset("minji", by=operator, source=HOME)
    token = registry.confirm_second_factor_reset("minji", by=officer.actor, source=HOME)
    fresh = replace(account, secret=totp.new_secret())
    registry.enrol_second_factor(token, new_password, fresh.secret, house.code(fresh), source=HOME)
    registry.request_password_reset("minji", by=operator, source=HOME)
    token = registry.confirm_password_reset("minji", by=officer.actor, source=HOME)
    house.clock.pass_by(seconds=30)
    registry.set_password(token, "a third long password", house.code(fresh), source=HOME)
    registry.grant_role("minji", Role.CHECKER, by=operator, source=HOME)
    with contextlib.suppress(RegistryError):
        registry.grant_role("minji", Role.OPERATOR, by=operator, source=HOME)
    registry.revoke_role("minji", Role.CHECKER, by=operator, source=HOME)
    registry.affiliate("minji", "한빛병원", by=operator, source=HOME)
    registry.request_identity("minji", *IDENTITY, by=operator, source=HOME)
    registry.confirm_identity("minji", *IDENTITY, by=officer.actor, source=HOME)
    registry.sign_in_vouched(Vouched(*IDENTITY, ("mfa",)), source=HOME)
    registry.remove_identity("minji", *IDENTITY, by=operator, source=HOME)
    registry.freeze_project("gibleed", "a leak by 이름 is suspected", by=operator, source=HOME)
    registry.unfreeze_project("gibleed", "it was not 이름", by=operator, source=HOME)
    wanted = Wanted(
        name="monitor",
        purpose="지표를 이름 없이",
        owner="minji",
        scopes=["metrics.read"],
        addresses=["203.0.113.9"],
        until=house.clock() + timedelta(days=30),
    )
    registry.request_service_account(wanted, by=operator, source=HOME)
    registry.confirm_service_account("monitor", by=officer.actor, source=HOME)
    token = registry.issue_service_token("monitor", by=operator, source=HOME)
    registry.admit_service(token, Scope.METRICS_READ, "metrics", source=Source("203.0.113.9"))
    registry.revoke_service_account("monitor", by=operator, source=HOME)
    with contextlib.suppress(RegistryError):
        registry.admit_service(token, Scope.METRICS_READ, "metrics", source=Source("203.0.113.9"))
    registry.begin_maintenance("fault", house.clock() + timedelta(hours=1), "a disk of 이름", by=operator, source=HOME)
    registry.end_maintenance(by=operator, source=HOME)
    end = registry.may_work("minji", "gibleed").ends_at
    registry.ending_soon(end)
    house.clock.now = end - (end - house.clock()) / 1000
    registry.ending_soon(house.clock())
    registry.add_version("omop", house.files("omop-2"), by=operator, source=HOME)
    registry.check_dataset("omop", 2, by=operator, source=HOME)
    registry.change_project("gibleed", by=operator, source=HOME)
    registry.revoke_grant(registry.grants()[0].ref, by=operator, source=HOME)
    registry.remove_member("gibleed", "minji", by=operator, source=HOME)
    registry.close_project("gibleed", by=operator, source=HOME)
    registry.suspend("minji", by=operator, source=HOME)
    registry.reinstate("minji", by=operator, source=Source(None))
    registry.close("minji", by=operator, source=HOME)
    policy = RetentionPolicy.load()
    house.clock.pass_by(days=4 * 366)
    registry.request_erasure("minji", "request_of_person", policy, by=operator, source=HOME)
    registry.erase_person("minji", policy, by=officer.actor, source=HOME)
    registry.invite("haneul", "최하늘", "haneul@hospital.example", [], "ko", by=CLI, source=HOME)
    registry.give_identity("haneul", *IDENTITY, by=operator, source=HOME)
    registry.seal_emergency(by=CLI, source=HOME)


def test_no_byte_of_the_log_names_a_person_or_an_address(house: House) -> None:
    drive_everything(house)
    bodies = house.entries()
    written = {body["action"] for body in bodies} - {"log.created"}
    of_others = {action for action in AUTHORITY if action.startswith(("egress.", "package."))}
    assert written == set(AUTHORITY) - of_others | OF_ONES_OWN | NOT_ABOUT_RIGHTS
    personal = ["이름", "최하늘", "@", "hospital.example", "203.0.113", "nobody", PASSWORD, "another long", "kim.minji"]
    personal += [one.handle for one in house.registry.people() if one.handle != "emergency"]  # a word of its action
    with house.db.read() as tx:
        leaves = [bytes(row.body).decode() for row in tx.execute(text("SELECT body FROM audit_entry"))]
    for leaf in leaves:
        for value in personal:
            assert value not in leaf, (value, leaf)


def test_every_entry_says_who_from_where_and_whose_data(house: House) -> None:
    drive_everything(house)
    for body in house.entries():
        if body["action"] == "log.created":
            continue
        assert body["actor"]["ref"]
        assert body["source"]["host"]
        of_the_zone = body["action"].startswith(("project.", "service.", "zone."))
        about_nobody = of_the_zone or body["object"]["ref"] == "unidentified"
        assert (body["subjects"]["kind"] == "none") is about_nobody, body


def test_the_sealed_values_can_be_read_by_who_has_the_key(house: House) -> None:
    house.join("minji")
    invited = next(index for index, body in enumerate(house.entries()) if body["action"] == "person.invited")
    sealed = house.log.unseal(invited)
    assert (sealed["handle"], sealed["email"]) == ("minji", "minji@hospital.example")
