"""The web face of the zone: thin pages over the registry, the egress desk and the audit log."""
