"""What the helper keeps images of: the home of a workspace, and the space that the workspaces of a project share."""

from __future__ import annotations

REF = r"(?:ws|sh)_[a-z2-7]{16}"
"""The reference of a workspace, or of a project's shared space."""
_OF_A_HOME, _OF_A_SPACE = ("home", "outbox"), ("shared",)


def shown_of(ref: str) -> tuple[str, ...]:
    """Return the directories of an image that are shown below `workspaces/<ref>`, each a mount of its own."""
    return _OF_A_SPACE if ref.startswith("sh_") else _OF_A_HOME
