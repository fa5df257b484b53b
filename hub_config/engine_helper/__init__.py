"""The narrow door to the container engine: our own workspaces and scans, and nothing else.

Whoever may speak to the engine is root in effect, so no process of the zone may. This one does, under a user of its
own, and takes from the others a handful of calls in the engine's own protocol: each is held against the description
from which the zone starts its containers, and what does not match it to the letter is refused.
"""
