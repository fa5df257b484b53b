"""How a result leaves the zone: checked by rule, read by two people, released as exactly what they read."""
