"""Which writes into a workspace are uploads: a file that a browser sends as bytes, not text that a person typed.

Lab sends a dropped file as base64, in parts where it is large (`chunk`); its editors save text, and notebooks as JSON.
Bringing files in takes a review, so an upload is refused and the person sent to the page for it. What a person types
or pastes into a cell or a text file is saved and recorded, up to what somebody types; a notebook that is dropped looks
like one that is saved.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub_config.gate.access import Access
from hub_config.gate.errors import MalformedFrame, Refused
from hub_config.gate.frames import read_document

#: The fields of a contents model, and of what asks for a copy or a new name (Jupyter Server 2.21).
FIELDS = frozenset(
    {
        *("name", "path", "type", "format", "content", "mimetype", "created", "last_modified", "writable", "size"),
        *("hash", "hash_algorithm", "copy_from", "ext", "chunk", "require_hash", "indices", "message", "checkpoints"),
    }
)
FORMATS = frozenset({None, "text", "json"})


def check_write(body: bytes, access: Access, *, text_bytes: int) -> Mapping[str, Any] | None:
    """Let the body of a write pass, and return the contents model that it is; None for an empty one.

    Raises: Refused — for a file that is sent as bytes, for text of more than `text_bytes` that is no notebook, and for
    what is no contents model.
    """
    if not body:
        return None  # a new checkpoint, or something that is deleted
    try:
        document = read_document(body)
    except MalformedFrame as error:
        raise Refused("body.malformed", str(error)) from error
    if "chunk" in document or document.get("format") == "base64":
        raise access.upload()
    said = document.get("format")
    if not isinstance(said, str | None) or said not in FORMATS or not FIELDS.issuperset(document):
        raise Refused("body.malformed", "a field or format that no contents model has")
    if len(body) > text_bytes and document.get("type") != "notebook":
        raise Refused("upload.long", f"{len(body)} bytes of text")
    return document
