"""The classes of OCSF 1.8.0 that the record needs: their numbers, activities, and the fields that each demands.

Numbers and names are those of the released schema (https://schema.ocsf.io/1.8.0); tests validate every event against
it. People appear by opaque reference only: the address and the names that an entry seals are not in its body and so
cannot get here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeAlias

OCSF_VERSION = "1.8.0"
PROFILES = ("host", "security_control")
"""What is added to every class: who and where (`actor`, `device`), and what was done about it (`action`, alerts)."""

Body: TypeAlias = Mapping[str, Any]
Fields: TypeAlias = dict[str, Any]

_OTHER = 99
_SHA256 = 3
_SERVER = 1
_REGULAR_FILE = 1
_PYTHON = 3


@dataclass(frozen=True, slots=True)
class OcsfClass:
    """One class of events."""

    uid: int
    name: str
    category: str
    activities: Mapping[str, int]
    fields: Callable[[Body], Fields]
    """Returns what this class demands beyond the fields of every event."""

    @property
    def category_uid(self) -> int:
        """The number of the category, which the number of the class begins with."""
        return self.uid // 1000


def actor_user(body: Body) -> Fields:
    """Return who acted as a user object: a person by opaque reference, a process by its name."""
    actor = body["actor"]
    if actor["kind"] == "person":
        return {"uid": actor["ref"], "type_id": 1, "type": "User"}
    return {"uid": actor["ref"], "name": actor["ref"], "type_id": 4, "type": "Service"}


def person_user(body: Body) -> Fields:
    """Return whose account an event is about, as a user object."""
    ref = person_of(body)
    return actor_user(body) if ref is None else {"uid": ref, "type_id": 1, "type": "User"}


def person_of(body: Body) -> str | None:
    """Return the one person that an event is about, if it is about one."""
    if body["object"]["kind"] == "person":
        return str(body["object"]["ref"])
    named = body.get("detail", {}).get("person")
    if isinstance(named, str):
        return named
    refs = body["subjects"].get("refs", ())
    return str(refs[0]) if len(refs) == 1 else None


def endpoint(body: Body) -> Fields:
    """Return the machine that wrote the entry; the person's address is sealed and stays in the zone."""
    source = body["source"]
    where: Fields = {"hostname": source["host"] or "unknown", "svc_name": body["component"]}
    if "container" in source:
        where["instance_uid"] = source["container"]
    return where


def device(body: Body) -> Fields:
    """Return the machine that wrote the entry, as a device."""
    return {"type_id": _SERVER, "type": "Server", "hostname": body["source"]["host"] or "unknown"}


def fingerprint(sha256: str) -> Fields:
    """Return a SHA-256 hash as a fingerprint object."""
    return {"algorithm_id": _SHA256, "algorithm": "SHA-256", "value": sha256}


def _thing(body: Body) -> Fields:
    thing = body["object"]
    return {"uid": thing["ref"], "name": thing["ref"], "type": thing["kind"], "type_id": _OTHER}


def _authentication(body: Body) -> Fields:
    return {
        "user": person_user(body),
        "service": {"name": "Ansim", "uid": body["component"]},
        "src_endpoint": endpoint(body),
        "is_mfa": True,
        "is_remote": True,
    }


def _account(body: Body) -> Fields:
    return {"user": person_user(body), "src_endpoint": endpoint(body)}


def _user_access(body: Body) -> Fields:
    role = body.get("detail", {}).get("role")
    privilege = role if isinstance(role, str) else body["action"]
    thing = body["object"]
    resource = {"uid": thing.get("project", thing["ref"]), "type": "project" if "project" in thing else thing["kind"]}
    return {
        "user": person_user(body),
        "privileges": [privilege],
        "resources": [resource],
        "src_endpoint": endpoint(body),
    }


def _entity(body: Body) -> Fields:
    return {"entity": _thing(body), "src_endpoint": endpoint(body)}


def _datastore(body: Body) -> Fields:
    datasets = body["subjects"].get("datasets", ())
    name = datasets[0]["id"] if datasets else body["object"]["ref"]
    return {
        "database": {"uid": name, "name": name, "type_id": _OTHER, "type": "dataset"},
        "src_endpoint": endpoint(body),
    }


def _file_hosting(body: Body) -> Fields:
    return {"file": _file(body), "src_endpoint": endpoint(body)}


def _file_system(body: Body) -> Fields:
    return {"file": _file(body)}


def _file(body: Body) -> Fields:
    """Return the file by its hash: the name that its author gave it can be personal, so the log seals it."""
    thing, detail = body["object"], body.get("detail", {})
    sha256 = thing.get("sha256") or detail.get("sha256")
    file: Fields = {"name": sha256 or thing["ref"], "uid": thing["ref"], "type_id": _REGULAR_FILE}
    if isinstance(sha256, str):
        file["hashes"] = [fingerprint(sha256)]
    if isinstance(detail.get("bytes"), int):
        file["size"] = detail["bytes"]
    return file


def _application(body: Body) -> Fields:
    thing = body["object"]
    return {"app": {"name": thing["kind"], "uid": thing["ref"], "vendor_name": "Ansim"}}


def _event_log(body: Body) -> Fields:
    return {"log_name": "audit", "log_type": "Application", "log_type_id": 2, "src_endpoint": endpoint(body)}


def _script(body: Body) -> Fields:
    """Return the cell by its commitment; the code itself is encrypted in the zone."""
    detail = body.get("detail", {})
    size = detail.get("bytes")
    content: Fields = {"value": "", "is_truncated": True}
    if isinstance(size, int):
        content["untruncated_size"] = size
    script: Fields = {"type_id": _PYTHON, "script_content": content}
    if isinstance(detail.get("code"), str):
        script["uid"] = detail["code"]
    return {"script": script}


def _api(body: Body) -> Fields:
    operation = body.get("reason") or body["action"]
    return {"api": {"operation": operation, "service": {"name": body["component"]}}, "src_endpoint": endpoint(body)}


def _finding(body: Body) -> Fields:
    about = {"uid": body["id"], "title": body["action"], "types": [body.get("reason") or body["action"]]}
    thing = body["object"]
    return {"finding_info": about, "resources": [{"uid": thing["ref"], "type": thing["kind"]}]}


def _compliance(body: Body) -> Fields:
    """Return a finding about the record itself: the monthly review that Korean law asks for."""
    return {**_finding(body), "compliance": {"standards": ["PIPA Safety Standards, article 8"]}}


def _named(text: str) -> Mapping[str, int]:
    """Return activities from `number name` pairs separated by semicolons, as the schema lists them."""
    pairs = (pair.strip().partition(" ") for pair in text.split(";"))
    return MappingProxyType({"Unknown": 0, **{name: int(number) for number, _, name in pairs}, "Other": _OTHER})


_SYSTEM, _FINDINGS, _IAM, _APPS = (
    "System Activity",
    "Findings",
    "Identity & Access Management",
    "Application Activity",
)
FILE = OcsfClass(
    1001,
    "File System Activity",
    _SYSTEM,
    _named("1 Create; 2 Read; 3 Update; 4 Delete; 5 Rename"),
    _file_system,
)
EVENT_LOG = OcsfClass(
    1008,
    "Event Log Activity",
    _SYSTEM,
    _named("1 Clear; 2 Delete; 3 Export; 4 Archive; 5 Rotate; 6 Start; 7 Stop; 8 Restart; 9 Enable; 10 Disable"),
    _event_log,
)
SCRIPT = OcsfClass(1009, "Script Activity", _SYSTEM, _named("1 Execute"), _script)
COMPLIANCE = OcsfClass(2003, "Compliance Finding", _FINDINGS, _named("1 Create; 2 Update; 3 Close"), _compliance)
FINDING = OcsfClass(2004, "Detection Finding", _FINDINGS, _named("1 Create; 2 Update; 3 Close"), _finding)
ACCOUNT = OcsfClass(
    3001,
    "Account Change",
    _IAM,
    _named(
        "1 Create; 2 Enable; 3 Password Change; 4 Password Reset; 5 Disable; 6 Delete; 7 Attach Policy;"
        " 8 Detach Policy; 9 Lock; 10 MFA Factor Enable; 11 MFA Factor Disable; 12 Unlock"
    ),
    _account,
)
AUTHENTICATION = OcsfClass(3002, "Authentication", _IAM, _named("1 Logon; 2 Logoff"), _authentication)
ENTITY = OcsfClass(
    3004,
    "Entity Management",
    _IAM,
    _named(
        "1 Create; 2 Read; 3 Update; 4 Delete; 5 Move; 6 Enroll; 7 Unenroll; 8 Enable; 9 Disable; 10 Activate;"
        " 11 Deactivate; 12 Suspend; 13 Resume"
    ),
    _entity,
)
USER_ACCESS = OcsfClass(
    3005, "User Access Management", _IAM, _named("1 Assign Privileges; 2 Revoke Privileges"), _user_access
)
APPLICATION = OcsfClass(
    6002,
    "Application Lifecycle",
    _APPS,
    _named("1 Install; 2 Remove; 3 Start; 4 Stop; 5 Restart; 6 Enable; 7 Disable; 8 Update"),
    _application,
)
API = OcsfClass(6003, "API Activity", _APPS, _named("1 Create; 2 Read; 3 Update; 4 Delete"), _api)
DATASTORE = OcsfClass(
    6005,
    "Datastore Activity",
    _APPS,
    _named("1 Read; 2 Update; 3 Connect; 4 Query; 5 Write; 6 Create; 7 Delete; 8 List; 9 Encrypt; 10 Decrypt"),
    _datastore,
)
FILE_HOSTING = OcsfClass(
    6006,
    "File Hosting Activity",
    _APPS,
    _named(
        "1 Upload; 2 Download; 3 Update; 4 Delete; 5 Rename; 6 Copy; 7 Move; 8 Restore; 9 Preview; 10 Lock; 11 Unlock;"
        " 12 Share; 13 Unshare; 14 Open; 15 Sync; 16 Unsync; 17 Access Check"
    ),
    _file_hosting,
)
