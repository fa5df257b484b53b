"""Names of files in /outbox, and cleaned copies there: what the client does on this side of the socket.

A cleaned copy is made by the code of the zone's own checks, which lies in the image, in a process with limits.
"""

from __future__ import annotations

import filecmp
import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RULES = Path("/opt/ansim/rules")
SECONDS = 60
MEMORY = 1 << 30
LARGEST = 64 << 20
CHANGES = ".changes.txt"
MENDED = (
    *("table.formula", "text.hidden", "image.metadata", "image.noise", "notebook.", "workbook."),
    *("cells.small", "cells.rounding", "cells.claim"),
)
"""Rules, or beginnings of their names, whose findings a cleaned copy may take away."""


class Refused(Exception):
    """Something that cannot be done, in Korean and in English."""

    def __init__(self, korean: str, english: str) -> None:
        super().__init__(korean, english)


@dataclass(frozen=True)
class Copy:
    """A cleaned copy, the file that says what was changed, and the changes in Korean and English."""

    path: Path
    changes: Path
    told: tuple[tuple[str, str], ...]


def name_in(outbox: Path, file: Path) -> tuple[str, bool]:
    """The name of one file in the outbox, and whether it was copied there.

    Raises: Refused — for a file that is not there.
    """
    path = file if file.exists() or file.is_absolute() else outbox / file
    # The path as it is written decides, not where a link leads: a link in /outbox is for the zone to refuse.
    absolute = Path(os.path.normpath(Path.cwd() / path))
    if absolute.is_relative_to(outbox):
        if not absolute.exists() and not absolute.is_symlink():
            raise Refused(f"파일이 없습니다: {file}", f"There is no such file: {file}")
        return absolute.relative_to(outbox).as_posix(), False
    if not path.is_file():
        raise Refused(f"파일이 없거나 폴더입니다: {file}", f"There is no such file, or it is a folder: {file}")
    return path.name, _copied(outbox, path)


def _copied(outbox: Path, path: Path) -> bool:
    """Copy a file into the outbox in one step, so that nobody ever sees half of it; False if it is there already."""
    target = outbox / path.name
    if target.exists() and filecmp.cmp(target, path, shallow=False):
        return False
    part = outbox / f".{path.name}.part"
    try:
        shutil.copyfile(path, part)
        part.replace(target)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise Refused(
            f"{path.name}을(를) /outbox에 복사하지 못했습니다: {error.strerror}",
            f"{path.name} could not be copied to /outbox: {error.strerror}",
        ) from error
    return True


def mendable(findings: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a cleaned copy may take one of these findings away."""
    return any(
        finding.get("status") == "flagged" and str(finding.get("rule", "")).startswith(MENDED) for finding in findings
    )


def cleaned(path: Path, *, round_to: int, hide_below: int, counts: Sequence[str]) -> Copy:
    """Write `NAME.clean.*` beside a file, and what was changed beside that.

    Raises: Refused — for a file that is too large, has no cleaned copy, or a copy that is there already.
    """
    if not path.is_file() or path.stat().st_size > LARGEST:
        raise Refused(f"파일이 없거나 너무 큽니다: {path.name}", f"{path.name} is not there or too large")
    wished = {"name": path.name, "round_to": round_to, "hide_below": hide_below, "counts": list(counts)}
    told, data = _asked(json.dumps(wished).encode() + b"\n" + path.read_bytes())
    target = path.with_name(f"{path.stem}.clean{path.suffix}")
    changes = target.with_name(target.name + CHANGES)
    lines = [f"{path.name} -> {target.name}", *(f"- {english} / {korean}" for korean, english in told)]
    try:
        with target.open("xb") as stream:
            stream.write(data)
        changes.write_text("\n".join(lines) + "\n", encoding="utf-8")
    except FileExistsError:
        raise Refused(
            f"{target.name}이(가) 이미 있습니다. 지우고 다시 하십시오.",
            f"{target.name} is there already: remove it first.",
        ) from None
    except OSError as error:
        raise Refused(f"쓰지 못했습니다: {error.strerror}", f"It could not be written: {error.strerror}") from error
    return Copy(target, changes, told)


def _asked(given: bytes) -> tuple[tuple[tuple[str, str], ...], bytes]:
    """What was taken out, and the bytes of the copy."""
    failed = Refused("파일을 고치지 못했습니다.", "The file could not be cleaned.")
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "egress_review.clean_main"],
            input=given,
            capture_output=True,
            timeout=SECONDS,
            check=False,
            env={"PYTHONPATH": str(RULES), "PYTHONDONTWRITEBYTECODE": "1", "PATH": "/usr/bin:/bin"},
            preexec_fn=_limit,  # the kernel is not forked by threads here
        )
        head, _, data = done.stdout.partition(b"\n")
        answer = json.loads(head)
    except (OSError, subprocess.SubprocessError, ValueError):
        raise failed from None
    if "refused" in answer:
        raise Refused(answer["refused"]["ko"], answer["refused"]["en"])
    return tuple((one["ko"], one["en"]) for one in answer["removed"]), data


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
