"""A server of threads that takes so many connections at once and no more."""

from __future__ import annotations

import threading
from socketserver import ThreadingMixIn
from typing import Any


class LimitedThreads(ThreadingMixIn):
    """A thread for each connection; one above `most` is closed unread, so that callers cannot use up the machine."""

    daemon_threads = True

    def __init__(self, *args: Any, most: int, **kwargs: Any) -> None:
        self._free = threading.BoundedSemaphore(most)
        super().__init__(*args, **kwargs)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Take a connection if there is room for it."""
        if not self._free.acquire(blocking=False):
            self.shutdown_request(request)  # type: ignore[attr-defined]  # of the server it is mixed into
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve a connection to its end and make room for the next."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()
