"""Python packages for workspaces: which project may use which, the shelf they lie on, and requests for more."""
