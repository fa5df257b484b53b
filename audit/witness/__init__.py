"""Witnesses: other machines that confirm that this log only grows, and the zone's side of asking them."""
