"""What a package holds for readers: a cover for people, metadata for machines, and programs that verify it."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from audit.errors import FontMissing
from audit.export.standalone import source
from egress_review.cover import COVER, Facts, cover
from egress_review.crate import CRATE, crate
from egress_review.package import Part

log = logging.getLogger(__name__)

VERIFIERS = {
    "verify.py": Path(__file__).with_name("verify_release.py").read_bytes(),
    "ansim_verify.py": source(),
}
"""Programs that verify a package without Ansim; whoever distrusts the package takes them from elsewhere."""


def for_readers(
    record: str, sha256: str, released_at: datetime, index: int, beside: Mapping[str, bytes], fonts: Sequence[Path]
) -> dict[str, bytes]:
    """The cover, the crate and the verifiers of a package; `beside` are the other files packed with the record.

    On a machine without a font for Korean there is no cover, and a release does not wait for one: the record and its
    signature are the evidence.
    """
    document = json.loads(record)
    at = released_at.isoformat(timespec="seconds")
    try:
        found = {COVER: cover(document, Facts(at, index, sha256), fonts=fonts)}
    except FontMissing:
        log.warning("a package has no cover: no font with Korean letters on this machine")
        found = {}
    found |= VERIFIERS
    parts = [Part.of(name, data) for name, data in {**beside, **found}.items()]
    return found | {CRATE: crate(document, at, sorted(parts, key=lambda part: part.path))}
