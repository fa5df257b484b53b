"""The monthly review of the record: what stands out, what an officer found, and what was signed."""
