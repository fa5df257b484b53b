"""Backups of a zone that lose nothing and bring back nothing that was destroyed (docs/adr/0015)."""
