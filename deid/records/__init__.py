"""How raw data becomes an extract that may be mounted: its purpose, its making, its review, its record, its end."""
