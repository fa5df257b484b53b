"""What the playbook has PostgreSQL write into its own log: that something was refused, and nothing of what it was."""

from __future__ import annotations

import re
import secrets
from pathlib import Path

import psycopg
import pytest

from hub_config.processes import REPOSITORY
from tests.postgresql_server import ACCOUNT

ROLE = REPOSITORY / "ansible" / "roles" / "postgresql" / "templates" / "ansim.conf.j2"
TABLE = "CREATE TEMP TABLE told (name text PRIMARY KEY, age integer NOT NULL CHECK (age > 0))"
#: What is refused with the row in its details, and how the server's log then begins to say so.
REFUSED = {
    "duplicate": ("INSERT INTO told VALUES (%(name)s, 1), (%(name)s, 2)", "duplicate key value"),
    "missing": ("INSERT INTO told VALUES (%(name)s, NULL)", "null value in column"),
    "unfit": ("INSERT INTO told VALUES (%(name)s, -1)", "violates check constraint"),
}


def logging_of_the_role() -> str:
    """What the role says of the log, as the options of one connection."""
    found = re.findall(r"^(log_\w+) = '?(\w+)'?$", ROLE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(found) >= 6
    return " ".join(f"-c {name}={value}" for name, value in found)


@pytest.mark.parametrize("how", REFUSED)
def test_a_row_that_is_refused_is_not_quoted_in_the_servers_log(postgresql_socket: str, how: str) -> None:
    statement, said = REFUSED[how]
    log = Path(postgresql_socket) / "log"
    for options, quoted in (("", True), (logging_of_the_role(), False)):
        name, before = secrets.token_hex(8), len(log.read_bytes())
        with psycopg.connect(host=postgresql_socket, user=ACCOUNT, dbname="postgres", options=options) as connection:
            connection.execute(TABLE)
            with pytest.raises(psycopg.IntegrityError, match=name):
                connection.execute(statement, {"name": name})
        written = log.read_bytes()[before:].decode()
        assert said in written
        assert (name in written) is quoted, "without these settings it is there, with them it is not"
