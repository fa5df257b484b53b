"""What the author says about the files: which columns count people, which do not, what was rounded.

Claims help the machine to read a table and are checked against it; they never switch a check off
without a trace.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from registry.text import Text

KINDS = ("counts", "percentages", "means", "estimates", "other")
"""What a column can be declared as; only `counts` are held to the smallest cell."""

MOST_NAMES = 200
"""Names that one list of a declaration may hold."""


class ClaimError(ValueError):
    """Controls that cannot be understood; `reason` says why in both languages."""

    def __init__(self, reason: Text) -> None:
        super().__init__(reason.en)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class FileClaims:
    """The claims about one file. Names are compared in one spelling: NFKC, lower case, single spaces."""

    columns: Mapping[str, str] = field(default_factory=dict)
    """Column name to what it was declared as."""
    rounded_to: int | None = None

    def declared(self, name: str) -> str | None:
        """What a column was declared as."""
        return self.columns.get(spelling(name))

    @property
    def counted(self) -> frozenset[str]:
        """The columns that are declared to count people."""
        return frozenset(name for name, kind in self.columns.items() if kind == "counts")

    @property
    def taking_nothing_away(self) -> FileClaims:
        """The same claims without what they say of columns that count nobody."""
        return FileClaims(dict.fromkeys(self.counted, "counts"), self.rounded_to)

    def as_controls(self) -> dict[str, Any]:
        """The controls with which a file that has left is read again: nothing in them takes a count away."""
        rounded = {} if self.rounded_to is None else {"rounded_to": self.rounded_to}
        return {"counts": sorted(self.counted), **rounded}


@dataclass(frozen=True, slots=True)
class Claims:
    """The claims of one request: for all files, and for single ones by name."""

    general: FileClaims = field(default_factory=FileClaims)
    files: Mapping[str, FileClaims] = field(default_factory=dict)

    def of(self, name: str) -> FileClaims:
        """The claims that hold for one file; what is said of the file itself goes first."""
        own = self.files.get(name)
        if own is None:
            return self.general
        return FileClaims(
            {**self.general.columns, **own.columns},
            self.general.rounded_to if own.rounded_to is None else own.rounded_to,
        )

    @property
    def counted(self) -> frozenset[str]:
        """Every column that is declared to count people, of whichever file."""
        return frozenset[str]().union(*(one.counted for one in (self.general, *self.files.values())))


def spelling(name: str) -> str:
    """A column name in the spelling in which names are compared."""
    return " ".join(unicodedata.normalize("NFKC", name).lower().split())


def parse_claims(controls: Mapping[str, Any] | None) -> Claims:
    """Claims from the `controls` of a request: `counts: [names]`, …, `rounded_to: 5`, `files: {name: {…}}`.

    Unknown keys are refused: a misspelt declaration that is silently ignored helps nobody.
    Raises: ClaimError — naming the key.
    """
    if controls is None:
        return Claims()
    if not isinstance(controls, Mapping):
        raise ClaimError(Text(ko="controls는 항목: 값 형식이어야 합니다", en="controls must map keys to values"))
    files = controls.get("files", {})
    if not isinstance(files, Mapping):
        raise ClaimError(Text(ko="controls.files는 파일별 항목이어야 합니다", en="controls.files must map file names"))
    general = _file_claims({key: value for key, value in controls.items() if key != "files"}, "controls")
    return Claims(general, {str(name): _file_claims(own, f"controls.files.{name}") for name, own in files.items()})


def _file_claims(content: Any, place: str) -> FileClaims:
    if not isinstance(content, Mapping):
        raise ClaimError(Text(ko=f"{place} 형식이 잘못되었습니다", en=f"{place} must map keys to values"))
    columns: dict[str, str] = {}
    rounded_to: int | None = None
    for key, value in content.items():
        if key == "rounded_to":
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise ClaimError(Text(ko="rounded_to는 1 이상의 정수입니다", en="rounded_to is a whole number from 1"))
            rounded_to = value
        elif key in KINDS:
            columns |= {spelling(name): key for name in _names(value, f"{place}.{key}")}
        else:
            known = ", ".join((*KINDS, "rounded_to", "files"))
            raise ClaimError(
                Text(
                    ko=f"{place}에 알 수 없는 항목 {key}: 쓸 수 있는 것은 {known}",
                    en=f"unknown key {key!r} in {place}; known: {known}",
                )
            )
    return FileClaims(columns, rounded_to)


def _names(value: Any, place: str) -> list[str]:
    if not isinstance(value, list | tuple) or not all(isinstance(name, str) for name in value):
        raise ClaimError(Text(ko=f"{place}는 열 이름의 목록입니다", en=f"{place} is a list of column names"))
    if len(value) > MOST_NAMES:
        raise ClaimError(Text(ko=f"{place}에 이름이 너무 많습니다", en=f"{place} has too many names"))
    return list(value)
