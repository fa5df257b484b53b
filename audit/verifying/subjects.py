"""Under whose key a sealed value lies, derived from the body alone; an erasure destroyed what it says."""

from __future__ import annotations

SOURCE_IP = "source.ip"
ZONE = "zone"


def subject_of(actor: tuple[str, str], thing: tuple[str, str], field: str) -> str:
    """Return the subject of a sealed field; `actor` and `thing` are pairs of kind and reference.

    An address is the actor's; another value of an event about a person is that person's. What nobody did is the zone's.
    """
    if thing[0] == "person" and field != SOURCE_IP:
        return thing[1]
    return actor[1] if actor[0] == "person" else ZONE
