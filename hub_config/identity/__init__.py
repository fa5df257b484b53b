"""Who somebody is, as a provider outside says: OpenID Connect beside the zone's own password and code."""
