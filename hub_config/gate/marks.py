"""The address of a watermark has what it says, signed: it needs no ticket, and outlives a restart of the gate."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from audit.text import Language
from hub_config.gate.frame_tickets import BAR_SECONDS

PATH = "/_gate/mark"
PURPOSE = b"ansim watermark"


@dataclass(frozen=True, slots=True)
class Mark:
    """Whom a watermark names, and in which language."""

    person: str
    language: Language


@dataclass(frozen=True, slots=True)
class Marks:
    """Makes and reads such addresses; `secret` is the gate's own and never leaves it. Times in seconds of 1970."""

    secret: str = field(repr=False)

    def address(self, mark: Mark, now: float) -> str:
        """Return where the watermark is, for longer than a session lasts."""
        until = str(int(now + BAR_SECONDS))
        fields = {"person": mark.person, "language": mark.language, "until": until}
        return f"{PATH}?{urlencode({**fields, 'seal': self._seal(mark, until)})}"

    def read(self, query: Mapping[str, str], now: float) -> Mark | None:
        """Return what an address says; None for one that the gate did not make, or whose time is over."""
        language: Language = "en" if query.get("language") == "en" else "ko"
        mark, until = Mark(query.get("person", ""), language), query.get("until", "")
        if not hmac.compare_digest(self._seal(mark, until).encode(), query.get("seal", "").encode("utf-8", "replace")):
            return None
        return mark if now < int(until) else None

    def _seal(self, mark: Mark, until: str) -> str:
        key = hmac.digest(self.secret.encode(), PURPOSE, hashlib.sha256)
        said = "\0".join((mark.person, mark.language, until)).encode("utf-8", "replace")
        return hmac.digest(key, said, hashlib.sha256).hex()
