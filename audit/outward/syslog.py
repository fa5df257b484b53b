"""RFC 5424 messages and their framing for RFC 5425.

Facility 13 is "log audit" (RFC 5424 table 1). The structured data stands under 32473, the enterprise number that
RFC 5612 sets aside for what has no number of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from audit.outward.ocsf import Outgoing
from audit.text import Language

FACILITY = 13
SD_ID = "ansim@32473"
BOM = "\ufeff"

_NIL = "-"
_MAX_HOST, _MAX_APP, _MAX_PROCESS, _MAX_MESSAGE_ID = 255, 48, 128, 32
_NOT_PRINTABLE = re.compile("[^!-~]")
_CONTROL = re.compile("[\x00-\x1f\x7f\x80-\x9f\u2028\u2029]")
_SPECIAL = re.compile(r'(["\\\]])')


def syslog_message(outgoing: Outgoing, language: Language = "en") -> str:
    """Return an entry as one RFC 5424 message with all of its facts as structured data."""
    body = outgoing.entry.body
    said = f"{outgoing.said(language)} ({body['outcome']})"
    return header(outgoing) + f" {_structured(facts(outgoing))} {BOM}{one_line(said)}"


def carrier(outgoing: Outgoing, payload: str) -> str:
    """Return a message of another format (OCSF, CEF) in an RFC 5424 envelope.

    It has no byte order mark: receivers look for the payload at the first character.
    """
    return f"{header(outgoing)} {_NIL} {payload}"


def header(outgoing: Outgoing) -> str:
    """Return everything before the structured data."""
    entry = outgoing.entry
    fields = (
        f"<{FACILITY * 8 + outgoing.severity.syslog}>1",
        entry.body["ts"],
        _name(entry.body["source"]["host"], _MAX_HOST),
        _name("ansim", _MAX_APP),
        _name(entry.component, _MAX_PROCESS),
        _name(entry.body["action"], _MAX_MESSAGE_ID),
    )
    return " ".join(fields)


def facts(outgoing: Outgoing) -> list[tuple[str, str]]:
    """Return the facts of an entry as pairs of short names and texts, in a fixed order."""
    entry = outgoing.entry
    body, thing = entry.body, entry.body["object"]
    found: dict[str, object] = {
        "origin": outgoing.origin,
        "index": entry.index,
        "leafHash": entry.leaf_hash.hex(),
        "intact": None if entry.intact else "false",
        "id": entry.id,
        "action": body["action"],
        "outcome": body["outcome"],
        "reason": body.get("reason"),
        "alert": "true" if outgoing.alerts else None,
        "actor": body["actor"]["ref"],
        "actorKind": body["actor"]["kind"],
        "session": body["actor"].get("session"),
        "onBehalfOf": body.get("on_behalf_of"),
        "object": thing["ref"],
        "objectKind": thing["kind"],
        "project": thing.get("project"),
        "sha256": thing.get("sha256"),
        "subjects": " ".join(subjects(outgoing)) or None,
        "intent": body.get("intent_id"),
        "policy": body.get("policy"),
    }
    return [(name, str(value)) for name, value in found.items() if value is not None]


def subjects(outgoing: Outgoing) -> list[str]:
    """Return whose data an event concerns: dataset versions, or people by opaque reference."""
    about = outgoing.entry.body["subjects"]
    return [*(f"{one['id']}:{one['version']}" for one in about.get("datasets", ())), *about.get("refs", ())]


def frame(messages: Iterable[str]) -> bytes:
    """Return messages as RFC 5425 sends them: each behind the number of its octets."""
    return b"".join(b"%d %s" % (len(data), data) for data in (message.encode("utf-8") for message in messages))


def one_line(text: str) -> str:
    """Return a text without anything that could begin a second line or message."""
    return _CONTROL.sub(" ", text)


def escaped(value: str) -> str:
    """Return the value of a parameter with `"`, `\\` and `]` escaped (RFC 5424 section 6.3.3)."""
    return _SPECIAL.sub(r"\\\1", one_line(value))


def _structured(pairs: Iterable[tuple[str, str]]) -> str:
    return f"[{SD_ID} " + " ".join(f'{name}="{escaped(value)}"' for name, value in pairs) + "]"


def _name(text: str, longest: int) -> str:
    """Return a header field: printable ASCII without spaces, `-` for nothing."""
    return _NOT_PRINTABLE.sub("_", text)[:longest] or _NIL
