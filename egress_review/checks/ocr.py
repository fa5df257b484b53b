"""Reading the words in a picture with the distribution's tesseract, in Korean and English, where it is installed.

A child of the scanner with a time limit and one thread; it gets the picture on its standard input and gives text on
its standard output, so it needs no file. What it reads goes to the checks and nowhere else.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache

from egress_review.checks.raster import doubled

SECONDS = 8.0
"""Time for one picture; a page of text takes about two seconds on one core."""
LONGEST = 200_000
"""Characters that are taken from one picture."""
LANGUAGES = ("kor", "eng")
_PROGRAM = "tesseract"
_MODES = ("6", "11")
"""Text in lines, as a page or a printed table has it; and text anywhere, as the labels of a figure stand."""
_LEAST_SIDE = 16
"""Pixels below which there is nothing to read."""


class OcrError(RuntimeError):
    """Reading that did not come to its end, so what the picture says is not known."""


@dataclass(frozen=True, slots=True)
class Reader:
    """The program that reads pictures, and the languages that it has."""

    program: str
    languages: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether it reads Korean and English."""
        return set(LANGUAGES) <= set(self.languages)


@cache
def reader() -> Reader | None:
    """The reader of this machine; None where there is none or it has neither language.

    Raises: OcrError — if it does not say which languages it has.
    """
    program = shutil.which(_PROGRAM)
    if program is None:
        return None
    listed = _run([program, "--list-langs"], b"", SECONDS).decode(errors="replace").split()
    languages = tuple(language for language in LANGUAGES if language in listed)
    return Reader(program, languages) if languages else None


def words_in(picture: bytes, width: int, height: int, using: Reader) -> tuple[str, str]:
    """What a picture says, read in two ways, as each misses what the other finds: in lines, and wherever it stands.

    Raises: OcrError
    """
    if min(width, height) < _LEAST_SIDE:
        return "", ""
    larger = doubled(picture, width, height)
    command = [using.program, "stdin", "stdout", "-l", "+".join(using.languages), "--psm"]
    lines, anywhere = (_run([*command, mode], larger, SECONDS).decode("utf-8", "replace")[:LONGEST] for mode in _MODES)
    return lines, anywhere


def _run(command: list[str], given: bytes, seconds: float) -> bytes:
    kept = ("PATH", "LD_LIBRARY_PATH", "TESSDATA_PREFIX")
    environment = {key: os.environ[key] for key in kept if key in os.environ}
    try:
        done = subprocess.run(
            command,
            input=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=seconds,
            check=False,
            env={**environment, "OMP_THREAD_LIMIT": "1", "LC_ALL": "C.UTF-8"},
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise OcrError(type(error).__name__) from None
    if done.returncode != 0:
        raise OcrError("failed")
    return done.stdout
