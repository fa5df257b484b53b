"""A session of ACRO, as its `results.json` tells it: evidence that was made beside the data, and no proof.

Both forms are read: since 1.0 checks are named `MinimumThresholdCheck`, `NKCheck`, …, before `threshold`, `nk-rule`, ….
The file lies in the researcher's hands, so a verdict in it can only make a finding, never take one away.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

Status = Literal["pass", "review", "fail"]
MOST_OUTPUTS = 2_000
_NO_FAILURE = frozenset(("suppressed", "negative", "missing"))
"""Keys of the older summary that count something other than failed cells."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What ACRO said of one file."""

    status: Status
    failed: int
    """Cells that failed one of its checks."""
    mitigated: bool
    """Whether the failing cells were suppressed or rounded in the file."""


@dataclass(frozen=True, slots=True)
class Acro:
    """A session: its version, and its verdict by name of file."""

    version: str
    files: Mapping[str, Judged]


def read_acro(content: Any) -> Acro | None:
    """The session in a JSON document; None for a document that is none."""
    if not isinstance(content, dict) or not isinstance(content.get("results"), dict):
        return None
    if not isinstance(content.get("version"), str) or len(content["results"]) > MOST_OUTPUTS:
        return None
    files: dict[str, Judged] = {}
    for output in content["results"].values():
        if not isinstance(output, dict) or output.get("status") not in get_args(Status):
            return None
        for file in output.get("files") or ():
            if isinstance(file, dict) and isinstance(name := file.get("name"), str):
                files[name.replace("\\", "/").rpartition("/")[2]] = _judged(output, file.get("sdc"))
    return Acro(content["version"][:20], files)


def _judged(output: Mapping[str, Any], sdc: Any) -> Judged:
    summary = sdc.get("summary") if isinstance(sdc, dict) else None
    counted = summary if isinstance(summary, dict) else {}
    failed = [
        value
        for key, value in counted.items()
        if key not in _NO_FAILURE and isinstance(value, int) and not isinstance(value, bool)
    ]
    properties = output.get("properties")
    mitigation = properties.get("mitigation") if isinstance(properties, dict) else None
    mitigated = bool(counted.get("suppressed")) or mitigation not in (None, "none", "")
    return Judged(output["status"], max(failed, default=0), mitigated)
