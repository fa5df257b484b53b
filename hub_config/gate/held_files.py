"""The file that an output becomes which is not shown: its content, out of the message that was held back.

The message is not parsed: the value of one name is looked for and read, so that a large one costs little more than the
copying of it. What a hostile workspace makes of that is a file of its own in its own outbox.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import Literal

from hub_config.gate.errors import MalformedFrame
from hub_config.gate.frames import Protocol, split_v1
from hub_config.gate.outputs import DISPLAYS, MAX_PARTS, Output

LARGEST_CONTENT = 24_000_000  # bytes of a message's content; a larger one the person saves
CONTENT = 4  # where the content stands among the parts of a v1 frame
MOST_SPACES = 8  # between a name and its value, as JSON is written


@dataclass(frozen=True, slots=True)
class FileKind:
    """One type of content that becomes a file: its ending, how Jupyter writes it, and how its bytes begin."""

    type: str
    suffix: str
    format: Literal["base64", "text"] = "base64"
    begins: tuple[bytes, ...] = ()


TEXT = FileKind("text/plain", "txt", "text")
#: In the order of preference; what is not here stays a notice. The check for egress says what may leave of them.
FILES: tuple[FileKind, ...] = (
    FileKind("image/png", "png", begins=(b"\x89PNG\r\n\x1a\n",)),
    FileKind("image/jpeg", "jpg", begins=(b"\xff\xd8\xff",)),
    FileKind("image/gif", "gif", begins=(b"GIF87a", b"GIF89a")),
    FileKind("image/webp", "webp", begins=(b"RIFF",)),
    FileKind("application/pdf", "pdf", begins=(b"%PDF-",)),
    FileKind("application/zip", "zip", begins=(b"PK\x03\x04",)),
    FileKind("image/svg+xml", "svg", "text"),
    FileKind("text/csv", "csv", "text"),
    TEXT,
)


@dataclass(frozen=True, slots=True)
class HeldFile:
    """A file as Jupyter is asked to write it; nothing of its name comes from the workspace."""

    kind: FileKind
    content: str
    size: int
    sha256: str

    @property
    def name(self) -> str:
        """The same content has the same name, so that a picture that is shown again is no second file."""
        return f"held-{self.sha256[:12]}.{self.kind.suffix}"

    def model(self) -> bytes:
        """Return the contents model that writes it (Jupyter Server, `PUT /api/contents`)."""
        return json.dumps({"type": "file", "format": self.kind.format, "content": self.content}).encode("ascii")


def file_of(data: bytes, output: Output, protocol: Protocol, reason: str = "") -> HeldFile | None:
    """Return the file that a held message becomes, or None where it holds nothing that becomes one.

    The words beside a file that is held are not it.
    """
    kinds = FILES if output.type in DISPLAYS else (TEXT,) if output.type == "stream" else ()
    kinds = tuple(kind for kind in kinds if reason != "output.file" or kind is not TEXT)
    if not kinds:
        return None
    try:
        content = split_v1(data, largest=MAX_PARTS)[CONTENT] if protocol == "v1" else data
        text = content.decode("utf-8") if len(content) <= LARGEST_CONTENT else ""
    except (MalformedFrame, UnicodeDecodeError):
        return None
    for kind in kinds:
        value = _value_of(text, "text" if output.type == "stream" else kind.type)
        found = _file(kind, value) if value else None
        if found is not None:
            return found
    return None


def _value_of(text: str, name: str) -> str | None:
    """Return the text that stands after a name; a name within a text has its quotation marks escaped."""
    wanted = f'"{name}":'
    at = text.find(wanted)
    if at < 0:
        return None
    at += len(wanted)
    rest = text[at : at + MOST_SPACES]
    at += len(rest) - len(rest.lstrip(" "))
    if text[at : at + 1] != '"':
        return None
    try:
        value, _ = json.JSONDecoder().raw_decode(text, at)
    except ValueError:
        return None
    return value if isinstance(value, str) else None


def _file(kind: FileKind, value: str) -> HeldFile | None:
    try:
        if kind.format == "text":
            data = value.encode("utf-8")
        else:
            packed = value.encode("ascii").translate(None, b" \t\r\n")  # no object for each word of a hostile text
            data, value = base64.b64decode(packed, validate=True), packed.decode("ascii")
    except ValueError:  # half a surrogate, no ASCII, no base64
        return None
    if not data or (kind.begins and not data.startswith(kind.begins)):
        return None
    return HeldFile(kind, value, len(data), hashlib.sha256(data).hexdigest())
