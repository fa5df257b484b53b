"""The table of probes, a module for each wall."""
