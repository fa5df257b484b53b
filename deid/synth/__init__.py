"""Synthetic extracts: engines behind one port, a gate of attacks that fails closed, and what the result is good for."""
