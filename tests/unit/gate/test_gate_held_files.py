"""An output that is not shown becomes a file of the workspace's own, and the way there leads nowhere else."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import tracemalloc
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.event import Actor
from audit.text import Language
from hub_config.gate import kept
from hub_config.gate.config import Limits
from hub_config.gate.errors import MalformedFrame
from hub_config.gate.held_files import FILES, HeldFile, file_of
from hub_config.gate.keeping import keep
from hub_config.gate.kept import MOST_BYTES, MOST_FILES, WITHIN_SECONDS, Kept
from hub_config.gate.notices import notice_of
from hub_config.gate.outputs import parse_output
from hub_config.gate.pages import bar_page
from hub_config.gate.record import Asker, Record
from hub_config.gate.unread import Room
from hub_config.gate.workspace import OpenWorkspace, parse_tenancy
from tests.unit.gate.test_gate_outputs import legacy, v1
from tests.unit.gate.test_gate_record import Service
from tests.unit.gate.test_gate_values import REF, tenancy

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 900
ASKER = Asker(Actor.person("p_" + "b" * 16, session="s_1"), "127.0.0.1")
TAKEN = b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"


def display(**data: str) -> dict[str, Any]:
    return {"data": {name.replace("_", "/", 1): value for name, value in data.items()}, "metadata": {}}


def found(frame: bytes, protocol: Any = "v1") -> HeldFile | None:
    return file_of(frame, parse_output(frame, protocol), protocol)


@pytest.mark.parametrize("protocol", ["v1", "legacy"])
def test_a_picture_becomes_the_file_that_it_is(protocol: Any) -> None:
    write = v1 if protocol == "v1" else legacy
    picture = base64.encodebytes(PNG).decode()
    file = found(write("display_data", display(text_plain="<Figure>", image_png=picture)), protocol)
    assert file is not None
    assert (file.kind.type, file.size, file.name) == ("image/png", len(PNG), f"held-{file.sha256[:12]}.png")
    model = json.loads(file.model())
    assert (model["type"], model["format"]) == ("file", "base64")
    assert base64.b64decode(model["content"]) == PNG


def test_a_long_print_becomes_a_text_and_a_large_table_what_it_prints() -> None:
    printed = found(v1("stream", {"name": "stdout", "text": "가\n" * 10}))
    assert printed is not None
    assert (printed.content, printed.kind.suffix) == ("가\n" * 10, "txt")
    table = found(v1("execute_result", display(text_html="<table>", text_plain="a b\n1 2")))
    assert table is not None
    assert table.content == "a b\n1 2"


@pytest.mark.parametrize(
    "frame",
    [
        v1("display_data", display(image_png="no picture")),
        v1("display_data", display(image_png=base64.b64encode(b"MZ, a program").decode())),
        v1("display_data", display(text_html="<script>")),
        v1("display_data", {"data": {"image/png": [1, 2]}, "metadata": {}}),
        v1("display_data", {"data": {"text/plain": ""}, "metadata": {}}),
        v1("comm_msg", display(image_png=base64.b64encode(PNG).decode())),
        v1("execute_reply", display(text_plain="x")),
        v1("stream", {"name": "stdout", "text": 7}),
        v1("stream", {"name": "stdout", "text": "\ud800"}),
    ],
)
def test_what_is_no_listed_file_becomes_none(frame: bytes) -> None:
    assert found(frame) is None


def test_a_file_is_kept_as_it_is_and_never_the_words_beside_it_in_its_place() -> None:
    packed = base64.b64encode(b"PK\x03\x04 an archive").decode()
    for data, kind in (
        ({"text/plain": "<zip>", "application/zip": packed}, "application/zip"),
        ({"text/plain": "<bytes>", "application/octet-stream": packed}, None),
    ):
        frame = v1("display_data", {"data": data, "metadata": {}})
        file = file_of(frame, parse_output(frame, "v1"), "v1", "output.file")
        assert (file.kind.type if file else None) == kind


def test_words_that_look_like_a_picture_stay_words() -> None:
    quoted = json.dumps(display(image_png=base64.b64encode(PNG).decode()))
    file = found(v1("display_data", display(text_plain=quoted)))
    assert file is not None
    assert (file.kind.type, file.content) == ("text/plain", quoted)


@settings(max_examples=30)
@given(st.binary(max_size=300), st.sampled_from(["v1", "legacy"]))
def test_whatever_a_workspace_sends_is_a_file_or_none(data: bytes, protocol: Any) -> None:
    for frame in (data, v1("display_data", {"data": data.decode("latin-1")})):
        with contextlib.suppress(MalformedFrame):
            found(frame, protocol)


@settings(max_examples=30)
@given(st.text(max_size=60).filter(bool))
def test_no_word_of_the_workspace_is_in_the_name_or_the_notice(word: str) -> None:
    frame = v1("display_data", {**display(text_plain=word + "S3CR3T"), "filename": "../../S3CR3T"})
    file = found(frame)
    if file is None:  # half a surrogate
        return
    assert file.name.removeprefix("held-").removesuffix(".txt").isalnum()
    languages: tuple[Language, Language] = ("ko", "en")
    for language in languages:
        said = notice_of(parse_output(frame, "v1"), "output.picture", language, kept=file.name)
        assert "S3CR3T" not in said
        assert f"/outbox/{file.name}" in said


def test_a_picture_in_words_costs_no_object_for_each() -> None:
    spaced = " ".join(base64.b64encode(PNG).decode())
    file = found(v1("display_data", display(image_png=spaced)))
    assert file is not None
    assert base64.b64decode(file.content) == PNG
    words = found_memory(v1("display_data", display(image_png="aa " * 200_000)))
    assert words < 6_000_000, "a copy or two of the text, and not fifty bytes for each word"


def found_memory(frame: bytes) -> int:
    tracemalloc.start()
    try:
        found(frame)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_looks_are_counted_whatever_becomes_of_them() -> None:
    room = Kept()
    assert sum(room.may_look(5.0) for _ in range(3 * kept.MOST_LOOKS)) == kept.MOST_LOOKS
    assert room.may_look(WITHIN_SECONDS + 6.0)


def test_a_flood_fills_its_hour_and_no_more() -> None:
    room = Kept()
    assert sum(room.take_room(10, 5.0) for _ in range(10 * MOST_FILES)) == MOST_FILES
    assert not room.take_room(1, WITHIN_SECONDS)
    assert room.take_room(MOST_BYTES, WITHIN_SECONDS + 6.0)
    assert not room.take_room(1, WITHIN_SECONDS + 7.0)
    for number in range(100):
        room.note(f"held-{number}.png")
        room.note("held-again.png")
    assert len(room.names) == kept.SHOWN_NAMES
    assert list(room.names).count("held-again.png") == 1


class Server:
    """The server in a workspace, which belongs to whoever works there: it answers what it likes, or nothing."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer
        self.heads: list[bytes] = []
        self.asked: Callable[[], list[str]] = list
        self.known: list[list[str]] = []

    async def dial(self, path: Path) -> None:
        reader, writer = await asyncio.open_unix_connection(str(path))
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
                await reader.readexactly(length)
                self.heads.append(head)
                self.known.append(self.asked())
                if not self.answer:
                    break  # it hangs up
                writer.write(self.answer)
        writer.close()


@contextlib.asynccontextmanager
async def workspace_with(server: Server, place: Path) -> AsyncIterator[OpenWorkspace]:
    workspace = OpenWorkspace(parse_tenancy(REF, tenancy()), Limits(answer_seconds=0.2), Room(1))
    listening = await asyncio.get_running_loop().create_unix_server(workspace.dial_in.accept, str(place / "up.sock"))
    dialled = asyncio.create_task(server.dial(place / "up.sock"))
    try:
        yield workspace
    finally:
        dialled.cancel()
        listening.close()
        await workspace.dial_in.close()


def a_file() -> HeldFile:
    file = found(v1("display_data", display(image_png=base64.b64encode(PNG).decode())))
    assert file is not None
    return file


async def test_it_is_announced_then_the_workspace_writes_it_and_then_the_log_says_that_it_lies_there(
    tmp_path: Path,
) -> None:
    service, server, file = Service(), Server(TAKEN), a_file()
    async with workspace_with(server, tmp_path) as workspace:
        server.asked = lambda: [event.outcome for event in service.events]
        assert await keep(workspace, ASKER, file, Record(service)) == file.name
    assert server.known == [["intent"]], "what the log says at the moment of the writing"
    announced, ended = service.events
    assert (announced.action, announced.outcome, announced.intent_id) == ("output.kept", "intent", None)
    assert (ended.action, ended.outcome, ended.intent_id) == ("output.kept", "ok", announced.id)
    assert announced.id != ended.id
    assert announced.detail == ended.detail == {"bytes": len(PNG), "type": "image/png", "sha256": file.sha256}
    [head] = server.heads
    assert head.startswith(f"PUT {tenancy()['prefix']}api/contents/outbox/{file.name} HTTP/1.1".encode())
    assert list(workspace.kept.names) == [file.name]


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 307 Elsewhere\r\nLocation: http://evil.example/\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
        b"\0\0\0\0\r\n\r\n",
    ],
)
async def test_a_server_that_does_not_write_it_is_recorded_and_led_nowhere(tmp_path: Path, answer: bytes) -> None:
    service, server = Service(), Server(answer)
    async with workspace_with(server, tmp_path) as workspace:
        assert await keep(workspace, ASKER, a_file(), Record(service)) is None
        assert not workspace.kept.names
    announced, ended = service.events
    assert (announced.outcome, ended.outcome, ended.intent_id) == ("intent", "failed", announced.id)
    assert ended.reason in {"not_written", "no_answer"}
    assert len(server.heads) == 1


async def test_what_cannot_be_recorded_is_not_written_and_a_flood_is_not_even_tried(tmp_path: Path) -> None:
    service, server, file = Service(), Server(TAKEN), a_file()
    service.away = True
    async with workspace_with(server, tmp_path) as workspace:
        assert await keep(workspace, ASKER, file, Record(service)) is None
        assert server.heads == []
        service.away = False
        names = [await keep(workspace, ASKER, file, Record(service)) for _ in range(MOST_FILES + 20)]
    assert (names.count(file.name), names.count(None)) == (MOST_FILES - 1, 21)
    assert len(server.heads) == MOST_FILES - 1
    assert [event.outcome for event in service.events] == ["intent", "ok"] * (MOST_FILES - 1)


async def test_a_log_that_goes_away_in_the_middle_leaves_an_announcement_that_the_worker_closes(tmp_path: Path) -> None:
    service, server, file = Service(), Server(TAKEN), a_file()

    def away() -> list[str]:
        service.away = True
        return []

    async with workspace_with(server, tmp_path) as workspace:
        server.asked = away
        assert await keep(workspace, ASKER, file, Record(service)) == file.name, "it does lie there"
    assert [event.outcome for event in service.events] == ["intent"]


def test_the_bar_leads_to_a_request_that_has_chosen_the_files() -> None:
    page = bar_page(
        **{"ends_at": None, "closed": False, "language": "ko", "portal": "https://zone.x", "now": None},  # type: ignore[arg-type]
        project="gibleed",
        held=3,
        kept=("held-1.png", "held-2.txt"),
    )
    assert 'href="https://zone.x/requests/new?project=gibleed&amp;file=held-1.png&amp;file=held-2.txt"' in page
    assert "파일로 둔 출력 2개" in page


def test_every_kind_of_file_has_an_ending_of_its_own() -> None:
    assert len({kind.suffix for kind in FILES}) == len(FILES)
