from __future__ import annotations

import sqlite3

import pytest
from sqlalchemy.exc import OperationalError

from audit.errors import LogFull, NotDurable
from hub_config.not_kept import NotKept
from hub_config.spawn_failures import sentence_of


def full_database() -> OperationalError:
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    return OperationalError("INSERT", {}, error)


@pytest.mark.parametrize(
    ("error", "status", "korean", "english"),
    [
        (LogFull("3 MiB"), 503, "디스크 공간이 부족하여", "The disk is nearly full"),
        (NotDurable("x"), 503, "남길 수 없어", "could not be recorded"),
        (full_database(), 507, "디스크가 가득 차서", "The disk of the database is full"),
    ],
)
def test_what_cannot_be_kept_at_the_hub_is_said_in_both_languages_and_is_no_accident(
    error: Exception, status: int, korean: str, english: str
) -> None:
    said = NotKept(error)
    assert said.status_code == status
    assert korean in said.why.ko
    assert english in said.why.en
    assert "3 MiB" not in said.why.en


def test_a_workspace_that_a_full_disk_does_not_let_start_says_so() -> None:
    assert "디스크 공간이 부족하여" in sentence_of(LogFull("x")).ko
    assert "operator" in sentence_of(LogFull("x")).en
