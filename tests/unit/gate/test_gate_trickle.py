"""Encoded text that goes out piece by piece is noticed; ordinary results are not."""

from __future__ import annotations

import base64
import hashlib
import random
import string
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_config.gate.calls import Calls
from hub_config.gate.config import parse_config
from hub_config.gate.frames import v1_frame
from hub_config.gate.neighbours import Neighbours
from hub_config.gate.packages import Packages
from hub_config.gate.trickle import DENSE, LOOKED_AT, Trickle, dense_bytes
from hub_config.gate.workspace import parse_tenancy
from hub_config.gate.workspaces import Workspaces
from tests.unit.gate.test_gate_values import REF, tenancy

HEADER = {"msg_id": "0f8fad5b-d9cb-469f-a165-70867728950e_17_1", "msg_type": "stream", "session": "a" * 32}
CHANCE = random.Random(7)
SECRET = CHANCE.randbytes(3000)
DIGITS = "".join(CHANCE.choices(string.digits, k=5000))
HOUR = 3600.0
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + SECRET).decode()
DRAWN = Path("tests/data/drawn/matplotlib.svg").read_text()


def dumped(row: str) -> str:
    """Return the lines that `xxd` or `hexdump -C` write."""
    lines = []
    for at in range(0, len(SECRET) - 15, 16):
        part = SECRET[at : at + 16]
        text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in part)
        groups = {"two": part.hex(" ", 2), "left": part[:8].hex(" "), "right": part[8:].hex(" ")}
        lines.append(row.format(at=at, text=text, **groups))
    return "\n".join(lines)


ENCODED = {
    "base64": base64.b64encode(SECRET).decode(),
    "base64 in lines": base64.encodebytes(SECRET).decode(),
    "hex": SECRET.hex(),
    "hex with blanks": SECRET.hex(" "),
    "hex with colons": SECRET.hex(":"),
    "digits": DIGITS,
    "digits with blanks": " ".join(DIGITS),
    "base64 for addresses": base64.urlsafe_b64encode(SECRET).decode(),
    "xxd": dumped("{at:08x}: {two}  {text}"),
    "hexdump -C": dumped("{at:08x}  {left}  {right}  |{text}|"),
    "printed bytes": repr(SECRET),
    "printed bytes in lines": "\n".join(repr(SECRET[at : at + 60]) for at in range(0, 3000, 60)),
}
ORDINARY = {
    "a table": "\n".join(f"{year}  celecoxib  m  {n}  {n / 7:.4f}" for n, year in enumerate(range(1990, 2026))),
    "prose": "The quick brown fox jumps over the lazy dog. 다람쥐 헌 쳇바퀴에 타고파. " * 40,
    "a traceback": "  File /usr/lib/python3/dist-packages/pandas/core/frame.py, line 4102, in __getitem__\n" * 30,
    "one hash": "sha256: " + hashlib.sha256(b"x").hexdigest() + "\n",
    "a rule": "-" * 3000 + "\n" + "_" * 500,
    "long names": "the_number_of-days_since-the_first-visit_to_any-of_the-clinics_in_the-study\n" * 40,
    "years below dates": "\n".join(f"{day}  " + "  ".join(["2019"] * 8) for day in range(20190101, 20190141)),
    "a drawing of matplotlib": DRAWN,
    "an array": "[" + " ".join(f"{n / 13:.3f}" for n in range(100)) + "]",
}


def frame(text: str) -> bytes:
    return v1_frame("iopub", (HEADER, {"msg_id": HEADER["msg_id"]}, {}, {"name": "stdout", "text": text}))


@pytest.mark.parametrize("how", sorted(ENCODED))
def test_encoded_text_is_recognised_by_most_of_its_bytes(how: str) -> None:
    found, _ = dense_bytes(frame(ENCODED[how]))
    assert found > 0.8 * len(ENCODED[how])


@pytest.mark.parametrize("what", sorted(ORDINARY))
def test_ordinary_results_are_nearly_nothing(what: str) -> None:
    found, _ = dense_bytes(frame(ORDINARY[what]))
    assert found <= max(64, 0.05 * len(ORDINARY[what]))


@pytest.mark.parametrize(("how", "kind"), [("base64", "base64"), ("hex", "hex"), ("digits", "digits")])
def test_the_kind_is_said(how: str, kind: str) -> None:
    assert dense_bytes(frame(ENCODED[how]))[1] == kind


@pytest.mark.parametrize("how", ["base64", "hex", "base64 for addresses"])
def test_letters_written_as_escapes_of_json_hide_nothing(how: str) -> None:
    text = "".join(f"\\u{ord(sign):04x}" if n % 2 else sign for n, sign in enumerate(ENCODED[how]))
    found, _ = dense_bytes(b'{"content": {"text": "' + text.encode() + b'"}}')
    assert found == len(ENCODED[how])
    slashed = ENCODED["base64"].replace("/", "\\/").encode()
    assert dense_bytes(b'{"text": "' + slashed + b'"}')[0] == len(ENCODED["base64"])


def test_a_picture_is_no_trickle_and_text_cannot_pretend_to_be_one() -> None:
    picture = v1_frame("iopub", (HEADER, {}, {}, {"data": {"image/png": PNG}}))
    assert dense_bytes(picture)[0] == 0
    assert dense_bytes(frame('"image/png": "' + PNG))[0] > 3000


@pytest.mark.parametrize(
    ("name", "begins"),
    [("png", b"\x89PNG\r\n\x1a\n"), ("jpeg", b"\xff\xd8\xff\xe0"), ("gif", b"GIF89a"), ("webp", b"RIFF")],
)
def test_a_picture_is_what_begins_as_its_type_does(name: str, begins: bytes) -> None:
    value = base64.b64encode(begins + SECRET).decode()
    for written in (value, value.replace("/", "\\/")):
        assert dense_bytes(f'{{"image/{name}": "{written}"}}'.encode())[0] == 0
    assert dense_bytes(f'{{"image/{name}":"{ENCODED["base64"]}"}}'.encode())[0] == len(ENCODED["base64"])


@pytest.mark.parametrize(
    "name",
    [
        *("application/octet-stream", "application/zip", "application/pdf", "application/vnd.x"),
        *("image/x", "image/tiff", "image/svg+xml", "image/png", "audio/mpeg", "video/mp4"),
    ],
)
def test_what_no_browser_draws_is_counted_like_text(name: str) -> None:
    data = v1_frame("iopub", (HEADER, {}, {}, {"data": {name: ENCODED["base64"]}}))
    assert dense_bytes(data)[0] == len(ENCODED["base64"])


def test_what_stands_beside_a_picture_is_counted() -> None:
    data = {"image/png": PNG, "image/svg+xml": '<svg id="a">' + DIGITS, "text/plain": ENCODED["hex"]}
    found, kind = dense_bytes(v1_frame("iopub", (HEADER, {}, {}, {"data": data})))
    assert (len(ENCODED["hex"]) + len(DIGITS), "hex") == (found, kind)


def test_a_drawing_of_matplotlib_is_no_encoded_text() -> None:
    assert len(DRAWN) > 40_000
    assert dense_bytes(v1_frame("iopub", (HEADER, {}, {}, {"data": {"image/svg+xml": DRAWN}})))[0] == 0


@pytest.mark.parametrize("before", [0.0, 0.5, 1.0])
def test_encoded_text_is_found_wherever_it_stands_in_a_large_message(before: float) -> None:
    padding = "plain words, " * 40_000
    cut = int(len(padding) * before)
    encoded = base64.b64encode(CHANCE.randbytes(60_000)).decode()
    found, _ = dense_bytes(frame(padding[:cut] + encoded + padding[cut:]))
    assert found > 10_000


def test_nobody_knows_which_places_of_a_large_message_are_looked_at() -> None:
    size, piece = 8 * LOOKED_AT, base64.b64encode(CHANCE.randbytes(9_000)).decode()
    words = ("word " * size)[: size - len(piece)]
    for at in range(LOOKED_AT // 2, size - LOOKED_AT, LOOKED_AT):
        data = (words[:at] + piece + words[at:]).encode()
        assert 0 < sum(dense_bytes(data)[0] > 0 for _ in range(40)) < 40


async def test_a_workspace_that_is_started_again_goes_on_with_what_was_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "workspaces" / REF / "run").mkdir(parents=True)
    config = parse_config('{"domain": "d.example"}')
    neighbours = Neighbours(config)
    workspaces = Workspaces(config.limits, Calls(config, neighbours).server, Packages(config, neighbours).server)
    counted = []
    for _ in range(2):
        await workspaces.open(parse_tenancy(REF, tenancy()))
        workspace = workspaces.get(REF)
        assert workspace is not None
        counted.append(workspace.outflow)
        await workspaces.cut(REF, "test")
    await neighbours.close()
    assert counted[0] is counted[1]


def test_many_small_cells_add_up_and_are_told_once_an_hour() -> None:
    trickle, piece = Trickle(limit=20_000), frame(ENCODED["hex"][:200])
    told = [found for n in range(200) if (found := trickle.note(piece, n * 8.0))]
    assert len(told) == 1
    assert (told[0].kind, told[0].seconds) == ("hex", 3600)
    assert told[0].messages == 100
    assert 20_000 <= told[0].size < 20_400


def test_a_trickle_that_stays_below_the_hour_is_found_over_the_day() -> None:
    trickle, piece = Trickle(limit=20_000), frame(ENCODED["base64"][:1000])
    told = [found for n in range(24 * 5) if (found := trickle.note(piece, n * HOUR / 5))]
    assert [found.seconds for found in told] == [24 * 3600]


def test_what_was_long_ago_counts_no_more() -> None:
    trickle, piece = Trickle(limit=20_000), frame(ENCODED["hex"])
    assert trickle.note(piece, 0.0) is None
    assert trickle.note(piece, 0.5) is None
    assert all(trickle.note(piece, n * 25 * HOUR) is None for n in range(1, 20))
    assert len(trickle._minutes) <= 2


def test_what_follows_the_part_that_is_looked_at_is_taken_to_be_like_it() -> None:
    text = base64.b64encode(CHANCE.randbytes(LOOKED_AT * 3)).decode()
    found, _ = dense_bytes(frame(text))
    assert 0.9 * len(text) < found < 1.1 * len(text)


@given(st.text(string.hexdigits + string.digits + ' :,.-+/=\\"{}', max_size=400))
def test_no_text_counts_for_more_than_it_is(text: str) -> None:
    data = frame(text)
    assert 0 <= dense_bytes(data)[0] <= len(data)


@given(st.text("0aZ +/=:,.", max_size=300))
def test_the_quick_look_misses_nothing_that_the_thorough_one_finds(text: str) -> None:
    data = text.encode()
    found = sum(len(run.group()) for run in DENSE.finditer(data))
    assert dense_bytes(data)[0] == found


def test_no_message_takes_long_whatever_it_holds() -> None:
    def cpu(data: bytes) -> float:
        began = time.process_time()
        for _ in range(3):
            dense_bytes(data)
        return time.process_time() - began

    plain = cpu(frame("word and word, " * 6000))
    for worst in (
        "1 " * 50_000,
        "1, " * 40_000,
        "0" * 90_000,
        "ab " * 40_000,
        "ab" * 31 + " ",
        "1." * 45 + "x",
        "a1 " * 31,
        "\\x41" * 11 + '"',
        "\\x41" + "a" * 12,
        "00000000: " + "1234 " * 7,
        "\\/" * 40_000,
        "a-" * 31,
    ):
        assert cpu(frame((worst * (90_000 // len(worst) + 1))[:90_000])) < 60 * plain + 0.2
