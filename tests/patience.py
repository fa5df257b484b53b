"""How long tests wait for what is no promise about time."""

from __future__ import annotations

PATIENCE = 180.0
"""Seconds in which whatever will happen at all has happened, even on a machine that does much else beside.

A promise about time has a constant of its own, which says where it is made.
"""
