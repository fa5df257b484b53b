"""Rights that a test cannot do without.

`make test` runs as root on a server, as the zone's own set-up does, and then nothing here is skipped. Whoever runs
single tests as an ordinary user sees these as skipped, with the reason, since what they attack or give away belongs to
users whom only root can become.
"""

from __future__ import annotations

import os

import pytest

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user or gives files to one, as only root may")
