"""Recognises a database whose tables another version made behind whatever error that arrives as, and says so."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from audit.text import Text
from hub_config.errors import EnvironmentMissing, SettingsError
from hub_config.full_disk import causes
from hub_config.migrate import head_of, revision_of
from hub_config.settings import load_settings

_NO_TABLE, _NO_COLUMN = "42P01", "42703"  # PostgreSQL's names for them (appendix A, class 42)
_SQLITE_WORDS = ("no such table", "no such column", "has no column named")


class OtherTables(EnvironmentMissing):
    """The database was made by another version of the zone."""

    def __init__(self, made_by: str | None) -> None:
        super().__init__(
            Text(
                "데이터베이스가 이 판의 것이 아닙니다(데이터베이스 {found}, 이 판 {head}).",
                "The database is not of this version (it is at {found}, this version needs {head}).",
            ).format(found=made_by or "–", head=head_of() or "–"),
            hint=Text(
                "`ansim up`으로 다시 시작하면 새 판에 맞춰집니다(서버에서는 새 판을 설치하십시오)."
                " 더 새로운 판이 만든 데이터베이스라면 그 판의 명령을 쓰십시오.",
                "Starting the zone with `ansim up` brings it up to date (on a server: installing the new version)."
                " If a later version made it, use that version's command.",
            ),
        )


def other_tables(error: BaseException, home: Path) -> OtherTables | None:
    """Return what to say where a table is missing because the database is at another revision; None for all else."""
    if not any(_says_missing(cause) for cause in causes(error)):
        return None
    try:
        found = revision_of(load_settings(home).database_url())
    except (SQLAlchemyError, SettingsError):
        return None
    return None if found == head_of() else OtherTables(found)


def _says_missing(error: BaseException) -> bool:
    if isinstance(error, sqlite3.OperationalError):
        return any(words in str(error) for words in _SQLITE_WORDS)
    return getattr(error, "sqlstate", None) in (_NO_TABLE, _NO_COLUMN)
