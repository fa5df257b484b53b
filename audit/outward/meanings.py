"""What each action means to a reader outside the zone: one row per action of the catalogue.

A row says which OCSF class and activity an event becomes, whether somebody should be woken, and about what, whose data
and by which processes it is written. The reference page is generated from it, and tests hold what the zone really
writes against it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from audit.outward.classes import (
    ACCOUNT,
    API,
    APPLICATION,
    AUTHENTICATION,
    COMPLIANCE,
    DATASTORE,
    ENTITY,
    EVENT_LOG,
    FILE,
    FILE_HOSTING,
    FINDING,
    SCRIPT,
    USER_ACCESS,
    OcsfClass,
)

Alert = Literal["never", "failure", "always"]


@dataclass(frozen=True, slots=True)
class Meaning:
    """One action as others understand it."""

    ocsf: OcsfClass
    activity: str
    """A name of `ocsf.activities`."""
    objects: tuple[str, ...]
    """The kinds of object that its events may be about."""
    subjects: tuple[str, ...]
    """The kinds of data subjects that its events may concern."""
    by: tuple[str, ...]
    """The processes that may write it."""
    alert: Alert = "never"
    """Whether a person should look at it now: never, when it was denied or failed, or always."""


def _row(ocsf: OcsfClass, activity: str, objects: str, subjects: str, by: str, alert: Alert = "never") -> Meaning:
    return Meaning(ocsf, activity, tuple(objects.split()), tuple(subjects.split()), tuple(by.split()), alert)


MEANINGS: Mapping[str, Meaning] = MappingProxyType(
    {
        "person.invited": _row(ACCOUNT, "Create", "person", "person none", "portal cli"),
        "person.joined": _row(ACCOUNT, "Enable", "person", "person none", "portal cli hub"),
        "person.suspended": _row(ACCOUNT, "Lock", "person", "person none", "portal cli"),
        "person.reinstated": _row(ACCOUNT, "Unlock", "person", "person none", "portal cli"),
        "person.closed": _row(ACCOUNT, "Disable", "person", "person none", "portal cli"),
        "person.role_granted": _row(USER_ACCESS, "Assign Privileges", "person", "person none", "portal cli", "always"),
        "person.affiliated": _row(ACCOUNT, "Other", "person", "person none", "portal cli"),
        "person.role_revoked": _row(USER_ACCESS, "Revoke Privileges", "person", "person none", "portal cli"),
        "person.notice_accepted": _row(ACCOUNT, "Other", "person", "person", "portal cli"),
        "person.password_changed": _row(ACCOUNT, "Password Change", "person", "person", "portal"),
        "person.second_factor_reset_requested": _row(
            ACCOUNT, "MFA Factor Disable", "person", "person none", "portal cli", "always"
        ),
        "person.second_factor_reset_confirmed": _row(
            ACCOUNT, "MFA Factor Disable", "person", "person none", "portal cli", "always"
        ),
        "person.password_reset_requested": _row(
            ACCOUNT, "Password Reset", "person", "person none", "portal cli", "always"
        ),
        "person.password_reset_confirmed": _row(
            ACCOUNT, "Password Reset", "person", "person none", "portal cli", "always"
        ),
        "person.password_reset": _row(ACCOUNT, "Password Change", "person", "person none", "portal cli", "always"),
        "person.second_factor_set": _row(ACCOUNT, "MFA Factor Enable", "person", "person none", "portal cli"),
        "person.emergency_sealed": _row(ACCOUNT, "Password Reset", "person", "person none", "portal cli"),
        "person.identity_given": _row(ACCOUNT, "Other", "person", "person none", "portal cli"),
        "person.identity_requested": _row(ACCOUNT, "Other", "person", "person none", "portal cli"),
        "person.identity_confirmed": _row(ACCOUNT, "Other", "person", "person none", "portal cli"),
        "person.identity_removed": _row(ACCOUNT, "Other", "person", "person none", "portal cli"),
        "service.requested": _row(ACCOUNT, "Create", "zone", "none", "portal cli", "always"),
        "service.confirmed": _row(ACCOUNT, "Enable", "zone", "none", "portal cli", "always"),
        "service.token_issued": _row(ACCOUNT, "Other", "zone", "none", "portal cli", "always"),
        "service.revoked": _row(ACCOUNT, "Disable", "zone", "none", "portal cli"),
        "service.used": _row(API, "Other", "zone", "none", "portal", "failure"),
        "service.refused": _row(AUTHENTICATION, "Logon", "zone session", "none", "portal", "always"),
        "project.created": _row(ENTITY, "Create", "project", "none", "portal cli"),
        "project.changed": _row(ENTITY, "Update", "project", "none", "portal cli"),
        "project.closed": _row(ENTITY, "Deactivate", "project", "none", "portal cli"),
        "project.frozen": _row(ENTITY, "Suspend", "project", "none", "portal worker cli", "always"),
        "project.unfrozen": _row(ENTITY, "Resume", "project", "none", "portal cli", "always"),
        "project.cut_off": _row(ENTITY, "Suspend", "project", "none", "worker cli", "failure"),
        "membership.granted": _row(USER_ACCESS, "Assign Privileges", "membership", "person none", "portal cli"),
        "membership.revoked": _row(USER_ACCESS, "Revoke Privileges", "membership", "person none", "portal cli"),
        "dataset.registered": _row(ENTITY, "Create", "dataset", "dataset none", "portal cli"),
        "dataset.version_added": _row(ENTITY, "Update", "dataset", "dataset none", "portal cli"),
        "dataset.checked": _row(DATASTORE, "Read", "dataset", "dataset none", "portal hub worker cli", "failure"),
        "grant.approved": _row(DATASTORE, "Other", "grant", "dataset none", "portal cli"),
        "grant.revoked": _row(DATASTORE, "Other", "grant", "dataset none", "portal cli"),
        "session.signed_in": _row(AUTHENTICATION, "Logon", "person session", "person", "hub portal cli"),
        "session.refused": _row(AUTHENTICATION, "Logon", "person session", "person none", "hub portal cli"),
        "session.throttled": _row(AUTHENTICATION, "Logon", "person session", "person none", "hub portal cli", "always"),
        "session.emergency_used": _row(AUTHENTICATION, "Logon", "person", "person", "hub portal cli", "always"),
        "session.ended_by_provider": _row(AUTHENTICATION, "Logoff", "person", "person", "hub"),
        "session.ended_by_time": _row(AUTHENTICATION, "Logoff", "person", "person", "hub portal"),
        "session.signed_out": _row(AUTHENTICATION, "Logoff", "person session", "person", "hub"),
        "workspace.start": _row(APPLICATION, "Start", "workspace person", "dataset none", "hub"),
        "workspace.stop": _row(APPLICATION, "Stop", "workspace", "dataset none", "hub"),
        "workspace.cut": _row(APPLICATION, "Disable", "workspace", "dataset none", "worker gate hub"),
        "workspace.home_made": _row(ENTITY, "Create", "workspace", "dataset none", "hub cli", "failure"),
        "workspace.home_encrypted": _row(ENTITY, "Update", "workspace", "none", "cli", "failure"),
        "workspace.plain_home_destroyed": _row(ENTITY, "Delete", "workspace", "none", "cli", "failure"),
        "workspace.home_destroyed": _row(ENTITY, "Delete", "workspace", "none", "worker cli", "failure"),
        "workspace.shared_made": _row(ENTITY, "Create", "project", "dataset none", "hub cli", "failure"),
        "workspace.shared_encrypted": _row(ENTITY, "Update", "project", "none", "cli", "failure"),
        "workspace.plain_shared_destroyed": _row(ENTITY, "Delete", "project", "none", "cli", "failure"),
        "workspace.shared_destroyed": _row(ENTITY, "Delete", "project", "none", "worker cli", "failure"),
        "workspace.warned": _row(APPLICATION, "Other", "workspace", "person", "worker hub"),
        "workspace.opened": _row(DATASTORE, "Connect", "workspace", "dataset none", "gate"),
        "cell.sent": _row(SCRIPT, "Execute", "workspace", "dataset none", "gate"),
        "contents.written": _row(FILE, "Update", "workspace", "dataset none", "gate"),
        "output.shown": _row(API, "Other", "workspace", "dataset none", "gate"),
        "output.held": _row(API, "Other", "workspace", "dataset none", "gate"),
        "output.kept": _row(FILE, "Create", "workspace", "dataset none", "gate"),
        "output.encoded": _row(FINDING, "Create", "workspace", "dataset none", "gate", "always"),
        "gate.refused": _row(API, "Other", "workspace route", "dataset none", "gate"),
        "egress.drafted": _row(ENTITY, "Create", "request", "dataset none", "portal"),
        "egress.prechecked": _row(FILE_HOSTING, "Access Check", "workspace", "dataset none", "portal"),
        "egress.draft_saved": _row(ENTITY, "Update", "request", "dataset none", "portal"),
        "egress.submitted": _row(FILE_HOSTING, "Upload", "request", "dataset none", "portal"),
        "egress.scanned": _row(FILE_HOSTING, "Access Check", "request", "dataset none", "worker"),
        "egress.scan_failed": _row(FILE_HOSTING, "Access Check", "request", "dataset none", "worker", "always"),
        "egress.blocked": _row(FILE_HOSTING, "Lock", "request", "dataset none", "worker", "always"),
        "egress.fingerprinted": _row(DATASTORE, "Read", "dataset", "dataset none", "worker cli portal"),
        "egress.canaries_declared": _row(DATASTORE, "Other", "dataset", "dataset none", "cli"),
        "egress.canary_hit": _row(FINDING, "Create", "request workspace", "dataset none", "worker portal", "always"),
        "egress.probing": _row(FINDING, "Create", "workspace", "dataset none", "portal", "always"),
        "egress.recheck_drawn": _row(ENTITY, "Update", "request", "dataset none", "worker"),
        "egress.rechecked": _row(ENTITY, "Update", "request", "dataset none", "portal", "failure"),
        "egress.voted": _row(ENTITY, "Update", "request", "dataset none", "portal"),
        "egress.returned": _row(ENTITY, "Suspend", "request", "dataset none", "portal worker"),
        "egress.resubmitted": _row(FILE_HOSTING, "Upload", "request", "dataset none", "portal"),
        "egress.approved": _row(ENTITY, "Activate", "request", "dataset none", "portal"),
        "egress.rejected": _row(ENTITY, "Deactivate", "request", "dataset none", "portal"),
        "egress.withdrawn": _row(ENTITY, "Disable", "request", "dataset none", "portal"),
        "egress.releasing": _row(FILE_HOSTING, "Share", "request", "dataset none", "worker"),
        "egress.released": _row(FILE_HOSTING, "Share", "request", "dataset none", "worker"),
        "ingress.released": _row(FILE_HOSTING, "Share", "request", "dataset none", "worker"),
        "egress.release_failed": _row(FILE_HOSTING, "Share", "request", "dataset none", "worker", "always"),
        "egress.unwitnessed": _row(FILE_HOSTING, "Share", "request", "dataset none", "worker", "always"),
        "egress.revoked": _row(FILE_HOSTING, "Unshare", "request", "dataset none", "portal", "always"),
        "egress.expired": _row(FILE_HOSTING, "Unshare", "request", "dataset none", "worker"),
        "egress.collected": _row(FILE_HOSTING, "Download", "request", "dataset none", "portal"),
        "egress.collections_allowed": _row(ENTITY, "Update", "request", "dataset none", "cli", "always"),
        "egress.taken": _row(ENTITY, "Update", "request", "dataset none", "portal"),
        "egress.given_back": _row(ENTITY, "Update", "request", "dataset none", "portal"),
        "egress.code_read": _row(DATASTORE, "Read", "request", "dataset person none", "portal"),
        "egress.commented": _row(ENTITY, "Update", "request", "dataset none", "portal"),
        "egress.recused": _row(ENTITY, "Update", "request", "dataset none", "portal"),
        "egress.interest_declared": _row(ENTITY, "Update", "person", "none", "portal cli"),
        "egress.idle_warned": _row(ENTITY, "Update", "request", "dataset none", "worker"),
        "egress.abandoned": _row(ENTITY, "Disable", "request", "dataset none", "worker"),
        "egress.purged": _row(FILE_HOSTING, "Delete", "request", "dataset none", "worker"),
        "egress.viewed": _row(FILE_HOSTING, "Preview", "request", "dataset none", "portal"),
        "egress.policy_assigned": _row(ENTITY, "Update", "dataset project", "dataset none", "portal cli", "always"),
        "egress.policy_simulated": _row(ENTITY, "Other", "policy", "none", "portal cli"),
        "egress.replayed": _row(FILE_HOSTING, "Access Check", "request", "dataset none", "portal cli"),
        "egress.not_as_recorded": _row(
            FINDING, "Create", "request zone", "dataset none", "worker portal cli", "always"
        ),
        "egress.looked_into": _row(FINDING, "Update", "request zone", "dataset none", "portal"),
        "egress.overdue": _row(ENTITY, "Other", "request", "dataset none", "worker", "always"),
        "mail.undelivered": _row(APPLICATION, "Other", "person", "none", "worker", "always"),
        "log.created": _row(EVENT_LOG, "Start", "log", "none", "cli"),
        "log.searched": _row(EVENT_LOG, "Other", "log", "none", "portal cli"),
        "log.verified": _row(EVENT_LOG, "Other", "log", "none", "portal cli", "failure"),
        "log.exported": _row(EVENT_LOG, "Export", "log", "none", "portal cli", "always"),
        "log.viewed": _row(EVENT_LOG, "Other", "log", "none", "portal cli"),
        "log.unsealed": _row(EVENT_LOG, "Other", "log", "none person", "portal cli"),
        "log.downloaded": _row(EVENT_LOG, "Export", "log", "none", "portal cli", "always"),
        "log.query_saved": _row(EVENT_LOG, "Other", "log", "none", "portal cli"),
        "log.query_deleted": _row(EVENT_LOG, "Other", "log", "none", "portal cli"),
        "log.pruned": _row(EVENT_LOG, "Delete", "log", "none", "worker cli", "always"),
        "log.bundled": _row(EVENT_LOG, "Archive", "project", "dataset none", "portal cli", "always"),
        "log.delivery_failed": _row(EVENT_LOG, "Export", "log", "none", "worker", "always"),
        "log.delivery_resumed": _row(EVENT_LOG, "Export", "log", "none", "worker"),
        "log.key_rotated": _row(EVENT_LOG, "Other", "log", "none", "cli", "always"),
        "log.continued": _row(EVENT_LOG, "Start", "log", "none", "cli", "always"),
        "log.master_key_replaced": _row(EVENT_LOG, "Other", "log", "none", "cli", "always"),
        "log.cells_key_replaced": _row(EVENT_LOG, "Other", "log", "none", "cli", "always"),
        "egress.release_key_replaced": _row(EVENT_LOG, "Other", "log", "none", "cli", "always"),
        "log.key_drilled": _row(EVENT_LOG, "Other", "log", "none", "cli"),
        "log.witness_failed": _row(EVENT_LOG, "Other", "log", "none", "worker cli", "always"),
        "log.witness_resumed": _row(EVENT_LOG, "Other", "log", "none", "worker cli"),
        "log.timestamp_failed": _row(EVENT_LOG, "Other", "log", "none", "worker cli", "always"),
        "log.timestamp_resumed": _row(EVENT_LOG, "Other", "log", "none", "worker cli"),
        "review.made": _row(COMPLIANCE, "Create", "log", "none", "portal cli worker"),
        "review.noted": _row(COMPLIANCE, "Update", "log", "none", "portal cli"),
        "review.signed": _row(COMPLIANCE, "Close", "log", "none", "portal cli"),
        "review.overdue": _row(COMPLIANCE, "Update", "log", "none", "worker", "always"),
        "privacy.erasure_requested": _row(ACCOUNT, "Other", "person", "person none", "portal", "always"),
        "privacy.erased": _row(ACCOUNT, "Delete", "person", "person none", "portal cli", "always"),
        "hold.set": _row(ENTITY, "Suspend", "person project dataset", "person dataset none", "portal cli", "always"),
        "hold.lifted": _row(ENTITY, "Resume", "person project dataset", "person dataset none", "portal cli", "always"),
        "log.throttled": _row(EVENT_LOG, "Other", "log", "none", "gate hub worker portal cli", "always"),
        "log.space_low": _row(EVENT_LOG, "Other", "log", "none", "worker", "always"),
        "log.space_exhausted": _row(EVENT_LOG, "Stop", "log", "none", "worker", "always"),
        "log.space_recovered": _row(EVENT_LOG, "Restart", "log", "none", "worker"),
        "log.clock_off": _row(EVENT_LOG, "Other", "log", "none", "worker", "always"),
        "log.clock_right": _row(EVENT_LOG, "Other", "log", "none", "worker"),
        "log.break_glass": _row(EVENT_LOG, "Other", "log zone", "none", "cli", "always"),
        "log.head_accepted": _row(EVENT_LOG, "Other", "log", "none", "cli", "always"),
        "log.break_glass_ended": _row(EVENT_LOG, "Other", "log zone", "none", "cli worker", "always"),
        "package.asked": _row(ENTITY, "Other", "project", "none", "portal"),
        "package.approved": _row(ENTITY, "Enable", "project", "none", "portal cli"),
        "package.refused": _row(ENTITY, "Other", "project", "none", "portal cli"),
        "package.revoked": _row(ENTITY, "Disable", "project", "none", "portal cli"),
        "package.shelved": _row(FILE, "Create", "zone", "none", "cli"),
        "package.unshelved": _row(FILE, "Delete", "zone", "none", "cli"),
        "package.taken": _row(FILE, "Read", "workspace", "none", "portal"),
        "package.missed": _row(FILE, "Read", "workspace", "none", "portal"),
        "deid.extract": _row(DATASTORE, "Create", "dataset", "dataset", "cli"),
        "deid.synthetic": _row(DATASTORE, "Create", "dataset", "dataset", "cli worker"),
        "extract.drafted": _row(DATASTORE, "Create", "dataset", "dataset", "cli portal"),
        "extract.synthetic_asked": _row(DATASTORE, "Other", "dataset", "dataset", "portal"),
        "extract.synthetic_cancelled": _row(DATASTORE, "Other", "dataset", "dataset", "portal"),
        "extract.processed": _row(DATASTORE, "Create", "dataset", "dataset", "cli worker"),
        "extract.submitted": _row(DATASTORE, "Update", "dataset", "dataset", "cli portal"),
        "extract.reviewed": _row(DATASTORE, "Update", "dataset", "dataset", "cli portal"),
        "extract.admitted": _row(DATASTORE, "Other", "dataset", "dataset", "cli portal"),
        "extract.expired": _row(DATASTORE, "Other", "dataset", "dataset", "worker"),
        "extract.destroyed": _row(DATASTORE, "Delete", "dataset", "dataset", "cli portal", "always"),
        "extract.record_removed": _row(DATASTORE, "Delete", "dataset", "dataset", "worker", "always"),
        "deid.linkage_approved": _row(DATASTORE, "Other", "dataset project", "dataset none", "cli portal", "always"),
        "deid.key_destroyed": _row(DATASTORE, "Delete", "dataset project", "dataset none", "cli worker", "always"),
        "deid.key_use_ended": _row(DATASTORE, "Update", "project", "none", "cli portal"),
        "deid.key_end_requested": _row(DATASTORE, "Other", "project", "none", "portal", "always"),
        "deid.key_end_approved": _row(DATASTORE, "Other", "project", "none", "portal", "always"),
        "deid.key_end_refused": _row(DATASTORE, "Other", "project", "none", "portal"),
        "deid.linkage_requested": _row(DATASTORE, "Other", "project", "none", "cli portal"),
        "deid.linkage_refused": _row(DATASTORE, "Other", "project", "none", "cli portal"),
        "deid.linkage_ended": _row(DATASTORE, "Other", "project", "none", "cli portal"),
        "deid.linkage_previewed": _row(DATASTORE, "Query", "project", "none", "cli", "always"),
        "deid.reidentify_requested": _row(DATASTORE, "Other", "dataset", "dataset", "cli portal", "always"),
        "deid.reidentify_approved": _row(DATASTORE, "Other", "dataset", "dataset", "cli portal", "always"),
        "deid.reidentify_refused": _row(DATASTORE, "Other", "dataset", "dataset", "cli portal"),
        "deid.token_opened": _row(DATASTORE, "Read", "dataset", "dataset", "cli", "always"),
        "deid.query_answered": _row(DATASTORE, "Query", "dataset", "dataset", "cli"),
        "zone.started": _row(APPLICATION, "Start", "zone", "none", "cli"),
        "zone.stopped": _row(APPLICATION, "Stop", "zone", "none", "cli"),
        "zone.mended": _row(APPLICATION, "Other", "zone", "none", "cli", "failure"),
        "zone.maintenance_begun": _row(APPLICATION, "Other", "zone", "none", "cli"),
        "zone.maintenance_ended": _row(APPLICATION, "Other", "zone", "none", "cli"),
        "zone.reconciled": _row(FINDING, "Create", "workspace request project log zone", "none", "worker", "always"),
        "zone.backup_begun": _row(DATASTORE, "Read", "zone", "none", "cli worker"),
        "zone.backed_up": _row(DATASTORE, "Read", "zone", "none", "cli worker", "failure"),
        "zone.backup_checked": _row(DATASTORE, "Read", "zone", "none", "cli worker", "failure"),
        "zone.restored": _row(APPLICATION, "Install", "zone", "none", "cli", "always"),
        "zone.probed": _row(FINDING, "Create", "zone", "none", "cli worker", "failure"),
        "zone.setup": _row(APPLICATION, "Install", "zone", "none", "cli"),
        "image.built": _row(APPLICATION, "Install", "image", "none", "cli"),
        "settings.loaded": _row(APPLICATION, "Update", "zone policy", "none", "cli hub gate portal worker"),
        "policy.loaded": _row(APPLICATION, "Update", "policy zone", "none", "cli hub gate portal worker"),
    }
)
"""Every action of the catalogue."""

UNKNOWN = Meaning(EVENT_LOG, "Other", (), (), ())
"""What an entry is that an earlier version of the zone wrote, or one whose body is damaged."""


def meaning_of(action: str) -> Meaning:
    """Return what an action means to others."""
    return MEANINGS.get(action, UNKNOWN)
