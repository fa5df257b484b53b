"""What data looks like before a researcher sees it: finding and treating what identifies a person."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from deid.identifiers import detect

__all__ = ["detect"]


def __getattr__(name: str) -> Any:
    """Give `deid.detect` to whoever asks for it: the rules are compiled then, and not with every import."""
    if name == "detect":
        from deid.identifiers import detect

        return detect
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
