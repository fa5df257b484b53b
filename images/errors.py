"""The one family of errors of an image build."""

from __future__ import annotations


class ImageError(Exception):
    """Base of everything an image build raises: the message is the reason, `hint` the next step."""

    def __init__(self, reason: str, *, hint: str) -> None:
        super().__init__(reason)
        self.hint = hint


class MalformedLock(ImageError):
    """A lock file says something that no lock file says."""

    def __init__(self, name: str, line: int, reason: str) -> None:
        super().__init__(
            f"{name}, line {line}: {reason}",
            hint="Restore the file from the repository, or make a new one with `python -m images.relock`.",
        )


class NoNetwork(ImageError):
    """Something has to be downloaded and no source answers."""

    def __init__(self, what: str, detail: str) -> None:
        super().__init__(
            f"{what} could not be downloaded ({detail})",
            hint="Check the network and the proxy settings of apt and pip, or copy the .cache folder of a "
            "machine that has built the images; a build with a full cache needs no network.",
        )


class NoSpace(ImageError):
    """The disk is full, or will be before the build ends."""

    def __init__(self, where: str, needed: int, free: int) -> None:
        super().__init__(
            f"{where} has {free / 1e9:.1f} GB free and the build needs {needed / 1e9:.1f} GB",
            hint="Free some space there, or point ANSIM_CACHE or the engine's data-root at a larger disk.",
        )


class ToolMissing(ImageError):
    """A program the build needs is not installed."""

    def __init__(self, tool: str, package: str) -> None:
        super().__init__(f"{tool} is not installed", hint=f"Install it: sudo apt-get install {package}")
