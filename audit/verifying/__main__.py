"""One of the processes that check a log: started by `audit.verifying.workers`, never by hand."""

from __future__ import annotations

import contextlib
import gc
import sys

from audit.verifying.workers import work

if __name__ == "__main__":
    gc.disable()  # nothing here makes cycles, and looking for them costs a tenth
    with contextlib.suppress(BrokenPipeError, KeyboardInterrupt):
        work(sys.stdin.buffer, sys.stdout.buffer)
