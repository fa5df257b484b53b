"""What a browser keeps for the zone while it is elsewhere: sealed, so that nobody reads it or makes one up, and dated.

Nothing is remembered of what was begun, so nobody pushes out what another began by beginning many. Only what came back
is remembered, until it would be too old anyway, so that each counts once.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12  # NIST SP 800-38D section 8.2: drawn each time, for far fewer than 2**32 cookies of one process
LONGEST = 4096  # characters: browsers keep no longer cookie (RFC 6265bis section 5.6)
LONGEST_GOAL = 1500  # bytes of an address that a cookie carries, so that it stays a cookie
MOST_TAKEN = 20_000  # beyond it the oldest could be shown again: to its own browser, with a code that was spent
DATE = "at"


class SealedCookies:
    """Seals and opens the cookies of one purpose; a new process has a new key, and what was begun is begun anew."""

    def __init__(self, purpose: str, lasting: timedelta, clock: Callable[[], datetime]) -> None:
        self._box = AESGCM(AESGCM.generate_key(256))
        self._purpose = purpose.encode()
        self._lasting = lasting
        self._clock = clock
        self._lock = threading.Lock()
        self._taken: dict[str, datetime] = {}

    def seal(self, document: Mapping[str, str]) -> str:
        """Return the value of a cookie that holds a few texts and the time of now."""
        nonce = os.urandom(NONCE_BYTES)
        text = json.dumps({**document, DATE: self._clock().isoformat()}, ensure_ascii=False)
        sealed = nonce + self._box.encrypt(nonce, text.encode("utf-8", "replace"), self._purpose)
        return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode("ascii")

    def take(self, cookie: str) -> Mapping[str, str] | None:
        """Return what was sealed, once; nothing for what this process did not seal, what is too old or was taken."""
        if not 0 < len(cookie) <= LONGEST:
            return None
        try:
            sealed = base64.urlsafe_b64decode(cookie.encode("ascii") + b"=" * (-len(cookie) % 4))
            text = self._box.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], self._purpose)
        except (ValueError, InvalidTag):  # no ASCII, no base64, too short, not ours
            return None
        document: dict[str, str] = json.loads(text)
        now = self._clock()
        if now - datetime.fromisoformat(document.pop(DATE)) >= self._lasting:
            return None
        # Of the bytes, not of the text: base64 has more than one spelling for the same bytes.
        return document if self._first(hashlib.sha256(sealed).hexdigest(), now) else None

    def _first(self, name: str, now: datetime) -> bool:
        with self._lock:
            if name in self._taken:
                return False
            while self._taken:
                oldest = next(iter(self._taken))
                if len(self._taken) < MOST_TAKEN and now - self._taken[oldest] < self._lasting:
                    break
                del self._taken[oldest]
            self._taken[name] = now
            return True


def short_goal(goal: str, otherwise: str) -> str:
    """Return an address that fits into a cookie, or another one in its place."""
    return goal if len(goal.encode("utf-8", "replace")) <= LONGEST_GOAL else otherwise
