"""The keeper of homes: one encrypted file system for each workspace, and the one process that may mount it.

Mounting takes CAP_SYS_ADMIN, which is root in effect, so no process of the zone has it. This one does, under a user of
its own, and takes from the others a handful of words about a workspace by its reference: no path, no key, no option of
a mount comes from outside. docs/adr/0023 says why.
"""
