"""One module per kind of check; each reads a subject and writes findings. Standard library only."""
