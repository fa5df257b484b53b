"""What an export says about itself. It is not signed: a verifier believes none of it that it has not checked."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from audit.errors import MalformedExport

FORMAT = "ansim-audit-export/1"
_MAX_CHARACTERS = 10_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The facts that a reader wants before anything is verified."""

    origin: str
    size: int
    """The number of entries under `checkpoint`."""
    root: str
    """The root of the tree, in hexadecimal."""
    first: int = 0
    """The first entry whose body is in the export: those before were left out, or pruned."""
    checkpoints: int = 0
    cosigned: int = 0
    """How many checkpoints a witness signed as well."""
    timestamps: int = 0
    pruned: int = 0
    """Entries before this one were pruned in the log itself."""
    sealed: bool = False
    """Whether the values of sealed fields are in the export, in the open."""

    def document(self) -> dict[str, Any]:
        """Return the manifest as JSON values."""
        return {"format": FORMAT, **asdict(self)}

    def text(self) -> str:
        """Return the manifest as the file holds it."""
        return json.dumps(self.document(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def parse_manifest(text: str) -> Manifest:
    """Return the manifest in a text.

    Raises: MalformedExport — for any text that is not exactly one manifest of this format.
    """
    try:
        value: Any = json.loads(text[:_MAX_CHARACTERS])
    except (ValueError, RecursionError):
        raise MalformedExport("the manifest is not JSON") from None
    if not isinstance(value, dict) or value.pop("format", None) != FORMAT:
        raise MalformedExport(f"the manifest is not of format {FORMAT}")
    try:
        manifest = Manifest(**value)
    except TypeError:
        raise MalformedExport("the manifest lacks a field, or has one too many") from None
    kinds = Manifest.__dataclass_fields__
    for name, given in asdict(manifest).items():
        wanted = {"str": str, "int": int, "bool": bool}[str(kinds[name].type)]
        if type(given) is not wanted or (isinstance(given, int) and given < 0):
            raise MalformedExport(f"the manifest has no such {name}")
    if manifest.text() != text:
        raise MalformedExport("the manifest is written in another way")
    return manifest
