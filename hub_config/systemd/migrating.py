"""Brings a production zone's database to this version, as the owner of its tables, which no process of the zone is."""

from __future__ import annotations

import sqlalchemy

from audit.retention.database_roles import GRANTS
from audit.text import Text
from hub_config.errors import EnvironmentMissing
from hub_config.migrate import METADATA, head_of, migrate, revision_of
from hub_config.settings import Settings
from hub_config.systemd.database_rights import rights_statements

_UNREACHED = Text("데이터베이스에 연결할 수 없습니다: {error}.", "The database cannot be reached: {error}.")
_NO_ROLES = Text("데이터베이스 서버에 없는 역할: {names}.", "The database server has no such roles: {names}.")
_NO_ROLES_HINT = Text(
    "새 서버에는 -e ansim_start=false로 플레이북을 먼저 실행하십시오. 역할과 빈 데이터베이스를 만듭니다.",
    "On a new server run the playbook first, with -e ansim_start=false: it makes the roles and an empty database.",
)


def refuse_without_roles(settings: Settings, owner: str) -> None:
    """Look whether the roles that get rights are there, before a table is made on a server that lacks them.

    Raises: EnvironmentMissing — with the roles that are missing and that the owner of the tables may not make, or if
    there is no such database.
    """
    zone = sqlalchemy.make_url(settings.database.url).username or ""
    engine = sqlalchemy.create_engine(owner)
    try:
        with engine.connect() as connection:
            there = set(connection.exec_driver_sql("SELECT rolname FROM pg_roles").scalars())
            able = connection.exec_driver_sql(
                "SELECT rolcreaterole OR rolsuper FROM pg_roles WHERE rolname = current_user"
            ).scalar_one()
    except sqlalchemy.exc.SQLAlchemyError as error:
        raise EnvironmentMissing(_UNREACHED.format(error=type(error).__name__), hint=_NO_ROLES_HINT) from error
    finally:
        engine.dispose()
    missing = {zone, *(() if able else GRANTS)} - there
    if missing:
        raise EnvironmentMissing(_NO_ROLES.format(names=", ".join(sorted(missing))), hint=_NO_ROLES_HINT)


def bring_up_to_date(settings: Settings, *, owner: str = "") -> bool:
    """Run the migrations that are missing and give the zone's role its rights; say whether a migration was missing.

    With a password the owner's address is in no file of the zone, whose processes could read it: it is `owner`. The
    rights are given each time, so that a run that broke off between the two is made good by the next.
    """
    owner = owner or settings.database.owner_url
    url = owner or settings.database_url()
    missing = revision_of(url) != head_of()
    if missing:
        migrate(url)
    if owner:
        role = sqlalchemy.make_url(settings.database.url).username or ""
        tables = sorted(table for metadata in METADATA for table in metadata.tables)
        engine = sqlalchemy.create_engine(url)
        try:
            with engine.begin() as connection:
                for statement in rights_statements(role, tables):
                    connection.exec_driver_sql(statement)
        finally:
            engine.dispose()
    return missing
