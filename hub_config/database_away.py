"""Recognises a database that is gone or keeps everybody waiting, behind whatever error it arrives as."""

from __future__ import annotations

import sqlite3

import sqlalchemy.exc
from sqlalchemy import text

from audit.db import Database
from audit.errors import AuditError
from audit.text import Text
from hub_config.errors import EnvironmentMissing
from hub_config.full_disk import causes
from hub_config.settings import Settings

GONE = ("08", "57P", "53300")
"""SQLSTATEs that begin so: the connection broke, the server stops or starts, it takes nobody more (appendix A)."""
WAITED = ("55P03", "57014")
"""Somebody else held a lock for too long; the statement was stopped."""

_GONE = Text("데이터베이스에 연결할 수 없습니다.", "The database cannot be reached.")
_WAITED = Text(
    "데이터베이스가 잠겨 있어 기다리다 멈추었습니다. 바뀐 것은 없습니다.",
    "The database is held by somebody else, and this gave up waiting. Nothing was changed.",
)
_HINT = Text(
    "PostgreSQL 서버가 실행 중인지 그 서버에서 `systemctl status postgresql`로 확인하십시오. 데이터베이스가 돌아오면"
    " 구역은 저절로 이어서 일하며, 확인해 준 것은 사라지지 않습니다.",
    "See whether PostgreSQL runs: `systemctl status postgresql` on its server. Once the database is back the zone goes"
    " on by itself, and nothing is lost that was confirmed.",
)
_WAITED_HINT = Text(
    "잠시 뒤 다시 하십시오. 계속되면 오래 열려 있는 접속을 찾으십시오(PostgreSQL의 pg_stat_activity).",
    "Try again in a moment. If this stays, look for a session that was left open (pg_stat_activity in PostgreSQL).",
)
_UNTRUSTED = Text(
    "데이터베이스 서버의 인증서를 받아들일 수 없습니다. 만료되었거나 다른 인증기관의 것입니다.",
    "The certificate of the database server is not accepted: it has ended, or is of another authority.",
)
_UNTRUSTED_HINT = Text(
    "언제 만료되는지는 `ansim doctor`가 알려 줍니다. 데이터베이스 서버에서 인증서를 갱신하고 PostgreSQL을 다시 읽게"
    " 하십시오(`systemctl reload postgresql`). 그 뒤 구역은 저절로 이어서 일합니다.",
    "`ansim doctor` says when it ends. Renew it on the database server and have PostgreSQL read it: `systemctl reload"
    " postgresql`. The zone then goes on by itself.",
)


class DatabaseAway(EnvironmentMissing):
    """The database does not answer."""


def away(error: BaseException) -> DatabaseAway | None:
    """Return what to say of an error that comes of a database that is away; None for any other."""
    told = _told(error)
    return None if told is None else DatabaseAway(told[0], hint=told[1])


def _told(error: BaseException) -> tuple[Text, Text] | None:
    found = list(causes(error))
    states = [str(getattr(one, "sqlstate", None) or "") for one in found]
    if any(state.startswith(WAITED) for state in states) or any(_busy(one) for one in found):
        return _WAITED, _WAITED_HINT
    if any(_untrusted(one) for one in found):
        return _UNTRUSTED, _UNTRUSTED_HINT
    if any(state.startswith(GONE) for state in states) or any(_unreached(one) for one in found):
        return _GONE, _HINT
    return None


def fault_of(settings: Settings) -> tuple[Text, Text] | None:
    """Say what is wrong with the database, and what to do; None while it answers, and before there is a file of it."""
    if not settings.has_database():
        return None
    try:
        db = Database.open(settings.database_url())
    except AuditError as error:
        return Text(error.text("ko"), error.text("en")), error.hint
    try:
        with db.engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    except sqlalchemy.exc.SQLAlchemyError as error:
        return _told(error) or (_GONE, _HINT)
    finally:
        db.close()
    return None


def _busy(error: BaseException) -> bool:
    return isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY


def _untrusted(error: BaseException) -> bool:
    """Say whether libpq broke off the handshake: it has no state, and OpenSSL's reason in its text."""
    return isinstance(error, sqlalchemy.exc.OperationalError) and "certificate verify failed" in str(error.orig)


def _unreached(error: BaseException) -> bool:
    """Say whether no connection was to be had: then the server had no chance to name a state."""
    if isinstance(error, sqlalchemy.exc.TimeoutError):
        return True
    away_from = (sqlalchemy.exc.OperationalError, sqlalchemy.exc.InterfaceError)
    if not isinstance(error, away_from) or isinstance(error.orig, sqlite3.Error):
        return False
    return error.connection_invalidated or getattr(error.orig, "sqlstate", None) is None
