"""Reports that a command writes where it was told to, whole or not at all."""

from __future__ import annotations

from pathlib import Path

from audit.durable import replace_file
from audit.text import Text
from deid.errors import UsageError

WRITTEN = Text("저장함: {path}", "Written: {path}")


def write_report(path: Path, data: bytes) -> None:
    """Write a report only its owner can read; it takes the place of an older one.

    Raises: UsageError — if nothing can be written there. OSError — if the disk is full or fails.
    """
    try:
        replace_file(path, data, mode=0o600)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, PermissionError) as error:
        raise UsageError(
            Text(
                f"{path}: 여기에 쓸 수 없습니다. 폴더가 있는지, 쓸 권한이 있는지 확인하십시오.",
                f"{path} cannot be written; see that its folder exists and may be written to.",
            )
        ) from error
