"""What `ansim doctor` says of a system that does not take the record: what an operator can do about it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from audit.outward.cursor import Position
from audit.outward.standing import Standing
from audit.outward.target import Target
from audit.text import Text
from hub_config.doctor import Diagnosis, of_target

SINCE = datetime(2026, 1, 2, tzinfo=UTC)


def told(error: str) -> Diagnosis:
    """What doctor says of a target that fails with an error."""
    target = Target(name="siem", transport="file", host="siem.example", path="/srv/out/audit.cef")
    return of_target(Standing(target, Position("siem", failing_since=SINCE, failures=3, error=error), 7))


@pytest.mark.parametrize(
    ("error", "named"),
    [
        ("file_unwritable", "/srv/out "),
        ("certificate_refused", "siem.example"),
        ("certificate_unusable", "PEM"),
        ("name_unknown", "siem.example"),
    ],
)
def test_a_fault_that_does_not_end_by_itself_comes_with_its_cure_in_both_languages(error: str, named: str) -> None:
    diagnosis = told(error)
    assert not diagnosis.ok
    for language in ("ko", "en"):
        assert isinstance(diagnosis.hint, Text)
        hint = diagnosis.hint.say(language)
        assert named.strip() in hint
        assert ("저절로 다시" if language == "ko" else "tried again by itself") in hint


def test_a_receiver_that_is_away_is_only_waited_for() -> None:
    assert str(told("connection_failed").hint) == "It is tried again by itself; nothing is skipped."
