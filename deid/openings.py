"""The key store's own book of the tokens that were led back: digests and times, beside the audit log.

Whoever could set one of the two back would still meet the other.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime

from audit.body import moment, timestamp
from audit.text import Text
from deid.errors import Refused
from deid.keys import KeyStore


def opened(store: KeyStore, request: str) -> frozenset[str]:
    """Return the digests of the tokens that were opened for a request."""
    with store.database() as database:
        return frozenset(
            token for (token,) in database.execute("SELECT token FROM opening WHERE request = ?", (request,))
        )


def latest(store: KeyStore, count: int) -> list[datetime]:
    """Return when tokens were opened last, whatever the request; the newest first."""
    with store.database() as database:
        rows = database.execute("SELECT at FROM opening ORDER BY at DESC LIMIT ?", (count,)).fetchall()
    return [moment(at) for (at,) in rows]


def note(store: KeyStore, request: str, token: str, at: datetime) -> None:
    """Write down that a token is opened now.

    Raises: Refused — if it stands there already.
    """
    try:
        with store.database() as database:
            database.execute("INSERT INTO opening VALUES (?, ?, ?)", (request, token, timestamp(at)))
    except sqlite3.IntegrityError:
        raise Refused(
            "opened_before", Text("이미 한 번 열람한 가명입니다.", "This token was opened before; it is shown once.")
        ) from None
