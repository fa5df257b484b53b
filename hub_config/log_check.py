"""Holds the audit log against the last checkpoint kept outside the database, before anything is begun."""

from __future__ import annotations

from audit.db import Database
from audit.errors import LogInconsistent
from audit.head import HeadLost
from audit.log import AuditLog, LogKeys
from audit.text import Text
from hub_config.errors import LogRefused
from hub_config.settings import Settings
from hub_config.zone import Zone, log_origin

_DIFFERENT = Text(
    "감사 기록이 서명된 것과 달라 구역을 시작하지 않습니다: {error}.",
    "The audit log is not what it signed, so the zone does not start: {error}.",
)
_LOST = Text(
    "데이터베이스 밖에 보관하던 체크포인트 파일이 모두 없어져 구역을 시작하지 않습니다: {error}.",
    "Every file of a checkpoint, kept outside the database, is gone, so the zone does not start: {error}.",
)


def check_log(settings: Settings) -> None:
    """Refuse a log that is shorter or different than its last checkpoint says.

    Raises: LogRefused — with what was found.
    """
    db = Database.open(settings.database_url())
    try:
        keys = LogKeys.load_or_create(settings.home / "keys")
        log = AuditLog(db, keys, component="cli", origin=log_origin(settings), log_dir=settings.home / "log")
        _check(log)
    finally:
        db.close()


def checked(zone: Zone) -> Zone:
    """Return a zone whose log is as it was signed.

    Raises: LogRefused — with what was found.
    """
    _check(zone.log)
    return zone


def _check(log: AuditLog) -> None:
    try:
        log.check_head()
    except LogInconsistent as error:
        lost = isinstance(error, HeadLost)
        raise LogRefused(
            (_LOST if lost else _DIFFERENT).format(error=error), hint=error.hint if lost else None
        ) from error
