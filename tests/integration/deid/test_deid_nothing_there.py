"""Nothing is not fine: an extract without rows, a key store that nobody made, a database of another version."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from deid import keys_commands
from hub_config.cli import main
from hub_config.migrate import configuration, migrate
from hub_config.settings import HubSettings, ZoneSettings, load_settings, settings_text
from tests.integration.deid.test_deid_cluster import HEAD

AGE = "  age: {role: quasi, action: range, params: {width: 10}, reason: r}\n"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "ansim.yaml").write_text(settings_text(ZoneSettings(), HubSettings()), encoding="utf-8")
    migrate(load_settings(tmp_path).database_url())
    (tmp_path / "empty.csv").write_text("age,code\n", encoding="utf-8")
    return tmp_path


def ansim(home: Path, *words: str) -> int:
    return main(["--home", str(home), "deid", *words])


def apply(home: Path, policy: str) -> int:
    (home / "policy.yaml").write_text(policy, encoding="utf-8")
    return ansim(home, "apply", str(home / "policy.yaml"), str(home / "empty.csv"), str(home / "out.csv"))


def test_a_source_without_rows_meets_no_k_and_makes_no_extract(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    head = HEAD.format(order="source").replace("columns:", "release: {k: 5}\ncolumns:")
    assert apply(home, head + AGE) == 2
    assert "no rows are left" in (said := capsys.readouterr().err)
    assert "Give a source that has rows" in said
    assert not (home / "out.csv").exists()


def test_an_empty_extract_of_which_nothing_is_demanded_says_that_it_is_empty(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert apply(home, HEAD.format(order="source") + AGE) == 0
    assert "The extract has no rows" in capsys.readouterr().out


@pytest.mark.parametrize("words", [("list",), ("uses",), ("ending",)])
def test_who_looks_for_keys_makes_none(words: tuple[str, ...], home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ansim(home, "keys", *words) == 0
    assert "key" in capsys.readouterr().out
    assert ansim(home, "keys", *words, "--json") == 0
    assert json.loads(capsys.readouterr().out) == []
    assert not (home / keys_commands.KEYS_DIRECTORY).exists()


def test_a_database_of_an_earlier_version_is_one_error_that_says_what_to_do(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from alembic import command

    url = load_settings(home).database_url()
    command.stamp(configuration(url), "0005")
    with sqlite3.connect(home / "ansim.db") as database:
        for (table,) in database.execute("SELECT name FROM sqlite_master WHERE name LIKE 'registry%'").fetchall():
            database.execute(f'DROP TABLE "{table}"')
    assert apply(home, HEAD.format(order="source") + AGE) == 3
    said = capsys.readouterr().err
    assert "is not of this version (it is at 0005" in said
    assert "`ansim up`" in said
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    assert apply(home, HEAD.format(order="source") + AGE) == 3
    assert "이 판의 것이 아닙니다" in capsys.readouterr().err
    assert not (home / "out.csv").exists()


def test_a_table_that_is_missing_at_the_right_version_is_a_fault_and_shown_whole(home: Path) -> None:
    with sqlite3.connect(home / "ansim.db") as database:
        for (table,) in database.execute("SELECT name FROM sqlite_master WHERE name LIKE 'registry%'").fetchall():
            database.execute(f'DROP TABLE "{table}"')
    with pytest.raises(Exception, match="no such table"):
        apply(home, HEAD.format(order="source") + AGE)
