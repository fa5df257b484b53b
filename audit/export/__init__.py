"""Copies of the log in the C2SP tlog-tiles layout, which anybody can verify without asking the zone."""
