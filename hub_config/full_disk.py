"""Recognises a full disk behind whatever error it arrives as, and says it in one sentence."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from audit.text import Text
from hub_config.errors import EnvironmentMissing

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
NOTHING_LEFT = 4_000_000  # bytes
DISK_FULL_STATE = "53100"  # PostgreSQL's name for it (appendix A, class 53)


class DiskFull(EnvironmentMissing):
    """The disk was filled while the zone was being made or used."""

    def __init__(self, place: Path) -> None:
        free = shutil.disk_usage(next(p for p in (place, *place.parents) if p.exists())).free
        super().__init__(
            Text(
                "{place}의 디스크가 가득 찼습니다(남은 공간 {free:.0f} MB).",
                "The disk at {place} is full ({free:.0f} MB free).",
            ).format(place=place, free=free / 1e6),
            hint=Text(
                "공간을 비우고 같은 명령을 다시 실행하십시오. 멈춘 곳부터 이어집니다.",
                "Free some space, then run the same command again: it goes on where it was.",
            ),
        )


class DatabaseDiskFull(EnvironmentMissing):
    """The disk of the PostgreSQL server is full, wherever that is."""

    hint = Text(
        "데이터베이스 서버에서 PostgreSQL 데이터가 있는 디스크의 공간을 비우고(`df -h /var/lib/postgresql`),"
        " PostgreSQL이 멈췄으면 시작한 뒤 같은 명령을 다시 실행하십시오. 확인해 준 것은 사라지지 않습니다.",
        "Make room on the disk of PostgreSQL's data on its server (`df -h /var/lib/postgresql`), start PostgreSQL if it"
        " stopped, then run the same command again. Nothing is lost that was confirmed.",
    )

    def __init__(self) -> None:
        super().__init__(
            Text(
                "데이터베이스 서버의 디스크가 가득 차서 아무것도 바꾸지 않았습니다.",
                "The disk of the database server is full; nothing was changed.",
            )
        )


def full(error: BaseException, home: Path) -> EnvironmentMissing | None:
    """Return what to say of an error that comes of a full disk: which one, and what to do; None for any other."""
    if not is_disk_full(error):
        return None
    if any(getattr(one, "sqlstate", None) == DISK_FULL_STATE for one in causes(error)):
        return DatabaseDiskFull()
    return DiskFull(full_place(error, home))


def full_place(error: BaseException, otherwise: Path) -> Path:
    """Return the file that found no room, where the error names it."""
    for one in causes(error):
        if isinstance(one, OSError) and one.errno in FULL and isinstance(one.filename, str | os.PathLike):
            return Path(one.filename)
    return otherwise


def is_full(place: Path) -> bool:
    """Say whether there is no room at a place for even a log and a database page."""
    return shutil.disk_usage(place).free < NOTHING_LEFT


def is_disk_full(error: BaseException) -> bool:
    """Say whether a full disk is among the causes of an error."""
    return any(_says_full(cause) for cause in causes(error))


def _says_full(error: BaseException) -> bool:
    if isinstance(error, shutil.Error):  # of `copytree`: a list of what could not be copied, the reasons as words
        return any(f"[Errno {number}]" in str(error) for number in FULL)
    if isinstance(error, OSError):
        return error.errno in FULL
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    return getattr(error, "sqlstate", None) == DISK_FULL_STATE


def causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what led to it, once each."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [one.__cause__, one.__context__, getattr(one, "orig", None)]
