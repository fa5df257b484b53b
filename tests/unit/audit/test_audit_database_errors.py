"""What an error of the database says."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from audit.db import Database


def test_no_value_of_a_statement_stands_in_its_error(tmp_path: Path) -> None:
    database = Database.open(f"sqlite:///{tmp_path / 'one.db'}")
    with database.begin() as tx:
        tx.execute(text("CREATE TABLE person (hash TEXT UNIQUE)"))
        tx.execute(text("INSERT INTO person VALUES (:hash)"), {"hash": "S3CR3T"})
    with pytest.raises(DatabaseError) as caught, database.begin() as tx:
        tx.execute(text("INSERT INTO person VALUES (:hash)"), {"hash": "S3CR3T"})
    database.close()
    assert "S3CR3T" not in str(caught.value)
