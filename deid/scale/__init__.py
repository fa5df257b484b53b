"""The same policy over a cluster of machines, with the same result."""
