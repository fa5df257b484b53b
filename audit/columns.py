"""What is derived from a body for searching: index columns and links. The body alone is evidence.

The verifier derives both again and compares, so that a search can neither show nor hide what the bodies do
not say. What is derived may grow while bodies never change: whoever adds a kind of link adds, in the same
change, a migration that writes the rows of that kind for the entries there are (`0005` did so for files).
The verifier therefore knows one derivation, and a link row that somebody removed is always found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from audit.body import Body

# Fields of `detail` that name something with a timeline, by the kind of that thing.
DETAIL_LINKS = {
    "request": "request",
    "person": "person",
    "confirmed_by": "person",
    "requested_by": "person",
    "dataset": "dataset",
    "project": "project",
}

# Fields of `detail` in which the events of egress review name files: a list of hashes or of objects with one,
# or an object by hash.
FILE_FIELDS = ("files", "verdicts", "votes")
_LINKING = frozenset({*DETAIL_LINKS, *FILE_FIELDS})
_SHA256 = re.compile("[0-9a-f]{64}")

LinkKind = str


class Columns(NamedTuple):
    """The index columns of one entry, in the order of the table."""

    ts: str
    component: str
    action: str
    outcome: str
    actor_ref: str
    object_kind: str
    object_ref: str
    project: str | None
    event_id: str


def columns(body: Body) -> Columns:
    """Return the index columns of a body."""
    thing = body["object"]
    return Columns(
        ts=body["ts"],
        component=body["component"],
        action=body["action"],
        outcome=body["outcome"],
        actor_ref=body["actor"]["ref"],
        object_kind=thing["kind"],
        object_ref=thing["ref"],
        project=thing.get("project"),
        event_id=body["id"],
    )


def links(body: Body) -> set[tuple[LinkKind, str]]:
    """Return in whose timelines an entry stands, as (kind, reference).

    `intent` links an outcome to the event that announced it.
    """
    found: set[tuple[LinkKind, str]] = set()
    if body["actor"]["kind"] == "person":
        found.add(("person", body["actor"]["ref"]))
    if "on_behalf_of" in body:
        found.add(("person", body["on_behalf_of"]))
    if "intent_id" in body:
        found.add(("intent", body["intent_id"]))
    thing = body["object"]
    if thing["kind"] in ("person", "dataset", "project", "request"):
        found.add((thing["kind"], thing["ref"]))
    if "project" in thing:
        found.add(("project", thing["project"]))
    subjects = body["subjects"]
    found.update(("dataset", dataset["id"]) for dataset in subjects.get("datasets", ()))
    found.update(("person", ref) for ref in subjects.get("refs", ()))
    detail = body.get("detail", {})
    found.update((kind, detail[name]) for name, kind in DETAIL_LINKS.items() if isinstance(detail.get(name), str))
    found.update(("file", sha256) for sha256 in files(body))
    return found


def links_nothing(detail: Body) -> bool:
    """Return whether a detail adds nothing to the links of its body."""
    return _LINKING.isdisjoint(detail)


def files(body: Body) -> Iterator[str]:
    """Yield the hashes of the files that an entry is about, some more than once.

    These are the files of egress requests. Other events name hashes too, of images and manifests, which nobody
    hands in.
    """
    thing, egress = body["object"], body["action"].startswith("egress.")
    named = [thing["ref"]] if thing["kind"] == "file" else []
    if egress:
        named.append(thing.get("sha256"))
        detail = body.get("detail", {})
        for field in FILE_FIELDS:
            listed = detail.get(field)
            named.extend(listed if isinstance(listed, (list, dict)) else ())
    for value in named:
        sha256 = value.get("sha256") if isinstance(value, dict) else value
        if isinstance(sha256, str) and _SHA256.fullmatch(sha256):
            yield sha256
