"""Messages of a kernel that are held back: why, and what they were.

Only a message that is too large is read at all, and every one where no pictures are shown; in all others the names of
files are looked for, and they pass unread, so that an answer costs what it costs anyway.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from hub_config.gate.errors import MalformedFrame
from hub_config.gate.frames import Json, Protocol, read_document, read_object, split_v1

CHANNELS = frozenset({"shell", "control", "stdin", "iopub"})
MAX_PARTS = 1024
LARGEST_READ = 1_000_000  # content beyond it is not parsed: the gate serves others meanwhile
LARGEST_HEADER = 65_536
LARGEST_LEGACY = 1_000_000  # the legacy protocol has no table, so its messages are parsed whole or not at all
LONGEST_FIELD = 128
#: What a notice keeps of a header: a client finds the cell by it.
FIELDS = ("msg_id", "msg_type", "session", "username", "version", "date", "subshell_id")
#: A name that a client takes for a type of content; it picks what draws the value by it.
TYPED = re.compile(
    r"\s*(?:application|audio|chemical|font|image|message|model|multipart|text|video|x-\w+)/", re.IGNORECASE
)
WIDGET = "application/vnd.jupyter.widget-view+json"
#: What begins the name of a type of file in JSON, and the whole name with the value that it stands before.
FILE_SIGNS = tuple(b'"' + sign for sign in (b"application/", b"audio/", b"video/", b"font/", b"model/", b"chemical/"))
_APPLICATION = (
    r"application/(?:octet-stream|pdf|zip|gzip|zstd|msword|x-[\w.+-]{1,80}"
    r"|vnd\.(?:apache|ms-|oasis|openxmlformats)[\w.+-]{1,80})"
)
_OTHER = r"(?:audio|video|font|model|chemical)/"
FILE_TYPE = re.compile(rf"{_APPLICATION}|{_OTHER}[\w.+-]{{1,80}}")
_VALUED = r'\s{0,8}:\s{0,8}["\[]'
FILE = re.compile(rf'"(?:{FILE_TYPE.pattern})"{_VALUED}'.encode())
#: Types that there are: a column `model/year` of a chart's rows is none of them.
KNOWN_FILE = re.compile(
    (
        rf'"(?:{_APPLICATION}|{_OTHER}(?:x-|vnd\.)[\w.+-]{{1,80}}'
        r"|audio/(?:mpeg|mp3|mp4|aac|ogg|opus|wav|wave|webm|flac|midi|basic|3gpp|aiff)"
        r"|video/(?:mp4|mpeg|ogg|webm|quicktime|3gpp|mp2t|avi|h26[1345])"
        r"|font/(?:ttf|otf|woff2?|sfnt|collection)"
        rf'|model/(?:gltf-binary|gltf\+json|stl|obj|vrml|3mf|iges|step))"{_VALUED}'
    ).encode()
)
#: The types of content that are shown where pictures are held; whatever is not here may be one.
SHOWN_TYPES = frozenset({"text/plain", "text/html", "text/markdown", "text/latex", "application/json", WIDGET})
#: The types that an event names; a name that is not here is whatever somebody liked to write.
NAMED_TYPES = SHOWN_TYPES | {
    *("image/png", "image/jpeg", "image/gif", "image/svg+xml", "image/webp", "video/mp4", "audio/wav", "audio/mpeg"),
    *("application/pdf", "application/javascript", "application/octet-stream", "application/zip", "text/csv"),
    *("application/vnd.plotly.v1+json", "application/vnd.vegalite.v5+json", "application/vnd.dataresource+json"),
}
DISPLAYS = frozenset({"display_data", "update_display_data", "execute_result"})
UNTYPED = frozenset({"stream", "status"})  # a client shows their text, whatever else they hold
REPLIES = frozenset(
    f"{what}_reply"
    for what in (
        *("execute", "complete", "inspect", "is_complete", "history", "kernel_info", "connect", "comm_info"),
        *("interrupt", "shutdown", "usage", "debug", "create_subshell", "delete_subshell", "list_subshell"),
    )
)
KNOWN = (
    DISPLAYS
    | UNTYPED
    | REPLIES
    | {"error", "execute_input", "clear_output", "comm_open", "comm_msg", "comm_close", "input_request", "debug_event"}
)


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
        """The message type, such as `display_data`; a word for all that no client knows."""
        kind = kind_of(self.header)
        return kind if kind in KNOWN else "other"

    @property
    def mimes(self) -> list[str]:
        """The types of content that it offered, as words of a fixed list."""
        return sorted(types_of(self.content))


def kind_of(header: object) -> str:
    """Return the message type that a header says; an empty word where it says none."""
    kind = header.get("msg_type") if isinstance(header, dict) else None
    return kind if isinstance(kind, str) else ""


def types_of(content: Json) -> set[str]:
    """Return the types that the content of a display offers, as words of a fixed list."""
    data = content.get("data")
    return {key if key in NAMED_TYPES else "other" for key in data} if isinstance(data, dict) else set()


def reason_to_hold(data: bytes, protocol: Protocol | None, *, shown_bytes: int, pictures: bool) -> str | None:
    """Return why something may not be shown, or None; cheap where pictures are, for it is asked of everything.

    Without a `protocol` it is a JSON document, such as a notebook that is opened; files in its outputs count as what
    looks encoded.

    Raises: MalformedFrame — where pictures are held and it cannot be read.
    """
    if len(data) > shown_bytes:
        return "output.too_large"
    if protocol is not None and offers_a_file(data, protocol):
        return "output.file"
    if pictures:
        return None
    found = offers_other_types(read_document(data)) if protocol is None else _may_be_drawn(data, protocol)
    return "output.picture" if found else None


def offers_a_file(data: bytes, protocol: Protocol) -> bool:
    """Say whether a message names a type of file that no client draws, as programs write such a name.

    Of a display only the types of its content count, not what its charts hold; in what is not read, and in a widget's
    messages, only types that there are. In another spelling a name passes, and its value counts as what looks encoded.
    Text that a person printed cannot look like it, for its quotation marks are escaped.
    """
    if not any(sign in data for sign in FILE_SIGNS) or FILE.search(data) is None:
        return False
    try:
        offered = _offered(data, protocol)
    except MalformedFrame:
        offered = None
    if offered is None:
        return KNOWN_FILE.search(data) is not None
    return any(FILE_TYPE.fullmatch(name) and isinstance(value, (str, list)) for name, value in offered.items())


def _offered(data: bytes, protocol: Protocol) -> Json | None:
    """Return the types of content of a display with their values; None for every other message, and a large one.

    Raises: MalformedFrame — for what cannot be read.
    """
    if protocol == "legacy":
        document = _read_legacy(data)
        header, content = document.get("header"), document.get("content")
    else:
        _, header_part, _, _, content_part, *_ = split_v1(data, largest=MAX_PARTS)
        if len(header_part) > LARGEST_HEADER or len(content_part) > LARGEST_READ:
            return None
        header, content = read_object(header_part), read_document(content_part)
    offered = content.get("data") if isinstance(content, dict) and kind_of(header) in DISPLAYS else None
    return offered if isinstance(offered, dict) else None


def _may_be_drawn(data: bytes, protocol: Protocol) -> bool:
    """Say whether a message of a kernel could become a picture: a type that is not listed, or bytes beside the JSON."""
    if protocol == "legacy":
        document = _read_legacy(data)
        typed = kind_of(document.get("header")) not in UNTYPED
        return bool(document.get("buffers")) or (typed and offers_other_types(document))
    _, header_part, _, _, content, *buffers = split_v1(data, largest=MAX_PARTS)
    if len(header_part) > LARGEST_HEADER:
        raise MalformedFrame("a header is too large")
    if any(buffers):
        return True
    if kind_of(read_object(header_part)) in UNTYPED:
        return False
    return len(content) > LARGEST_READ or offers_other_types(read_document(content))


def offers_other_types(document: Json) -> bool:
    """Say whether a name anywhere in a document is a type of content that is not among those always shown."""
    rest: list[Any] = [document]
    while rest:
        one = rest.pop()
        if isinstance(one, dict):
            if any(key not in SHOWN_TYPES and TYPED.match(key) for key in one):
                return True
            rest.extend(one.values())
        elif isinstance(one, list):
            rest.extend(one)
    return False


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
    document = _read_legacy(data)
    header, parent, content = (document.get(name) for name in ("header", "parent_header", "content"))
    if not (isinstance(header, dict) and isinstance(parent, dict) and isinstance(content, dict)):
        raise MalformedFrame("a part is missing or no object")
    name = document.get("channel")
    channel = name.encode("utf-8", "replace") if isinstance(name, str) else b""
    return _checked(channel, header, parent, content, len(data))


def _read_legacy(data: bytes) -> Json:
    if len(data) > LARGEST_LEGACY or data[:1] != b"{":
        raise MalformedFrame("a legacy message that is too large to be read")
    return read_object(data)


def _checked(channel: bytes, header: Json, parent: Json, content: Json, size: int) -> Output:
    name = channel.decode("ascii", "replace")
    if name not in CHANNELS or not isinstance(header.get("msg_type"), str):
        raise MalformedFrame("no message of a kernel")
    return Output(name, short_fields(header, FIELDS), short_fields(parent, FIELDS), content, size)


def short_fields(document: Any, names: tuple[str, ...]) -> Json:
    """Return the listed fields that are short texts: what a workspace writes elsewhere is no part of a notice."""
    if not isinstance(document, dict):
        return {}
    found = {name: document.get(name) for name in names}
    return {name: value for name, value in found.items() if isinstance(value, str) and len(value) <= LONGEST_FIELD}
