"""What holds for every test: how fast an example runs is no promise of a property test."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("zone", deadline=None)
settings.load_profile("zone")
