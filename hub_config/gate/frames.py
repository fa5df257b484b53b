"""Messages to a kernel: bytes of a WebSocket become one typed message, or `MalformedFrame`.

Two protocols (Jupyter Server 2.21): the binary offset table of `v1.kernel.websocket.jupyter.org`, and the
legacy JSON as text or with buffers behind a table of 32-bit offsets. What is forwarded is written anew from
what was read, so a kernel whose JSON reader differs from ours still gets what was recorded.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, NoReturn

from hub_config.gate.errors import MalformedFrame

V1 = "v1.kernel.websocket.jupyter.org"
CHANNELS = frozenset({"shell", "control", "stdin"})  # what a client may send on; iopub only comes back
PARTS = ("header", "parent_header", "metadata", "content")
MAX_BUFFERS = 64
LARGEST_CONTAINERS = 500_000  # objects and lists of one document: reading them is what takes time, not their bytes
WORD = 8  # bytes of an offset in the v1 table

Protocol = Literal["v1", "legacy"]
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a client to a kernel."""

    channel: str
    header: Json
    parent_header: Json
    metadata: Json
    content: Json
    buffers: tuple[bytes, ...] = ()

    @property
    def type(self) -> str:
        """The message type, such as `execute_request`."""
        return str(self.header["msg_type"])


def parse_frame(data: bytes | str, protocol: Protocol) -> Message:
    """Read one WebSocket message of a client.

    Raises: MalformedFrame — for anything that is not exactly one message of the protocol.
    """
    if protocol == "v1":
        if isinstance(data, str):
            raise MalformedFrame("a v1 frame is binary")
        return _parse_v1(data)
    if isinstance(data, str):
        return _message(read_object(data.encode("utf-8", "surrogatepass")), ())
    return _parse_legacy_binary(data)


def write_frame(message: Message, protocol: Protocol) -> bytes | str:
    """Return the frame that is forwarded for a message."""
    if protocol == "v1":
        return v1_frame(message.channel, _parts(message), message.buffers)
    document = {**dict(zip(PARTS, _parts(message), strict=True)), "channel": message.channel}
    if not message.buffers:
        return _dump({**document, "buffers": []}).decode()
    body = [_dump(document), *message.buffers]
    offsets = [4 * (len(body) + 1)]
    for part in body[:-1]:
        offsets.append(offsets[-1] + len(part))
    return struct.pack(f"!{len(body) + 1}I", len(body), *offsets) + b"".join(body)


def v1_frame(channel: str, parts: Iterable[Json], buffers: tuple[bytes, ...] = ()) -> bytes:
    """Return a message in the v1 protocol; its parts are header, parent header, metadata and content."""
    return _table([channel.encode(), *(_dump(part) for part in parts), *buffers])


def _parts(message: Message) -> tuple[Json, Json, Json, Json]:
    return message.header, message.parent_header, message.metadata, message.content


def _table(parts: list[bytes]) -> bytes:
    offsets = [WORD * (len(parts) + 2)]
    for part in parts:
        offsets.append(offsets[-1] + len(part))
    words = [len(offsets), *offsets]
    return b"".join([*(word.to_bytes(WORD, "little") for word in words), *parts])


def split_v1(data: bytes, *, largest: int = MAX_BUFFERS) -> list[bytes]:
    """Return channel, the four parts and the buffers of a v1 frame, `largest` of them at most.

    Raises: MalformedFrame — if its table of offsets does not cover it exactly.
    """
    count = int.from_bytes(data[:WORD], "little")
    if not len(PARTS) + 2 <= count <= len(PARTS) + 2 + largest or len(data) < WORD * (count + 1):
        raise MalformedFrame("the offset table has a wrong length")
    offsets = [int.from_bytes(data[WORD * i : WORD * (i + 1)], "little") for i in range(1, count + 1)]
    if offsets[0] != WORD * (count + 1) or offsets[-1] != len(data) or offsets != sorted(offsets):
        raise MalformedFrame("the offsets do not cover the frame")
    return [data[a:b] for a, b in pairwise(offsets)]


def _parse_v1(data: bytes) -> Message:
    channel, *parts = split_v1(data)
    document = {name: read_object(part) for name, part in zip(PARTS, parts, strict=False)}
    return _message({**document, "channel": _ascii(channel)}, tuple(parts[len(PARTS) :]))


def _parse_legacy_binary(data: bytes) -> Message:
    count = int.from_bytes(data[:4], "big")
    if not 1 <= count <= MAX_BUFFERS + 1 or len(data) < 4 * (count + 1):
        raise MalformedFrame("the offset table has a wrong length")
    offsets = [*struct.unpack(f"!{count}I", data[4 : 4 * (count + 1)]), len(data)]
    if offsets[0] != 4 * (count + 1) or offsets != sorted(offsets):
        raise MalformedFrame("the offsets do not cover the frame")
    body, *buffers = (data[a:b] for a, b in pairwise(offsets))
    return _message(read_object(body), tuple(buffers))


def _message(document: Json, buffers: tuple[bytes, ...]) -> Message:
    channel = document.get("channel")
    header, parent_header, metadata, content = (document.get(name) for name in PARTS)
    if not isinstance(channel, str) or channel not in CHANNELS:
        raise MalformedFrame("the channel is none of shell, control and stdin")
    if not (
        isinstance(header, dict)
        and isinstance(parent_header, dict)
        and isinstance(metadata, dict)
        and isinstance(content, dict)
    ):
        raise MalformedFrame("a part is missing or no object")
    if not isinstance(header.get("msg_type"), str) or not isinstance(header.get("msg_id"), str):
        raise MalformedFrame("the header has no type or id")
    if set(document) - {*PARTS, "channel", "buffers", "msg_id", "msg_type", "buffer_paths"}:
        raise MalformedFrame("a field stands outside the four parts")
    if document.get("buffers", []) != []:
        raise MalformedFrame("buffers stand inside the JSON")
    return Message(channel, header, parent_header, metadata, content, buffers)


def _dump(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode("ascii")


def read_object(data: bytes) -> Json:
    """Read a JSON object that every reader reads the same way, and that can be written again.

    Raises: MalformedFrame — for anything else.
    """
    value = read_document(data)
    try:
        _dump(value)
    except (ValueError, RecursionError) as error:  # numbers that JSON has not
        raise MalformedFrame("a part is not JSON") from error
    return value


def read_document(data: bytes) -> Json:
    """Read a JSON object that is not written again: one pass, and none where it would take long.

    Raises: MalformedFrame — for anything else.
    """
    if data.count(b"{") + data.count(b"[") > LARGEST_CONTAINERS:
        raise MalformedFrame("too many objects and lists to be read")
    try:
        value = DECODER.decode(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:  # bad UTF-8, bad JSON
        raise MalformedFrame("a part is not JSON") from error
    if not isinstance(value, dict):
        raise MalformedFrame("a part is no object")
    return value


def _ascii(data: bytes) -> str:
    try:
        return data.decode("ascii")
    except UnicodeDecodeError as error:
        raise MalformedFrame("the channel is not ASCII") from error


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        # One reader takes the first, another the last: the record and the kernel could disagree.
        raise ValueError("a key stands twice")
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


DECODER = json.JSONDecoder(object_pairs_hook=_no_duplicates, parse_constant=_no_constant)
