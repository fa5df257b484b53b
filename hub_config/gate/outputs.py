"""Messages of a kernel that are held back: what they were, and the notice that stands in their place.

Only a message that is too large, or a picture where none is shown, is read at all; every other one passes unread, so
that an answer costs what it costs anyway. The notice keeps the headers, so it appears at the cell whose output it was.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from audit.text import Language, Text
from hub_config.gate.errors import MalformedFrame
from hub_config.gate.frames import Json, Protocol, read_object, split_v1, v1_frame

CHANNELS = frozenset({"shell", "control", "stdin", "iopub"})
MAX_PARTS = 1024
LARGEST_READ = 1_000_000  # content beyond it is not parsed: the gate serves others meanwhile
LARGEST_HEADER = 65_536
LARGEST_LEGACY = 8_000_000  # the legacy protocol has no table, so its messages are parsed whole or not at all
# Inside JSON a quotation mark that a person printed is escaped, so no text output can look like this.
PICTURE = re.compile(rb'"(?:image|video|audio)/[\w.+-]+": ?"|"application/(?:pdf|octet-stream|zip)": ?"')
MIME = re.compile(r"[a-z]+/[\w.+-]{1,80}")

HELD = Text(
    "[안심구역] 이 출력({size})은 브라우저에 보이지 않습니다: {reason}. 지워지지는 않았습니다. 결과로 가져가려면 "
    "파일로 /outbox에 저장하고(예: fig.savefig('/outbox/figure.png'), df.to_csv('/outbox/table.csv')), 위쪽의 "
    "‘점검·반출’에서 반출을 신청하십시오. 보기만 하려면 작게 나누거나 요약해 출력하십시오.",
    "[data safe zone] This output ({size}) is not shown in the browser: {reason}. Nothing is lost. To take it out, "
    "save it as a file to /outbox (such as fig.savefig('/outbox/figure.png') or df.to_csv('/outbox/table.csv')) and "
    "request egress with ‘Check and submit’ above. Only to look at it, print a smaller part or a summary.",
)
REASONS: Mapping[str, Text] = {
    "output.too_large": Text("한 번에 보일 수 있는 크기를 넘습니다", "it is larger than what is shown at once"),
    "output.picture": Text(
        "이 과제에서는 그림과 파일을 보이지 않습니다", "pictures and files are not shown in this project"
    ),
}
DISPLAYS = frozenset({"display_data", "update_display_data", "execute_result"})


@dataclass(frozen=True, slots=True)
class Output:
    """A message of a kernel that is held back."""

    channel: str
    header: Json
    parent: Json
    content: Json
    """Empty where it was too large to be read."""
    size: int

    @property
    def type(self) -> str:
        """The message type, such as `display_data`."""
        return str(self.header.get("msg_type", ""))[:64]

    @property
    def mimes(self) -> list[str]:
        """The types of content that it offered, as far as they are known."""
        data = self.content.get("data")
        return sorted(key for key in data if MIME.fullmatch(key))[:16] if isinstance(data, dict) else []


def reason_to_hold(data: bytes, *, shown_bytes: int, pictures: bool) -> str | None:
    """Return why a message may not be shown, or None; cheap, for it is asked of every message."""
    if len(data) > shown_bytes:
        return "output.too_large"
    if not pictures and PICTURE.search(data) is not None:
        return "output.picture"
    return None


def parse_output(data: bytes, protocol: Protocol) -> Output:
    """Read a message of a kernel as far as the notice needs it.

    Raises: MalformedFrame — for anything that is not one message of the protocol, or too large to be read.
    """
    if protocol == "v1":
        channel, *parts = split_v1(data, largest=MAX_PARTS)
        if max(len(parts[0]), len(parts[1])) > LARGEST_HEADER:
            raise MalformedFrame("a header is too large")
        read = read_object(parts[3]) if len(parts[3]) <= LARGEST_READ else {}
        return _checked(channel, read_object(parts[0]), read_object(parts[1]), read, len(data))
    if len(data) > LARGEST_LEGACY or data[:1] != b"{":
        raise MalformedFrame("a legacy message that is too large to be read")
    document = read_object(data)
    header, parent, content = (document.get(name) for name in ("header", "parent_header", "content"))
    if not (isinstance(header, dict) and isinstance(parent, dict) and isinstance(content, dict)):
        raise MalformedFrame("a part is missing or no object")
    name = document.get("channel")
    channel = name.encode("utf-8", "replace") if isinstance(name, str) else b""
    return _checked(channel, header, parent, content, len(data))


def _checked(channel: bytes, header: Json, parent: Json, content: Json, size: int) -> Output:
    name = channel.decode("ascii", "replace")
    if name not in CHANNELS or not isinstance(header.get("msg_type"), str):
        raise MalformedFrame("no message of a kernel")
    return Output(name, header, parent, content, size)


def notice_of(output: Output, reason: str, language: Language) -> str:
    """Return what the person reads in place of the output."""
    return HELD.say(language).format(size=readable(output.size), reason=REASONS[reason].say(language))


def notice_frame(output: Output, text: str, protocol: Protocol) -> bytes | str:
    """Return the message that is sent in place of one that is held back."""
    channel, header, content = _in_place(output, text)
    parts: tuple[Json, ...] = (header, output.parent, {}, content)
    if protocol == "v1":
        return v1_frame(channel, parts)
    names = ("header", "parent_header", "metadata", "content")
    legacy = {**dict(zip(names, parts, strict=True)), "channel": channel, "buffers": []}
    return json.dumps({**legacy, "msg_id": header.get("msg_id", ""), "msg_type": header["msg_type"]})


def _in_place(output: Output, text: str) -> tuple[str, Json, Json]:
    failure = {"ename": "HeldBack", "evalue": text, "traceback": [text]}
    kind = output.type
    if kind in DISPLAYS:
        data = {"text/plain": text, "text/html": f'<p role="note">{html.escape(text)}</p>'}
        content: dict[str, Any] = {"data": data, "metadata": {}}
        transient = output.content.get("transient")
        content["transient"] = transient if isinstance(transient, dict) else {}
        if kind == "execute_result":
            count = output.content.get("execution_count")
            content["execution_count"] = count if isinstance(count, int) else None
        return output.channel, output.header, content
    if kind == "error":
        return output.channel, output.header, failure
    if kind.endswith("_reply"):  # a client that waits for it goes on
        return output.channel, output.header, {"status": "error", **failure}
    header = {**output.header, "msg_type": "stream"}
    return "iopub", header, {"name": "stderr", "text": text + "\n"}


def readable(size: int) -> str:
    """Return a size as a person reads it."""
    return f"{size / 1_000_000:.1f} MB" if size >= 100_000 else f"{size / 1000:.0f} kB"
