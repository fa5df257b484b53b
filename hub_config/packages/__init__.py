"""Filling the shelf of packages, and `ansim packages`; the rules are in `registry.packages`."""
