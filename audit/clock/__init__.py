"""How right the zone's clock is: read from whatever keeps the machine's time, and kept beside each checkpoint."""
