"""What the reader of pictures hands on, whatever amount of it a program finds in one."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from egress_review.checks.ocr import LONGEST, OcrError, Reader, words_in


def picture() -> bytes:
    made = BytesIO()
    Image.new("L", (64, 64)).save(made, "PNG")
    return made.getvalue()


def reader_that_prints(folder: Path, text: str, places: int = 0) -> Reader:
    """A program that finds so many words with their places and then this text, as tesseract orders them."""
    (folder / "said").write_text(text, encoding="utf-8")
    program = folder / "reads"
    word = r"5\t1\t1\t1\t1\t%d\t10\t20\t30\t40\t96.5\tword\n"
    program.write_text(
        f"#!/bin/sh\ncat >/dev/null\ncase $* in *tsv*) printf '{word}' $(seq {places}) ;; esac\ncat {folder / 'said'}\n"
    )
    program.chmod(0o755)
    return Reader(str(program), ("eng",))


def test_a_picture_of_very_many_words_keeps_its_text_beside_their_places(tmp_path: Path) -> None:
    words = words_in(picture(), 64, 64, reader_that_prints(tmp_path, "the last line of the text", places=9_000))
    assert words.lines == "the last line of the text"
    assert len(words.labels) > 0


def test_a_picture_that_says_more_than_is_taken_from_one_was_not_read(tmp_path: Path) -> None:
    reader = reader_that_prints(tmp_path, "x" * LONGEST)
    assert len(words_in(picture(), 64, 64, reader).lines) == LONGEST
    reader = reader_that_prints(tmp_path, "x" * (LONGEST + 1))
    with pytest.raises(OcrError):
        words_in(picture(), 64, 64, reader)
