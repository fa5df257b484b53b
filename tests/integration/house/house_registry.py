"""Every use case of the registry that changes something, done once."""

from __future__ import annotations

from typing import Any

from audit.retention.erasure import REASONS
from audit.retention.policy import RetentionPolicy
from registry import totp
from registry.desk import CLI
from registry.identities import Vouched
from registry.model import Role
from tests.integration.house.house_uses import Act, Uses
from tests.integration.registry.registry_house import DAY, HOME, NOTICE, PASSWORD, Account, House

REASON = next(iter(REASONS))
POLICY = RetentionPolicy.load(None)

USES: Uses[House] = Uses(
    silent={
        "Registry.mark_read": "which messages somebody has read concerns nobody else and gives no right",
        "Registry.workspace": "the name of a workspace is no right; what starts it is recorded",
        "Registry.may_work": "makes that name on first use; the start that asked is recorded",
        "Registry.tell_of_broken_glass": "leaves messages about an entry that the log has",
    }
)


def by(house: House) -> dict[str, Any]:
    """An operator who acts, and from where."""
    operator = house.accounts.get("taeyang") or house.join("taeyang", Role.OPERATOR)
    return {"by": operator.actor, "source": HOME}


def invited(house: House) -> str:
    return house.registry.invite("minji", "김민지", "minji@x.org", [], "ko", **by(house))


@USES.exercise("Registry.invite", "person.invited")
def invite(house: House) -> Act:
    acting = by(house)
    return lambda: house.registry.invite("minji", "김민지", "minji@x.org", [], "ko", **acting)


@USES.exercise("Registry.reinvite", "person.invited")
def reinvite(house: House) -> Act:
    invited(house)
    acting = by(house)
    return lambda: house.registry.reinvite("minji", **acting)


@USES.exercise("Registry.one_time_link_for_first_operator", "person.invited")
def first_operator(house: House) -> Act:
    return house.registry.one_time_link_for_first_operator


@USES.exercise("Registry.accept_invitation", "person.joined")
def accept_invitation(house: House) -> Act:
    token, secret = invited(house), totp.new_secret()
    code = totp.code_at(secret, house.clock())
    return lambda: house.registry.accept_invitation(token, PASSWORD, secret, code, source=HOME)


@USES.exercise("Registry.accept_notice", "person.notice_accepted")
def accept_notice(house: House) -> Act:
    person = house.join("minji", notice=False).person
    return lambda: house.registry.accept_notice(person, NOTICE, source=HOME)


@USES.exercise("Registry.sign_in", "session.signed_in")
def sign_in(house: House) -> Act:
    account = house.join("minji")
    return lambda: house.sign_in(account)


@USES.exercise("Registry.change_password", "person.password_changed")
def change_password(house: House) -> Act:
    account = house.join("minji")
    code = house.code(account)
    new = "seven lanterns over the quiet harbour"
    return lambda: house.registry.change_password(account.person, PASSWORD, new, code, source=HOME)


@USES.exercise("Registry.grant_role", "person.role_granted")
def grant_role(house: House) -> Act:
    house.join("minji")
    acting = by(house)
    return lambda: house.registry.grant_role("minji", Role.CHECKER, **acting)


@USES.exercise("Registry.revoke_role", "person.role_revoked")
def revoke_role(house: House) -> Act:
    house.join("minji", Role.CHECKER)
    acting = by(house)
    return lambda: house.registry.revoke_role("minji", Role.CHECKER, **acting)


@USES.exercise("Registry.suspend", "person.suspended")
def suspend(house: House) -> Act:
    house.join("minji")
    acting = by(house)
    return lambda: house.registry.suspend("minji", **acting)


@USES.exercise("Registry.reinstate", "person.reinstated")
def reinstate(house: House) -> Act:
    house.join("minji")
    house.registry.suspend("minji", **by(house))
    acting = by(house)
    return lambda: house.registry.reinstate("minji", **acting)


@USES.exercise("Registry.close", "person.closed")
def close(house: House) -> Act:
    house.join("minji")
    acting = by(house)
    return lambda: house.registry.close("minji", **acting)


@USES.exercise("Registry.request_second_factor_reset", "person.second_factor_reset_requested")
def request_reset(house: House) -> Act:
    house.join("minji")
    acting = by(house)
    return lambda: house.registry.request_second_factor_reset("minji", **acting)


def reset_requested(house: House) -> Account:
    house.join("minji")
    house.registry.request_second_factor_reset("minji", **by(house))
    return house.join("jiwoo", Role.COMPLIANCE_OFFICER)


@USES.exercise("Registry.confirm_second_factor_reset", "person.second_factor_reset_confirmed")
def confirm_reset(house: House) -> Act:
    officer = reset_requested(house)
    return lambda: house.registry.confirm_second_factor_reset("minji", by=officer.actor, source=HOME)


@USES.exercise("Registry.enrol_second_factor", "person.second_factor_set")
def enrol(house: House) -> Act:
    officer = reset_requested(house)
    token = house.registry.confirm_second_factor_reset("minji", by=officer.actor, source=HOME)
    secret = totp.new_secret()
    code = totp.code_at(secret, house.clock())
    return lambda: house.registry.enrol_second_factor(token, PASSWORD, secret, code, source=HOME)


@USES.exercise("Registry.request_password_reset", "person.password_reset_requested")
def request_password_reset(house: House) -> Act:
    house.join("minji")
    acting = by(house)
    return lambda: house.registry.request_password_reset("minji", **acting)


def password_requested(house: House) -> Account:
    house.join("minji")
    house.registry.request_password_reset("minji", **by(house))
    return house.join("jiwoo", Role.COMPLIANCE_OFFICER)


@USES.exercise("Registry.confirm_password_reset", "person.password_reset_confirmed")
def confirm_password_reset(house: House) -> Act:
    officer = password_requested(house)
    return lambda: house.registry.confirm_password_reset("minji", by=officer.actor, source=HOME)


@USES.exercise("Registry.set_password", "person.password_reset")
def set_password(house: House) -> Act:
    officer = password_requested(house)
    token = house.registry.confirm_password_reset("minji", by=officer.actor, source=HOME)
    code = house.code(house.accounts["minji"])
    return lambda: house.registry.set_password(token, "a quiet river at dawn", code, source=HOME)


IDENTITY = ("https://idp.hospital.example", "24400320")


@USES.exercise("Registry.give_identity", "person.identity_given")
def give_identity(house: House) -> Act:
    invited(house)
    acting = by(house)
    return lambda: house.registry.give_identity("minji", *IDENTITY, **acting)


@USES.exercise("Registry.request_identity", "person.identity_requested")
def request_identity(house: House) -> Act:
    house.join("minji")
    acting = by(house)
    return lambda: house.registry.request_identity("minji", *IDENTITY, **acting)


def identity_requested(house: House) -> Account:
    house.join("minji")
    house.registry.request_identity("minji", *IDENTITY, **by(house))
    return house.join("jiwoo", Role.COMPLIANCE_OFFICER)


def identity_given(house: House) -> None:
    officer = identity_requested(house)
    house.registry.confirm_identity("minji", *IDENTITY, by=officer.actor, source=HOME)


@USES.exercise("Registry.confirm_identity", "person.identity_confirmed")
def confirm_identity(house: House) -> Act:
    officer = identity_requested(house)
    return lambda: house.registry.confirm_identity("minji", *IDENTITY, by=officer.actor, source=HOME)


@USES.exercise("Registry.remove_identity", "person.identity_removed")
def remove_identity(house: House) -> Act:
    identity_given(house)
    acting = by(house)
    return lambda: house.registry.remove_identity("minji", *IDENTITY, **acting)


@USES.exercise("Registry.seal_emergency", "person.emergency_sealed")
def seal_emergency(house: House) -> Act:
    acting = by(house)
    return lambda: house.registry.seal_emergency(**acting)


@USES.exercise("Registry.sign_in_vouched", "session.signed_in")
def sign_in_vouched(house: House) -> Act:
    identity_given(house)
    return lambda: house.registry.sign_in_vouched(Vouched(*IDENTITY, ("mfa",)), source=HOME)


@USES.exercise("Registry.refuse_vouched", "session.refused")
def refuse_vouched(house: House) -> Act:
    return lambda: house.registry.refuse_vouched("no_second_factor", IDENTITY[0], source=HOME)


@USES.exercise("Registry.end_vouched", "session.ended_by_provider")
def end_vouched(house: House) -> Act:
    identity_given(house)
    return lambda: house.registry.end_vouched(*IDENTITY, source=HOME)


@USES.exercise("Registry.end_by_time", "session.ended_by_time")
def end_by_time(house: House) -> Act:
    house.join("minji")
    return lambda: house.registry.end_by_time("minji", "s_aaaaaaaaaaaaaaaa", "idle", source=HOME)


@USES.exercise("Registry.add_project", "project.created")
def add_project(house: House) -> Act:
    now, acting = house.clock(), by(house)
    return lambda: house.registry.add_project("gibleed", "과제", "Project", "목적", now, now + DAY, **acting)


@USES.exercise("Registry.change_project", "project.changed")
def change_project(house: House) -> Act:
    ends = house.project().ends_at + DAY
    acting = by(house)
    return lambda: house.registry.change_project("gibleed", ends_at=ends, **acting)


@USES.exercise("Registry.close_project", "project.closed")
def close_project(house: House) -> Act:
    house.project()
    acting = by(house)
    return lambda: house.registry.close_project("gibleed", **acting)


@USES.exercise("Registry.freeze_project", "project.frozen")
def freeze_project(house: House) -> Act:
    house.project()
    acting = by(house)
    return lambda: house.registry.freeze_project("gibleed", "a leak is suspected", **acting)


@USES.exercise("Registry.unfreeze_project", "project.unfrozen")
def unfreeze_project(house: House) -> Act:
    house.project()
    house.registry.freeze_project("gibleed", "a leak is suspected", **by(house))
    acting = by(house)
    return lambda: house.registry.unfreeze_project("gibleed", "it was a mistake", **acting)


@USES.exercise("Registry.begin_maintenance", "zone.maintenance_begun")
def begin_maintenance(house: House) -> Act:
    acting = by(house)
    return lambda: house.registry.begin_maintenance("upgrade", house.clock() + DAY, **acting)


@USES.exercise("Registry.end_maintenance", "zone.maintenance_ended")
def end_maintenance(house: House) -> Act:
    house.registry.begin_maintenance("upgrade", house.clock() + DAY, **by(house))
    acting = by(house)
    return lambda: house.registry.end_maintenance(**acting)


@USES.exercise("Registry.add_member", "membership.granted")
def add_member(house: House) -> Act:
    house.project()
    house.join("minji")
    acting, now = by(house), house.clock()
    return lambda: house.registry.add_member("gibleed", "minji", Role.RESEARCHER, now, now + DAY, **acting)


@USES.exercise("Registry.remove_member", "membership.revoked")
def remove_member(house: House) -> Act:
    house.project()
    house.join("minji")
    house.member("minji")
    acting = by(house)
    return lambda: house.registry.remove_member("gibleed", "minji", **acting)


@USES.exercise("Registry.register_dataset", "dataset.registered")
def register_dataset(house: House) -> Act:
    files, controller = house.files(), house.join("sunhee", Role.DATA_CONTROLLER)
    given: dict[str, Any] = {"sensitive": True, "demo": False, "by": controller.actor, "source": HOME}
    return lambda: house.registry.register_dataset("omop", "진료기록", "Records", "병원", 2694, files, **given)


@USES.exercise("Registry.add_version", "dataset.version_added")
def add_version(house: House) -> Act:
    controller = house.join("sunhee", Role.DATA_CONTROLLER)
    directory = house.dataset()
    (directory / "more.csv").write_text("id\n1\n")
    return lambda: house.registry.add_version("omop", directory, by=controller.actor, source=HOME)


@USES.exercise("Registry.check_dataset", "dataset.checked")
def check_dataset(house: House) -> Act:
    house.dataset()
    return lambda: house.registry.check_dataset("omop", 1, by=CLI, source=HOME)


@USES.exercise("Registry.check_mounts", "dataset.checked")
def check_mounts(house: House) -> Act:
    house.at_work()
    permit = house.registry.may_work("minji", "gibleed")
    return lambda: house.registry.check_mounts(permit, by=CLI, source=HOME)


@USES.exercise("Registry.grant", "grant.approved")
def grant(house: House) -> Act:
    controller = house.join("sunhee", Role.DATA_CONTROLLER)
    house.project()
    house.dataset()
    return lambda: house.grant(controller)


@USES.exercise("Registry.revoke_grant", "grant.revoked")
def revoke_grant(house: House) -> Act:
    controller = house.join("sunhee", Role.DATA_CONTROLLER)
    house.project()
    house.dataset()
    ref = house.grant(controller).ref
    return lambda: house.registry.revoke_grant(ref, by=controller.actor, source=HOME)


@USES.exercise("Registry.ending_soon", "workspace.warned")
def ending_soon(house: House) -> Act:
    house.at_work()
    house.registry.may_work("minji", "gibleed")
    now = house.clock.pass_by(days=9.5)
    return lambda: house.registry.ending_soon(now)


def closed_long_ago(house: House) -> None:
    """Somebody whose records the law no longer asks to keep."""
    by(house)
    house.join("jiwoo", Role.COMPLIANCE_OFFICER)
    house.join("minji")
    house.registry.close("minji", **by(house))
    house.clock.pass_by(days=4 * 366)


def erasure_requested(house: House) -> dict[str, Any]:
    """An erasure that waits for the second person, who is returned."""
    closed_long_ago(house)
    house.registry.request_erasure("minji", REASON, POLICY, **by(house))
    return {"by": house.accounts["jiwoo"].actor, "source": HOME}


@USES.exercise("Registry.request_erasure", "privacy.erasure_requested")
def request_erasure(house: House) -> Act:
    closed_long_ago(house)
    acting = by(house)
    return lambda: house.registry.request_erasure("minji", REASON, POLICY, **acting)


@USES.exercise("Registry.erase_person", "privacy.erased")
def erase_person(house: House) -> Act:
    second = erasure_requested(house)
    return lambda: house.registry.erase_person("minji", POLICY, **second)


@USES.exercise("Registry.repeat_erasure", "privacy.erased")
def repeat_erasure(house: House) -> Act:
    closed_long_ago(house)
    ref = house.registry.person("minji").ref
    return lambda: house.registry.repeat_erasure(ref, source=HOME)


@USES.exercise("Registry.affiliate", "person.affiliated")
def affiliate(house: House) -> Act:
    house.join("minji")
    acting = by(house)
    return lambda: house.registry.affiliate("minji", "서울병원", **acting)
