"""The low-risk tier is for aggregates about which there is no doubt, where the owners of the data allow it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egress_review.findings import FileReport, Finding, Flagged, NotChecked, Passed, Report, Severity, Where
from egress_review.model import Request
from egress_review.policy import load_policy
from egress_review.tiers import tier_of
from egress_review.tracebacks import is_redacted, redact
from registry.text import Text
from tests.unit.egress_review.request_values import request_of

POLICY = load_policy("kr-default")
SAID = Text("말", "said")


def finding(severity: Severity, *, checked: bool = True) -> Finding:
    if checked:
        return Flagged("cells.small", severity, "source", Where(), 3, SAID, SAID)
    return NotChecked("cells.small", severity, "source", SAID, SAID)


PASSED = Passed("cells.small", Severity.FAIL, "source")


def report(request: Request, *findings: Finding) -> Report:
    files = tuple(FileReport(file.name, file.sha256, (PASSED, *findings)) for file in request.outputs)
    return Report(POLICY.name, POLICY.digest, files)


def test_tables_that_pass_every_check_are_low_risk_where_zone_and_owners_allow_it() -> None:
    request = request_of("table.csv", "book.XLSX")
    passed = report(request, finding(Severity.NOTE))
    assert tier_of(request, passed, POLICY, owners_allow=True) == "low"
    assert tier_of(request, passed, POLICY, owners_allow=False) == "ordinary"
    assert tier_of(request, None, POLICY, owners_allow=True) == "ordinary"
    assert tier_of(request, passed, load_policy("eu-ehds"), owners_allow=True) == "ordinary"


@pytest.mark.parametrize("name", ["notes.md", "figure.png", "a.ipynb", "table.json", "table", "table.csv.exe"])
def test_what_is_no_table_is_ordinary(name: str) -> None:
    request = request_of("table.csv", name)
    assert tier_of(request, report(request), POLICY, owners_allow=True) == "ordinary"


def test_a_traceback_without_values_is_low_risk_and_one_with_them_is_not() -> None:
    request = request_of("table.csv", "error.txt")
    hashes = frozenset(file.sha256 for file in request.files if file.name == "error.txt")
    assert tier_of(request, report(request), POLICY, owners_allow=True, redacted=hashes) == "low"
    assert tier_of(request, report(request), POLICY, owners_allow=True) == "ordinary"
    text = (
        'Traceback (most recent call last):\n  File "/home/minji/a.py", line 12, in f\n    g(df.name == "Hong", 31)\n'
        "ValueError: invalid literal for int() with base 10: '900101-1234567'\n"
    )
    assert not is_redacted(text)
    assert not is_redacted("")
    assert is_redacted(redact(text))
    for more in ("Hong Gildong\n", "    secret = 900101\n", "KeyError: 'Hong'\n", "\n"):
        assert not is_redacted(redact(text) + more)


def test_a_request_that_is_too_large_or_of_the_other_direction_is_ordinary() -> None:
    request = request_of("table.csv")
    small = replace(POLICY, low_risk_bytes=request.files[0].size)
    assert tier_of(request, report(request), small, owners_allow=True) == "low"
    smaller = replace(POLICY, low_risk_bytes=request.files[0].size - 1)
    assert tier_of(request, report(request), smaller, owners_allow=True) == "ordinary"
    assert tier_of(replace(request, direction="ingress"), report(request), small, owners_allow=True) == "ordinary"


def test_a_report_on_other_files_makes_nothing_low_risk() -> None:
    request, other = request_of("table.csv"), request_of("other.csv")
    assert tier_of(request, report(other), POLICY, owners_allow=True) == "ordinary"
    assert tier_of(request, Report(POLICY.name, POLICY.digest, ()), POLICY, owners_allow=True) == "ordinary"


@given(st.sampled_from(Severity), st.booleans())
def test_any_doubt_above_a_note_makes_it_ordinary(severity: Severity, checked: bool) -> None:
    request = request_of("table.csv")
    doubtful = report(request, finding(severity, checked=checked))
    low = tier_of(request, doubtful, POLICY, owners_allow=True) == "low"
    assert low is (checked and severity is Severity.NOTE)
