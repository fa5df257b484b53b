"""One file under examination: its bytes and everything that several checks read out of them."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from egress_review.checks.content import Content, recognise
from egress_review.checks.tables import Table, read_delimited, read_prose
from egress_review.claims import FileClaims
from egress_review.terms import Policy


@dataclass(frozen=True, slots=True)
class Budget:
    """What the whole request comes to."""

    files: int
    size: int


@dataclass(frozen=True)
class Subject:
    """A file as the checks see it. Its text, tables and JSON are read once, when first asked for."""

    name: str
    sha256: str
    data: bytes
    policy: Policy
    claims: FileClaims
    type: str | None
    """The type that the name promises, if any."""
    size: int
    """Bytes of the file on disk."""

    @cached_property
    def content(self) -> Content:
        """What the bytes are."""
        return recognise(self.data)

    @cached_property
    def text(self) -> str:
        """The file as text; empty if it is none."""
        return self.content.decoded.text if self.content.decoded else ""

    def line_of(self, position: int) -> int:
        """The line, from 1, in which a character of the text stands."""
        return bisect_right(self._line_starts, position)

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer("\n", self.text))]

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        """The tables in the file: the whole of a CSV, those written out in prose."""
        if self.type in ("csv", "tsv"):
            return read_delimited(self.text)
        if self.type in ("md", "txt"):
            return read_prose(self.text)
        return ()

    @cached_property
    def json(self) -> Any:
        """The file as JSON; None if it cannot be read."""
        return None if self.json_error else json.loads(self.text)

    @cached_property
    def json_error(self) -> bool:
        """Whether the file cannot be read as JSON."""
        try:
            json.loads(self.text)
        except (ValueError, RecursionError):
            return True
        return False
