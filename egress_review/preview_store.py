"""Previews on disk, one file per vault file; made by the scanner, read strictly, never served as they lie."""

from __future__ import annotations

import json
from pathlib import Path

from audit.durable import replace_file
from egress_review.errors import NotFound
from egress_review.previews import Preview, preview_from_wire, preview_to_wire
from egress_review.wire import MalformedReportError
from registry.text import Text


class PreviewStore:
    """A directory of previews by the SHA-256 of the file that they show."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def keep(self, sha256: str, preview: Preview) -> None:
        """Keep a preview in place of an earlier one of the same file."""
        content = json.dumps(preview_to_wire(preview), ensure_ascii=False).encode()
        replace_file(self._directory / f"{sha256}.json", content, mode=0o600)

    def get(self, sha256: str) -> Preview:
        """The preview of a file.

        Raises: NotFound — if there is none that can be read.
        """
        try:
            return preview_from_wire(json.loads((self._directory / f"{sha256}.json").read_bytes()))
        except (OSError, ValueError, MalformedReportError):
            raise NotFound(
                "no_preview",
                Text(ko="미리보기가 없습니다.", en="There is no preview of this file."),
            ) from None
