"""What a notebook carries beside its words and pictures, and its pieces to examine."""

from __future__ import annotations

import re
from collections.abc import Iterator

from egress_review.checks.listing import Listing
from egress_review.checks.notebook import Notebook, Piece
from egress_review.checks.subject import Subject, piece_of
from egress_review.findings import Severity, Where
from registry.text import Text

_BROKEN = Text(ko="노트북 형식(nbformat 4)으로 읽을 수 없습니다.", en="It cannot be read as a notebook of format 4.")
_CLEAR = Text(
    ko="메뉴의 ‘모든 출력 지우기’ 후 저장하거나, 필요한 표와 그림만 따로 저장하여 신청하십시오.",
    en="Clear all outputs from the menu and save, or hand in the tables and figures that are needed as files.",
)
_LIVE = Text(
    ko="브라우저에서 실행되거나 화면 뒤에 자료를 담은 출력(위젯, 대화형 그림)입니다.",
    en="An output that runs in a browser or holds data behind what it shows (widget, interactive plot).",
)
_ERROR = Text(
    ko="오류 메시지에는 자료의 값이 그대로 인용될 수 있습니다.", en="A traceback may quote values of the data."
)
_METADATA = Text(ko="노트북에 다음 부가 정보가 있습니다: {what}.", en="The notebook carries the metadata {what}.")

_TYPES = {"code": "code", "text": "md", "table": "csv", "json": "json"}


def check_notebook(subject: Subject, listing: Listing) -> list[tuple[Where, Subject]]:
    """Flag what cannot be examined; give each piece of the notebook as the file that it could be."""
    notebook = subject.notebook
    if notebook is None:
        listing.flag("notebook.structure", _BROKEN, _CLEAR)
        return []
    for cell in notebook.live:
        listing.flag("notebook.live", _LIVE, _CLEAR, where=Where(path=_path(cell)))
    for cell in notebook.errors:
        listing.flag("notebook.error", _ERROR, _CLEAR, where=Where(path=_path(cell)))
    for key in notebook.metadata:
        weight = Severity.FAIL if key in notebook.heavy else None
        listing.flag("notebook.metadata", _METADATA.fill(what=key), _CLEAR, severity=weight)
    return [
        (Where(path=_path(piece.cell) + (".output" if piece.output else "")), _subject(subject, piece, code))
        for piece, code in _with_code(notebook)
    ]


def _with_code(notebook: Notebook) -> Iterator[tuple[Piece, str]]:
    """Each piece, and the last line of the code that printed it."""
    code = ""
    for piece in notebook.pieces:
        if not piece.output:
            code = piece.text.rstrip().rpartition("\n")[2] if piece.kind == "code" else ""
        yield piece, code if piece.output else ""


def _path(cell: int) -> str:
    return f"cell[{cell}]" if cell else "metadata"


_TALLIES = re.compile(
    r".{0,200}\.(?:value_counts\((?!.{0,80}normalize)[^()]{0,80}\)|size\(\))(?:\.sort_\w{5,6}\([^()]{0,40}\))?\s*"
)
_DTYPE = "Name: count, dtype: int64"


def _subject(subject: Subject, piece: Piece, code: str) -> Subject:
    if piece.kind == "image":
        return piece_of(subject, "jpeg" if piece.image.startswith(b"\xff\xd8") else "png", data=piece.image)
    text = piece.text
    if piece.kind == "text" and "dtype" not in text and _TALLIES.fullmatch(code):
        # A tally without its last line is one all the same: the code says that it counts.
        text = f"{text.rstrip()}\n{_DTYPE}"
    return piece_of(subject, _TYPES[piece.kind], text=text, table=piece.table, code=code)
