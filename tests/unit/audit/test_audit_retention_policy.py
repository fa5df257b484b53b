"""The retention policy: what ships, what is refused, and calendar years. Every refusal names its line."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from audit.catalogue import CATALOGUE
from audit.errors import RetentionPolicyInvalid, RetentionRefused
from audit.event import Actor
from audit.retention.deadlines import years_earlier, years_later
from audit.retention.people import KEEPERS, OFFICERS, check_pair
from audit.retention.policy import CLASSES, FLOORS, POLICIES, YEARS, RetentionPolicy, parse, shipped

DEFAULT = (POLICIES / "kr-default.yaml").read_text(encoding="utf-8")


def changed(**years: int) -> str:
    document = yaml.safe_load(DEFAULT)
    for name, count in years.items():
        document["classes"][name]["years"] = count
    return yaml.safe_dump(document, allow_unicode=True)


def test_the_default_keeps_access_two_years_and_rights_three() -> None:
    policy = RetentionPolicy.load()
    assert {name: period.years for name, period in policy.periods.items()} == {
        "access": 2,
        "rights": 3,
        "pseudonymisation": 3,
    }
    assert policy.digest.startswith("sha256:")


@pytest.mark.parametrize("name", shipped())
def test_every_period_of_a_shipped_policy_carries_its_source_in_both_languages(name: str) -> None:
    policy = RetentionPolicy.load(name)
    for period in policy.periods.values():
        assert "「" in period.source.ko
        assert "art." in period.source.en


def test_every_action_of_the_catalogue_has_a_period() -> None:
    policy = RetentionPolicy.load()
    for spec in CATALOGUE.values():
        assert policy.years(spec.action) == policy.periods[spec.retention].years


def test_an_action_of_another_version_is_kept_longest() -> None:
    assert RetentionPolicy.load().years("tomorrow.invented") == 3


@pytest.mark.parametrize("sensitive", [True, False])
@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("years", range(12))
def test_exactly_the_selectable_periods_from_the_floor_on_are_taken(sensitive: bool, name: str, years: int) -> None:
    document = yaml.safe_load(DEFAULT)
    document["sensitive"]["value"] = sensitive
    document["classes"][name]["years"] = years
    text = yaml.safe_dump(document)
    if years in YEARS and years >= FLOORS[sensitive][name].years:  # type: ignore[index]
        assert parse(text, "policy.yaml").periods[name].years == years  # type: ignore[index]
    else:
        with pytest.raises(RetentionPolicyInvalid, match=r"policy[.]yaml, line"):
            parse(text, "policy.yaml")


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("name: kr-default", "nom: kr-default", 3, "unknown key nom"),
        ("    years: 2", "    years: 1", 15, "below the legal floor of 2 years"),
        ("    years: 2", "    years: 4", 15, "one of 1, 2, 3, 5, 6, 10"),
        ("    years: 2", "    years: '2'", 15, "a whole number"),
        ("    years: 2", "    years: 2\n    month: 1", 16, "unknown key classes.access.month"),
        ("    years: 2", "    years: 2\n    years: 3", 16, "stands twice"),
        ("  rights:", "  wrongs:", 19, "unknown key classes.wrongs"),
        ("  value: true", "  value: maybe", 9, "true or false"),
        ("classes:", "classes: []\nothers:", 14, "unknown key others"),
    ],
)
def test_a_mistake_is_refused_with_its_line(old: str, new: str, line: int, reason: str) -> None:
    assert old in DEFAULT
    with pytest.raises(RetentionPolicyInvalid, match=f"^mine.yaml, line {line}: .*{reason}"):
        parse(DEFAULT.replace(old, new, 1), "mine.yaml")


def test_a_period_without_its_source_is_refused() -> None:
    document = yaml.safe_load(DEFAULT)
    del document["classes"]["rights"]["source"]
    with pytest.raises(RetentionPolicyInvalid, match=r"classes\.rights\.source is missing"):
        parse(yaml.safe_dump(document), "mine.yaml")
    document["classes"]["rights"]["source"] = {"ko": " ", "en": "law"}
    with pytest.raises(RetentionPolicyInvalid, match="empty"):
        parse(yaml.safe_dump(document), "mine.yaml")


@given(st.text(max_size=200))
def test_any_text_is_a_policy_or_one_error(text: str) -> None:
    with contextlib.suppress(RetentionPolicyInvalid):
        parse(text, "any.yaml")


def test_a_file_of_ones_own_is_read_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "longer.yaml"
    path.write_text(changed(access=5, rights=10), encoding="utf-8")
    policy = RetentionPolicy.load(path)
    assert (policy.shortest, policy.longest) == (3, 10)
    assert policy.digest != RetentionPolicy.load().digest


@pytest.mark.parametrize("name", ["none", "../../etc/passwd", "missing.yaml", ""])
def test_a_policy_that_is_not_there_is_refused(name: str) -> None:
    with pytest.raises(RetentionPolicyInvalid, match="kr-default"):
        RetentionPolicy.load(name or Path("nowhere.yaml"))


@pytest.mark.parametrize(("sensitive", "people"), [(True, 0), (False, 50_000)])
def test_a_zone_with_sensitive_data_may_not_claim_the_shorter_floor(sensitive: bool, people: int) -> None:
    document = yaml.safe_load(DEFAULT)
    document["sensitive"]["value"] = False
    document["classes"]["access"]["years"] = 1
    policy = parse(yaml.safe_dump(document), "small.yaml")
    policy.check_scope(sensitive=False, people=49_999)
    with pytest.raises(RetentionPolicyInvalid, match="2 years"):
        policy.check_scope(sensitive=sensitive, people=people)
    RetentionPolicy.load().check_scope(sensitive=sensitive, people=people)


@given(st.integers(946_684_800, 3_471_292_800), st.sampled_from(YEARS))
def test_a_period_of_years_is_never_shorter_than_the_calendar_says(second: int, years: int) -> None:
    at = datetime.fromtimestamp(second, UTC)
    end = years_later(at, years)
    assert (end.year, (end - at).days >= 365 * years) == (at.year + years, True)
    assert years_earlier(end, years) <= at or (at.month, at.day) == (2, 29)


def test_a_period_from_the_leap_day_ends_on_the_first_of_march() -> None:
    assert years_later(datetime(2028, 2, 29, 15, tzinfo=UTC), 2) == datetime(2030, 3, 1, tzinfo=UTC)
    assert years_later(datetime(2028, 2, 29, 15, tzinfo=UTC), 4) == datetime(2032, 2, 29, 15, tzinfo=UTC)
    assert years_earlier(datetime(2028, 2, 29, 15, tzinfo=UTC), 2) == datetime(2026, 2, 28, 15, tzinfo=UTC)


ROLES = st.frozensets(st.sampled_from(["operator", "data_controller", "compliance_officer", "checker", "researcher"]))


@given(ROLES, ROLES, st.booleans())
def test_two_people_are_an_officer_and_a_keeper_and_never_one_person(
    one: frozenset[str], other: frozenset[str], same: bool
) -> None:
    first = Actor.person("p_aaaaaaaaaaaaaaaa", one)
    second = Actor.person(first.ref if same else "p_bbbbbbbbbbbbbbbb", other)
    mixed = bool(one & OFFICERS and other & KEEPERS) or bool(other & OFFICERS and one & KEEPERS)
    if mixed and not same:
        check_pair(first, second)
        for concerned in (first.ref, second.ref):
            with pytest.raises(RetentionRefused):
                check_pair(first, second, concerned)
    else:
        with pytest.raises(RetentionRefused):
            check_pair(first, second)


def test_a_service_is_nobody_who_decides() -> None:
    officer = Actor.person("p_aaaaaaaaaaaaaaaa", ("compliance_officer",))
    with pytest.raises(RetentionRefused):
        check_pair(Actor.service("cli"), officer)
