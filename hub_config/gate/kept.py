"""What was put into the outbox of a workspace: so much within an hour, one file after the other."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field

WITHIN_SECONDS = 3600.0
MOST_FILES = 60  # of one workspace within the hour
MOST_LOOKS = 240  # as above; what becomes no file has cost the gate as much as what does
MOST_BYTES = 200_000_000
SHOWN_NAMES = 10


@dataclass(slots=True)
class Kept:
    """What was put into the outbox of one workspace since it was opened."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    names: deque[str] = field(default_factory=lambda: deque(maxlen=SHOWN_NAMES))
    """The last ones, each once."""
    _sizes: deque[tuple[float, int]] = field(default_factory=deque)
    _looks: deque[float] = field(default_factory=deque)

    def may_look(self, now: float) -> bool:
        """Count a held output that is about to be taken apart; False where the hour has had its share."""
        while self._looks and now - self._looks[0] > WITHIN_SECONDS:
            self._looks.popleft()
        if len(self._looks) >= MOST_LOOKS:
            return False
        self._looks.append(now)
        return True

    def take_room(self, size: int, now: float) -> bool:
        """Count a file that is about to be written; False where the hour has had its share."""
        while self._sizes and now - self._sizes[0][0] > WITHIN_SECONDS:
            self._sizes.popleft()
        if len(self._sizes) >= MOST_FILES or size + sum(one for _, one in self._sizes) > MOST_BYTES:
            return False
        self._sizes.append((now, size))
        return True

    def note(self, name: str) -> None:
        """Remember the name of a file that was written."""
        if name in self.names:
            self.names.remove(name)
        self.names.append(name)
