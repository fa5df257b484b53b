"""Entries as OCSF 1.8.0 events.

Each event carries its proof: `raw_data` is the canonical body whose RFC 6962 leaf hash, with the index and the origin
of the log, stands under `unmapped`. A row of a SIEM can so be tied to a receipt years later.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from audit.canonical import dump
from audit.catalogue import CATALOGUE
from audit.outward.classes import OCSF_VERSION, PROFILES, Fields, actor_user, device, fingerprint
from audit.outward.meanings import Meaning, meaning_of
from audit.search import Entry
from audit.text import Language

PRODUCT = "Ansim"
VENDOR = "Ansim"
PRODUCT_VERSION = "0.1.0"


@dataclass(frozen=True, slots=True)
class Severity:
    """How grave an event is, in the words of each format."""

    ocsf: int
    name: str
    syslog: int
    """RFC 5424 table 2."""
    cef: int


INFORMATIONAL = Severity(1, "Informational", 6, 1)
LOW = Severity(2, "Low", 5, 3)
MEDIUM = Severity(3, "Medium", 4, 5)
HIGH = Severity(4, "High", 3, 8)
CRITICAL = Severity(5, "Critical", 2, 10)

# OCSF status by outcome: what was only announced has neither succeeded nor failed.
STATUS: Mapping[str, tuple[int, str]] = MappingProxyType(
    {"ok": (1, "Success"), "denied": (2, "Failure"), "failed": (2, "Failure"), "intent": (99, "Announced")}
)

# OCSF `action`: what the zone did about the attempt.
_ACTIONS: Mapping[str, tuple[int, str]] = MappingProxyType(
    {"ok": (1, "Allowed"), "denied": (2, "Denied"), "failed": (3, "Observed"), "intent": (3, "Observed")}
)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One entry on its way out: what every format is made from."""

    entry: Entry
    origin: str

    @property
    def meaning(self) -> Meaning:
        """What its action means to others."""
        return meaning_of(str(self.entry.body["action"]))

    @property
    def alerts(self) -> bool:
        """Whether a person should look at it now."""
        rule, outcome = self.meaning.alert, self.entry.body["outcome"]
        return not self.entry.intact or rule == "always" or (rule == "failure" and outcome in ("denied", "failed"))

    @property
    def severity(self) -> Severity:
        """How grave it is: by its outcome and by whether it alerts; a damaged entry is critical."""
        failed = self.entry.body["outcome"] in ("denied", "failed")
        if not self.entry.intact:
            return CRITICAL
        if self.alerts:
            return HIGH if failed else MEDIUM
        return LOW if failed else INFORMATIONAL

    def said(self, language: Language = "en") -> str:
        """Return what happened, in a sentence."""
        action = str(self.entry.body["action"])
        return CATALOGUE[action].say(language) if action in CATALOGUE else action


def ocsf_event(outgoing: Outgoing, language: Language = "en") -> Fields:
    """Return an entry as an OCSF event."""
    entry, meaning = outgoing.entry, outgoing.meaning
    body, kind = entry.body, meaning.ocsf
    activity = kind.activities[meaning.activity]
    status_id, status = STATUS[body["outcome"]]
    action_id, action = _ACTIONS[body["outcome"]]
    event: Fields = {
        "category_uid": kind.category_uid,
        "category_name": kind.category,
        "class_uid": kind.uid,
        "class_name": kind.name,
        "activity_id": activity,
        "activity_name": meaning.activity,
        "type_uid": kind.uid * 100 + activity,
        "type_name": f"{kind.name}: {meaning.activity}",
        "time": int(entry.ts.timestamp() * 1000),
        "severity_id": outgoing.severity.ocsf,
        "severity": outgoing.severity.name,
        "status_id": status_id,
        "status": status,
        "action_id": action_id,
        "action": action,
        "is_alert": outgoing.alerts,
        "message": outgoing.said(language),
        "actor": _actor(body),
        "device": device(body),
        "metadata": _metadata(outgoing),
        **kind.fields(body),
        "unmapped": _unmapped(outgoing),
    }
    if "reason" in body:
        event["status_code"] = event["status_detail"] = body["reason"]
    if "policy" in body:
        event["policy"] = {"uid": body["policy"], "is_applied": True}
    if entry.intact:
        # The bytes that were hashed into the tree: SHA-256 over 0x00 and these is the leaf hash.
        event["raw_data"] = dump(body).decode("utf-8")
    return event


def ocsf_line(outgoing: Outgoing, language: Language = "en") -> str:
    """Return an entry as one line of JSON."""
    return json.dumps(ocsf_event(outgoing, language), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _actor(body: Mapping[str, Any]) -> Fields:
    actor: Fields = {"user": actor_user(body), "app_name": body["component"]}
    if "session" in body["actor"]:
        actor["session"] = {"uid": body["actor"]["session"]}
    if roles := body["actor"].get("roles"):
        actor["user"]["groups"] = [{"name": role, "type": "role"} for role in roles]
    return actor


def _metadata(outgoing: Outgoing) -> Fields:
    entry = outgoing.entry
    announced = entry.id if entry.body["outcome"] == "intent" else None
    correlation = entry.body.get("intent_id") or announced
    metadata: Fields = {
        "version": OCSF_VERSION,
        "profiles": list(PROFILES),
        "product": {"name": PRODUCT, "vendor_name": VENDOR, "version": PRODUCT_VERSION},
        "uid": entry.id,
        "event_code": entry.body["action"],
        "log_name": outgoing.origin,
        "log_provider": entry.component,
        "log_version": str(entry.body["v"]),
        "sequence": entry.index,
    }
    return metadata if correlation is None else {**metadata, "correlation_uid": correlation}


def _unmapped(outgoing: Outgoing) -> Fields:
    """Return what OCSF has no place for; nothing of the body is lost on the way."""
    body = outgoing.entry.body
    rest = {name: body[name] for name in ("detail", "subjects", "on_behalf_of", "c") if name in body}
    proof = {
        "origin": outgoing.origin,
        "index": outgoing.entry.index,
        "leaf_hash": fingerprint(outgoing.entry.leaf_hash.hex()),
        "intact": outgoing.entry.intact,
    }
    return {"log": proof, "object": dict(body["object"]), "outcome": body["outcome"], **rest}
