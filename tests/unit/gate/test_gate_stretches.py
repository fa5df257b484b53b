"""A large answer that passes stretch by stretch is counted as it would be as a whole, before it leaves."""

from __future__ import annotations

import base64
import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_config.gate.stretches import LONGEST_NAME, Pictures, Watch
from hub_config.gate.trickle import PICTURE, Trickle

CHANCE = random.Random(11)
ENCODED = base64.b64encode(CHANCE.randbytes(400_000)).decode()
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + CHANCE.randbytes(400_000)).decode()
WORDS = "plain words, and a “quotation” \\ or two\n" * 8000


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def told(document: object, size: int, limit: int = 100_000) -> list[int]:
    """Return at which bytes something was told, the answer cut into stretches of a size."""
    watch, pieces = Watch(Trickle(limit)), cut(json.dumps(document).encode(), size)
    return [n * size for n, piece in enumerate(pieces) if watch.note(piece, 0.0) is not None]


def test_encoded_text_is_told_long_before_its_end_has_left() -> None:
    assert told({"content": ENCODED}, 50_000)[0] <= 150_000


def test_plain_text_of_any_length_is_nothing() -> None:
    assert told({"content": WORDS}, 50_000) == []


@pytest.mark.parametrize("size", [9_770, 200_000])
def test_a_picture_over_many_stretches_is_no_trickle_and_what_follows_it_is(size: int) -> None:
    picture = {"image/png": PNG, "text/plain": "a figure"}
    assert told([picture, WORDS, picture], size) == []
    assert told([picture, WORDS, ENCODED], size)


def test_text_that_pretends_to_be_a_picture_is_counted() -> None:
    assert told({"content": '"image/png": "' + PNG}, 50_000)


def test_what_calls_itself_a_picture_is_counted_where_no_pictures_are() -> None:
    watch, document = Watch(Trickle(100_000), pictures=False), json.dumps({"image/png": PNG}).encode()
    assert any(watch.note(piece, 0.0) for piece in cut(document, 50_000))


def test_short_answers_add_up() -> None:
    trickle, told = Trickle(2_000), []
    for _ in range(40):
        watch = Watch(trickle)
        told += [watch.note(ENCODED[:90].encode(), 0.0), watch.end(0.0)]
    assert len([one for one in told if one is not None]) == 1


def test_an_answer_is_one_message_however_many_stretches_it_takes() -> None:
    trickle = Trickle(100_000)
    for _ in range(3):
        watch = Watch(trickle)
        for piece in cut(ENCODED[:120_000].encode(), 10_000):
            watch.note(piece, 0.0)
    assert sum(minute.messages for minute in trickle._minutes) == 3


@given(
    st.lists(
        st.sampled_from(
            [
                '"image/png": "',
                '"image/png": "iVBORw0KGg',
                '"',
                "\\",
                "ab",
                '"application/pdf":"',
                "a" * 40,
                "\\\\",
                " ",
            ]
        )
    ),
    st.integers(1, 30),
)
def test_what_remains_is_what_remains_of_the_whole(parts: list[str], size: int) -> None:
    whole = "".join(parts).encode() + b'a"' + b"." * LONGEST_NAME
    pictures = Pictures()
    remains = b"".join(map(pictures.strip, cut(whole, size))) + pictures.rest
    assert remains == PICTURE.sub(rb"\1", whole)
