"""ArcSight Common Event Format, version 0, with the escaping that its header and its extension each ask for.

A header ends a field at `|`, an extension ends a value where the next `key=` begins: what escapes one does not escape
the other, and a text that is not escaped could add fields of its own.
"""

from __future__ import annotations

import json
import re

from audit.outward.ocsf import PRODUCT, PRODUCT_VERSION, VENDOR, Outgoing
from audit.outward.syslog import one_line, subjects
from audit.text import Language

_HEADER = re.compile(r"([|\\])")
_EXTENSION = re.compile(r"([=\\])")


def cef_line(outgoing: Outgoing, language: Language = "en") -> str:
    """Return an entry as one CEF event."""
    header = (
        "CEF:0",
        VENDOR,
        PRODUCT,
        PRODUCT_VERSION,
        str(outgoing.entry.body["action"]),
        outgoing.said(language),
        str(outgoing.severity.cef),
    )
    extension = " ".join(f"{key}={extension_value(value)}" for key, value in _extension(outgoing))
    return "|".join((header[0], *(header_value(field) for field in header[1:]), extension))


def header_value(text: str) -> str:
    """Return a header field with `|` and `\\` escaped; it stays on one line."""
    return _HEADER.sub(r"\\\1", one_line(text))


def extension_value(text: str) -> str:
    """Return a value with `=`, `\\` and line ends escaped."""
    escaped = _EXTENSION.sub(r"\\\1", text)
    return one_line(escaped.replace("\r\n", "\n").replace("\n", "\\n").replace("\r", "\\r"))


def _extension(outgoing: Outgoing) -> list[tuple[str, str]]:
    """Return keys of the CEF dictionary with their values; what it has no key for stands in labelled fields."""
    entry = outgoing.entry
    body, thing = entry.body, entry.body["object"]
    detail = json.dumps(body["detail"], sort_keys=True, separators=(",", ":")) if "detail" in body else None
    known: dict[str, object] = {
        "rt": int(entry.ts.timestamp() * 1000),
        "externalId": entry.id,
        "cat": str(body["action"]).partition(".")[0],
        "act": body["action"],
        "outcome": body["outcome"],
        "reason": body.get("reason"),
        "suid": body["actor"]["ref"],
        "spriv": ",".join(body["actor"].get("roles", ())) or None,
        "duid": thing["ref"] if thing["kind"] == "person" else None,
        "dvchost": body["source"]["host"] or "unknown",
        "deviceProcessName": entry.component,
        "fileHash": thing.get("sha256"),
        "cn1": entry.index,
        "cn1Label": "logIndex",
    }
    labelled = (
        ("leafHash", entry.leaf_hash.hex() if entry.intact else f"{entry.leaf_hash.hex()} damaged"),
        ("logOrigin", outgoing.origin),
        ("object", f"{thing['kind']} {thing['ref']}"),
        ("project", thing.get("project")),
        ("subjects", " ".join(subjects(outgoing)) or None),
        ("detail", detail),
    )
    for number, (label, value) in enumerate(labelled, 1):
        if value is not None:
            known |= {f"cs{number}": value, f"cs{number}Label": label}
    return [(key, str(value)) for key, value in known.items() if value is not None]
