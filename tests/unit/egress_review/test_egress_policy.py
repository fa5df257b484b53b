"""A policy is read once, completely, and refused with its line where it cannot be meant."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from egress_review.claims import ClaimError, parse_claims
from egress_review.errors import PolicyError
from egress_review.policy import POLICIES, load_policy, parse_policy, shipped_policies
from egress_review.terms import NEUTRAL, TERMS, Policy, TermsError

SOURCE = (POLICIES / "kr-default.yaml").read_text(encoding="utf-8")


def line_of(text: str, key: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if line.startswith(key))


@pytest.mark.parametrize("name", shipped_policies())
def test_every_shipped_policy_gives_each_number_a_source_and_survives_the_wire(name: str) -> None:
    policy = load_policy(name)
    assert policy.name == name
    assert set(policy.sources) == set(TERMS)
    assert all(len(source) > 10 for source in policy.sources.values())
    assert Policy.from_json(policy.as_json()) == policy
    assert Policy.from_json(policy.as_json()).digest == policy.digest


def test_the_shipped_policies_are_those_that_are_promised() -> None:
    assert shipped_policies() == ("au-datalab", "eu-ehds", "kr-default", "kr-legacy-5", "uk-sdap")
    assert (load_policy("kr-default").min_cell, load_policy("kr-legacy-5").min_cell) == (10, 5)


def test_the_digest_is_of_the_content_and_not_of_its_layout() -> None:
    reordered = yaml.safe_dump(yaml.safe_load(SOURCE), allow_unicode=True, sort_keys=True)
    assert parse_policy(reordered, "p.yaml").digest == load_policy("kr-default").digest
    changed = SOURCE.replace("value: 10\n", "value: 11\n", 1)
    assert parse_policy(changed, "p.yaml").digest != load_policy("kr-default").digest


def test_an_unknown_key_is_an_error_with_its_line() -> None:
    text = SOURCE.replace("zeros:", "zeroes:")
    with pytest.raises(PolicyError, match=f"p.yaml, line {line_of(text, 'zeroes')}: unknown key zeroes"):
        parse_policy(text, "p.yaml")


@pytest.mark.parametrize("votes", ["1", "0", "-3", "true", "two"])
def test_a_policy_with_fewer_than_two_votes_is_refused_with_its_line(votes: str) -> None:
    text = SOURCE.replace("required_votes:\n  value: 2", f"required_votes:\n  value: {votes}")
    with pytest.raises(PolicyError, match=r"line \d+: required_votes must be at least 2"):
        parse_policy(text, "p.yaml")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "- a list",
        "name: [",
        SOURCE.replace("name: kr-default\n", ""),
        SOURCE + "min_cell: {value: 3, source: twice}\n",
        SOURCE.replace("value: 10\n", "value: ten\n", 1),
        SOURCE.replace("value: note", "value: maybe"),
        SOURCE.replace("[csv, ", "[exe, "),
        SOURCE.replace("  source: OpenSAFELY output checking (nearest 5); ACRO safe_round_base 5\n", ""),
        SOURCE.replace("  source: OpenSAFELY output checking (nearest 5); ACRO safe_round_base 5\n", "  source:\n"),
        SOURCE.replace("  ko: 대한민국 기본 반출 기준\n", ""),
    ],
)
def test_anything_that_is_no_complete_policy_is_refused_with_a_line(text: str) -> None:
    with pytest.raises(PolicyError, match=r"line \d+"):
        parse_policy(text, "p.yaml")


def test_a_policy_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="kr-default, kr-legacy-5, uk-sdap"):
        load_policy("../../etc/passwd")
    with pytest.raises(PolicyError, match="cannot read"):
        load_policy(tmp_path / "none.yaml")


def test_a_policy_from_the_wire_obeys_the_same_rules() -> None:
    content = load_policy("kr-default").as_json()
    for changes in ({"required_votes": 1}, {"more": 1}, {"types": ["exe"]}):
        with pytest.raises(TermsError):
            Policy.from_json(content | changes)


@pytest.mark.parametrize(
    "controls",
    [
        *({"count": ["n"]}, {"counts": "n"}, {"counts": [1]}, {"rounded_to": 0}, {"rounded_to": True}),
        *({"files": []}, {"files": {"a.csv": {"files": {}}}}, {"counts": ["n"] * 201}),
    ],
)
def test_declarations_that_cannot_be_understood_are_refused(controls: dict[str, object]) -> None:
    with pytest.raises(ClaimError):
        parse_claims(controls)


OLD = "\n".join(SOURCE.split("other_organisation:")[0].splitlines()) + "\n"
"""A policy as it was written before there were further terms."""


def test_a_policy_without_the_later_terms_asks_for_nothing_by_them_and_keeps_its_digest() -> None:
    policy = parse_policy(OLD, "p.yaml")
    assert {term: getattr(policy, term) for term in NEUTRAL} == dict(NEUTRAL)
    content = policy.as_json()
    assert set(NEUTRAL).isdisjoint(content)
    assert Policy.from_json(content) == policy
    assert Policy.from_json(content).digest == policy.digest
    assert not policy.low_risk


def test_a_later_term_that_is_written_down_is_part_of_the_digest_even_where_it_asks_for_nothing() -> None:
    said = parse_policy(OLD + 'budget_files: {value: 0, source: "no budget was agreed"}\n', "p.yaml")
    assert said.as_json()["budget_files"] == 0
    assert said.digest != parse_policy(OLD, "p.yaml").digest
    assert Policy.from_json(said.as_json()) == said


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("other_organisation: {value: yes please, source: x}", "true or false"),
        ("required_roles: {value: [operator], source: x}", "no role that can be asked for"),
        ("dominance_n: {value: 2, source: x}", "set together"),
        ("recheck_percent: {value: 101, source: x}", "at most 100"),
        ("review_days: {value: -1, source: x}", "at least 0"),
        ("low_risk_bytes: {value: 10}", "source is missing"),
        ("idle: {value: 10, source: x}", "unknown key idle"),
    ],
)
def test_a_later_term_that_cannot_be_meant_is_refused_with_its_line(line: str, said: str) -> None:
    with pytest.raises(PolicyError, match=rf"line \d+: .*{said}"):
        parse_policy(OLD + line + "\n", "p.yaml")
