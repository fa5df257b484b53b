"""The record for others: OCSF, syslog and CEF for a SIEM, and the bundle of a closed project."""
