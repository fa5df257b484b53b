"""Sign-ins under way: kept for minutes, and counted by where they come from, so that no stranger pushes out another's.

Whoever begins one has no session yet, so there is nothing but the address to count by.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from hub_config.gate.door import counted_as
from hub_config.gate.hub_identity import SignIn

SIGN_IN_SECONDS = 600.0
MOST_OF_ONE = 1000  # of one address, which may be that of a whole institution
MOST = 10_000
MAX_NEXT = 2000  # letters of the path where a sign-in ends


@dataclass(frozen=True, slots=True)
class UnderWay:
    """One sign-in, when it began, and whom it counts for."""

    sign_in: SignIn
    began: float
    room: str


class SignIns:
    """Sign-ins by their state, the oldest first."""

    def __init__(self) -> None:
        self._all: dict[str, UnderWay] = {}
        self._rooms: dict[str, dict[str, None]] = {}

    def __len__(self) -> int:
        return len(self._all)

    def begin(self, sign_in: SignIn, address: str) -> None:
        """Remember a sign-in; where there is no room, the oldest of those go who hold the most."""
        now = time.monotonic()
        while self._all and now - next(iter(self._all.values())).began >= SIGN_IN_SECONDS:
            self.drop(next(iter(self._all)))
        room = counted_as(address)
        own = self._rooms.get(room, {})
        if len(own) >= MOST_OF_ONE:
            self.drop(next(iter(own)))
        elif len(self._all) >= MOST:
            fullest = max(self._rooms, key=lambda name: len(self._rooms[name]))
            self.drop(next(iter(self._rooms[fullest])))
        self._all[sign_in.state] = UnderWay(sign_in, now, room)
        self._rooms.setdefault(room, {})[sign_in.state] = None

    def find(self, state: str) -> SignIn | None:
        """Return the sign-in of a state, if it is still under way."""
        found = self._all.get(state)
        return None if found is None or time.monotonic() - found.began >= SIGN_IN_SECONDS else found.sign_in

    def name(self, state: str, browser: str) -> SignIn:
        """Note which browser a sign-in is of; return it.

        Raises: KeyError — if it is not under way.
        """
        found = self._all[state]
        self._all[state] = replace(found, sign_in=replace(found.sign_in, browser=browser))
        return self._all[state].sign_in

    def drop(self, state: str) -> None:
        """Forget a sign-in, finished or not."""
        found = self._all.pop(state, None)
        if found is not None:
            own = self._rooms[found.room]
            del own[state]
            if not own:
                del self._rooms[found.room]
