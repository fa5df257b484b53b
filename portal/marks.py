"""How states are shown: each with an icon and a word, so that colour is never alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from deid.records.synthetic_jobs import JobState
from deid.records.workflow import State
from portal.hub import WorkspaceState
from portal.i18n import N_
from registry.model import PersonStatus, ProjectStatus


@dataclass(frozen=True, slots=True)
class Mark:
    """A word with its icon and tone (ok, warn, stop, note or none)."""

    label: str
    icon: str
    tone: str = ""


WORKSPACE: Mapping[WorkspaceState, Mark] = {
    WorkspaceState.STOPPED: Mark(N_("Stopped"), "stop"),
    WorkspaceState.STARTING: Mark(N_("Starting"), "clock", "note"),
    WorkspaceState.OPEN: Mark(N_("Running"), "passed", "ok"),
    WorkspaceState.STOPPING: Mark(N_("Stopping"), "clock", "note"),
    WorkspaceState.FAILED: Mark(N_("Did not start"), "alert", "stop"),
}

PERSON: Mapping[PersonStatus, Mark] = {
    PersonStatus.INVITED: Mark(N_("Invited"), "clock", "note"),
    PersonStatus.ACTIVE: Mark(N_("Active"), "passed", "ok"),
    PersonStatus.SUSPENDED: Mark(N_("Suspended"), "alert", "warn"),
    PersonStatus.CLOSED: Mark(N_("Closed"), "cross"),
}

PROJECT: Mapping[ProjectStatus, Mark] = {
    ProjectStatus.ACTIVE: Mark(N_("Under way"), "passed", "ok"),
    ProjectStatus.CLOSED: Mark(N_("Closed"), "cross"),
}

EXTRACT: Mapping[State, Mark] = {
    State.DRAFT: Mark(N_("Draft"), "pen"),
    State.PROCESSED: Mark(N_("Processed"), "file", "note"),
    State.IN_REVIEW: Mark(N_("In adequacy review"), "policy", "note"),
    State.ADEQUATE: Mark(N_("Adequate"), "passed", "ok"),
    State.INADEQUATE: Mark(N_("Inadequate"), "cross", "stop"),
    State.MOUNTABLE: Mark(N_("Mountable"), "database", "ok"),
    State.EXPIRED: Mark(N_("Expired"), "clock", "warn"),
    State.DESTROYED: Mark(N_("Destroyed"), "cross"),
}

JOB: Mapping[JobState, Mark] = {
    JobState.WAITING: Mark(N_("Waiting"), "clock", "note"),
    JobState.RUNNING: Mark(N_("Being made"), "clock", "note"),
    JobState.MADE: Mark(N_("Made"), "passed", "ok"),
    JobState.REFUSED: Mark(N_("Refused: too risky"), "stop", "stop"),
    JobState.FAILED: Mark(N_("Failed"), "alert", "warn"),
    JobState.CANCELLED: Mark(N_("Cancelled"), "cross"),
}

IN_FORCE = Mark(N_("In force"), "passed", "ok")
NOT_YET = Mark(N_("Not begun"), "clock", "note")
OVER = Mark(N_("Over"), "cross")
REVOKED = Mark(N_("Revoked"), "cross", "warn")

KEY: Mapping[str, Mark] = {
    "in_use": Mark(N_("In use"), "key", "note"),
    "ending": Mark(N_("Its end was asked for"), "clock", "warn"),
    "destroyed": Mark(N_("Destroyed"), "seal"),
}
KEY_END: Mapping[str, Mark] = {
    "asked": Mark(N_("Waits for approval"), "clock", "note"),
    "approved": Mark(N_("Approved"), "passed", "warn"),
    "refused": Mark(N_("Ended early"), "cross"),
    "done": Mark(N_("Destroyed"), "seal", "ok"),
}
LINKAGE: Mapping[str, Mark] = {
    "asked": Mark(N_("Waits for approval"), "clock", "note"),
    "approved": Mark(N_("Approved"), "passed", "warn"),
    "in_force": Mark(N_("In force"), "passed", "ok"),
    "refused": Mark(N_("Ended early"), "cross"),
    "ended": Mark(N_("Ended"), "cross"),
}
REIDENTIFICATION: Mapping[str, Mark] = {
    "asked": Mark(N_("Waits for approval"), "clock", "note"),
    "approved": Mark(N_("Approved"), "passed", "warn"),
    "refused": Mark(N_("Ended early"), "cross"),
    "expired": Mark(N_("Expired"), "clock"),
    "used": Mark(N_("Used up"), "seal", "ok"),
}
