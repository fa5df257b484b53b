"""The log is verified at the address of the zone's database, whatever its password is made of."""

from __future__ import annotations

import sqlalchemy
from hypothesis import given
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict

from audit.verify import libpq_address


@given(st.text(st.characters(min_codepoint=32, max_codepoint=0xD7FF), min_size=1, max_size=30))
def test_every_password_reaches_the_database(password: str) -> None:
    url = sqlalchemy.URL.create("postgresql+psycopg", "ansim", password, "localhost", 5432, "ansim")
    assert conninfo_to_dict(libpq_address(url))["password"] == password
