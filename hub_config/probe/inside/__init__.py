"""What runs inside the workspace: standard library only, shipped as text, one process for each attack."""
