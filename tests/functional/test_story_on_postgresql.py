"""The first release on PostgreSQL: everything of a zone but the hub's own notes lives there, and nothing in SQLite."""

from __future__ import annotations

import json
from pathlib import Path

import psycopg
import pytest
from rich.console import Console

from hub_config.story import play
from hub_config.welcome import ACCOUNTS_FILE, read_accounts
from hub_config.zone import open_zone
from tests.functional.conftest import make_on_postgresql, run_ansim
from tests.postgresql_server import ACCOUNT

pytestmark = [pytest.mark.long, pytest.mark.engine]

ACTIONS = {
    "session.signed_in",
    "workspace.start",
    "egress.submitted",
    "egress.approved",
    "egress.released",
    "egress.collected",
}


def test_the_story_of_the_first_release_is_told_on_postgresql(
    postgresql_url: str, postgresql_socket: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.mktemp("on-postgresql")
    make_on_postgresql(home, postgresql_url)
    try:
        run_ansim(home, "up", "--demo", "--no-story")  # builds images where no zone did
        play(open_zone(home, "cli"), read_accounts(home / ACCOUNTS_FILE), Console())
        run_ansim(home, "audit", "verify")
        found = json.loads(run_ansim(home, "status", "--json").stdout)
        assert all(process["answers"] for process in found["processes"])
    finally:
        run_ansim(home, "down", check=False)
    assert not list(home.glob("ansim.db*")), "nothing went to SQLite by mistake"
    assert recorded(postgresql_socket, postgresql_url) >= ACTIONS
    assert [one for one in (home / "releases").rglob("release.json") if one.is_file()], "no package was written"
    assert run_ansim(home, "audit", "verify", check=False).returncode == 0, (
        "and the log holds after the zone has stopped"
    )


def recorded(socket: str, url: str) -> set[str]:
    """Return which actions the server itself has in the log of this zone."""
    schema = Path(url).name.rpartition("%3D")[2]
    with psycopg.connect(host=socket, user=ACCOUNT, dbname="postgres") as connection:
        return {str(row[0]) for row in connection.execute(f"SELECT DISTINCT action FROM {schema}.audit_entry")}
