"""What the zone tells those who help from outside: how it stands, and nothing of what is in it."""
