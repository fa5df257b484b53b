"""Verification, piece by piece: reading bodies, holding rows and files against them, and the walk along the tree."""
