"""A zone under systemd: the units made from the one table of processes, and what is asked of them later."""
