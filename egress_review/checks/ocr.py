"""Reading the words in a picture with the distribution's tesseract, in Korean and English, where it is installed.

A child of the scanner with a time limit and one thread; it gets the picture on its standard input and gives text on
its standard output, so it needs no file. What it reads goes to the checks and nowhere else.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from egress_review.checks.raster import doubled

SECONDS = 8.0
"""Time for one picture; a page of text takes about two seconds on one core."""
LONGEST = 200_000
"""Characters that one picture says at most; one that says more was not read."""
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


@dataclass(frozen=True, slots=True)
class Label:
    """Words that stand together in a picture, and the pixels of it that they take up."""

    text: str
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Words:
    """What a picture says, read in two ways, as each misses what the other finds."""

    lines: str
    anywhere: str
    labels: tuple[Label, ...] = ()
    """The words of the lines with their places."""

    @property
    def text(self) -> str:
        """All that was read."""
        return f"{self.lines}\n{self.anywhere}"


def words_in(picture: bytes, width: int, height: int, using: Reader) -> Words:
    """What a picture of so many pixels says: in lines, and wherever it stands.

    Raises: OcrError
    """
    if min(width, height) < _LEAST_SIDE:
        return Words("", "")
    larger = doubled(picture, width, height)
    command = [using.program, "stdin", "stdout", "-l", "+".join(using.languages), "--psm"]
    lines, anywhere = (
        _run([*command, mode, *more], larger, SECONDS).decode("utf-8", "replace")
        for mode, more in zip(_MODES, (_WITH_PLACES, ()), strict=True)
    )
    placed = [fields for line in lines.splitlines() if len(fields := line.split("\t")) == _FIELDS]
    plain = "\n".join(line for line in lines.splitlines() if line.count("\t") != _FIELDS - 1)
    if max(len(plain), len(anywhere)) > LONGEST:
        raise OcrError("long")
    return Words(plain, anywhere, tuple(_labels(placed, width)))


_WITH_PLACES = ("-c", "tessedit_create_txt=1", "-c", "tessedit_create_tsv=1")
_FIELDS = 12
"""Fields of a line of places: level, page, block, paragraph, line, word, left, top, width, height, doubt, text."""
_OF_WORD = "5"
_APART = 1.2
"""Heights of a word from which the next of its line is another label."""


def _labels(placed: list[list[str]], width: int) -> Iterator[Label]:
    """Words that follow each other in a line as labels, in pixels of the picture as it was handed in."""
    pages = [int(fields[8]) for fields in placed if fields[0] == "1" and fields[8].isdecimal()]
    scale = width / pages[0] if pages and pages[0] else 1.0
    now: Label | None = None
    line: list[str] = []
    for fields in placed:
        if fields[0] != _OF_WORD or not fields[11].strip() or not all(map(str.isdecimal, fields[6:10])):
            continue
        left, top, wide, high = (int(number) * scale for number in fields[6:10])
        word = Label(fields[11].strip(), left, top, left + wide, top + high)
        if now and fields[1:5] == line and word.left - now.right <= _APART * max(now.bottom - now.top, high):
            text = f"{now.text} {word.text}"
            now = Label(text, now.left, min(now.top, word.top), word.right, max(now.bottom, word.bottom))
        else:
            yield from (now,) if now else ()
            now, line = word, fields[1:5]
    yield from (now,) if now else ()


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
