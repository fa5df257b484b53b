"""Whoever is held to several policies is held to the strictest value of each term."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deid.zone_recognisers import ZoneRecogniser
from egress_review.errors import PolicyError
from egress_review.policy import load_policy, shipped_policies
from egress_review.strictest import LONGEST_NAMES, STRICTER, strictest
from egress_review.terms import FEWEST_VOTES, TERMS, Policy, check_terms

RECOGNISERS = (ZoneRecogniser(rule="a", label="PHONE", pattern="ab{2}", score=0.5, context=("x",), with_context=0.7),)
SHIPPED = {name: load_policy(name) for name in shipped_policies()}


def at_least_as_strict(one: Policy, other: Policy) -> bool:
    """Whether no term of one policy lets through what the other stops."""
    terms = all(stricter(getattr(one, term)) >= stricter(getattr(other, term)) for term, stricter in STRICTER.items())
    return terms and set(one.types) <= set(other.types)


@given(st.lists(st.sampled_from(sorted(SHIPPED)), min_size=1, max_size=4, unique=True))
def test_nothing_passes_the_strictest_that_any_of_its_policies_stops(names: list[str]) -> None:
    policies = [SHIPPED[name] for name in names]
    together = strictest(policies)
    check_terms(together)
    assert all(at_least_as_strict(together, one) for one in policies)
    assert together.required_votes >= FEWEST_VOTES


def test_each_value_carries_the_source_of_the_policy_that_set_it() -> None:
    together = strictest([SHIPPED["kr-default"], SHIPPED["kr-legacy-5"]])
    assert (together.min_cell, together.max_rows, together.round_base) == (10, 100, 10)
    assert together.sources["min_cell"].startswith("kr-default: ")
    assert together.sources["max_rows"].startswith("kr-legacy-5: ")
    assert together.name == "kr-default+kr-legacy-5"


def test_one_policy_alone_stays_as_it_is() -> None:
    assert strictest([SHIPPED["uk-sdap"]]) is SHIPPED["uk-sdap"]


def test_every_term_has_an_order_but_the_types_and_the_roles_which_are_sets() -> None:
    assert set(STRICTER) == set(TERMS) - {"types", "required_roles"}


def test_a_limit_of_none_gives_way_to_any_and_roles_add_up() -> None:
    sources = {**SHIPPED["kr-default"].sources, "required_roles": "a test", "idle_days": "a test"}
    free = replace(SHIPPED["kr-default"], name="free", budget_files=0, idle_days=0, dominance_n=0, dominance_k=0)
    wanting = [
        replace(SHIPPED["kr-default"], name=role, required_roles=(role,), sources=sources)
        for role in ("senior_checker", "data_controller")
    ]
    together = strictest([free, *wanting])
    assert (together.budget_files, together.idle_days) == (1000, 60)
    assert (together.dominance_n, together.dominance_k) == (2, 90)
    assert together.required_roles == ("data_controller", "senior_checker")
    assert together.low_risk_bytes == 1_000_000
    assert strictest([free, SHIPPED["eu-ehds"]]).low_risk_bytes == 0


def test_the_recognisers_of_a_zone_stay_when_an_owner_asks_for_more() -> None:
    one = SHIPPED["kr-default"]
    own = replace(one, recognisers=RECOGNISERS)
    assert strictest([own, SHIPPED["uk-sdap"]]).recognisers == RECOGNISERS
    assert strictest([SHIPPED["uk-sdap"], own]).recognisers == RECOGNISERS


def test_many_names_are_shortened_and_the_digest_still_tells_them_apart() -> None:
    several = [replace(SHIPPED["kr-default"], name=f"policy-of-a-hospital-{number}") for number in range(6)]
    together, fewer = strictest(several), strictest(several[:5])
    assert len(together.name) <= LONGEST_NAMES
    assert together.name.endswith("+4 more")
    assert together.digest != fewer.digest


@pytest.mark.parametrize(("one", "other"), list(itertools.permutations(("kr-default", "uk-sdap", "eu-ehds"), 2)))
def test_the_order_in_which_policies_are_named_changes_no_value(one: str, other: str) -> None:
    there, back = strictest([SHIPPED[one], SHIPPED[other]]), strictest([SHIPPED[other], SHIPPED[one]])
    assert all(getattr(there, term) == getattr(back, term) for term in STRICTER)
    assert there.digest != SHIPPED[one].digest


def test_policies_joined_by_a_plus_are_loaded_as_the_strictest_of_them() -> None:
    together = load_policy("kr-default+uk-sdap")
    assert together == strictest([SHIPPED["kr-default"], SHIPPED["uk-sdap"]])
    with pytest.raises(PolicyError, match="no policy 'nowhere'"):
        load_policy("kr-default+nowhere")
