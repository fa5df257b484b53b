"""Egress policies in the portal: what holds where, who asks for more, and trials of others on past requests."""

from __future__ import annotations

from datetime import datetime
from typing import get_args
from zoneinfo import ZoneInfo

from markupsafe import Markup
from starlette.responses import Response

from egress_review.choosing import Scope
from egress_review.errors import EgressError
from egress_review.policy import parse_policy
from egress_review.rules import RULE
from egress_review.simulation import FATES, Simulation
from egress_review.term_names import TERM_NAMES, value_of
from egress_review.terms import TERMS, Policy
from portal import charts
from portal.charts import Bar
from portal.errors import WrongInput, advice_of, reason_of
from portal.i18n import N_
from portal.navigation import Crumb
from portal.requests import VERDICTS
from portal.visit import Visit
from registry.errors import RegistryError
from registry.text import Text

START = Crumb(N_("Egress policies"), "/policies")
NONE = "none"
SCOPES: dict[str, Text] = {"dataset": Text("데이터셋", "Dataset"), "project": Text("과제", "Project")}


def policies(visit: Visit, refusal: EgressError | RegistryError | WrongInput | None = None) -> Response:
    """Show the policy of the zone, what is assigned, and the trials."""
    desk, registry = visit.zone.desk, visit.zone.registry
    people = {person.ref: person.name for person in registry.people()}
    names = [(name, Text(name, name)) for name in desk.known_policies()]
    targets = [(f"dataset/{one.id}", _named("dataset", one.title, one.id)) for one in registry.datasets()]
    targets += [(f"project/{one.id}", _named("project", one.title, one.id)) for one in registry.projects()]
    values = {
        "zone_policy": desk.policy,
        "assigned": [(SCOPES[one.scope], one, people.get(one.by_ref, one.by_ref)) for one in desk.assigned_policies()],
        "targets": targets,
        "choices": [*names, (NONE, Text("따로 정하지 않음", "none of its own"))],
        "names": names,
        "trials": desk.trials(),
        "terms": [(TERM_NAMES[term], value_of(desk.policy, term), desk.policy.sources.get(term)) for term in TERMS],
        "refusal": reason_of(refusal) if refusal else None,
        "advice": advice_of(refusal) if refusal else None,
        "written": str(visit.form.get("terms") or ""),
    }
    return visit.page("policies.html", values, crumbs=(Crumb(START.label),), status=422 if refusal else 200)


def assign(visit: Visit) -> Response:
    """Hold a dataset or project to a policy too, or take that back."""
    try:
        scope, target = _target(visit.field("target"))
        name = visit.field("policy")
        policy = None if name == NONE else visit.zone.desk.known_policy(name)
        visit.zone.desk.assign_policy(scope, target, policy, by=visit.actor, source=visit.source)
    except (EgressError, RegistryError, WrongInput) as error:
        return policies(visit, error)
    return visit.go("/policies", N_("The policy was set."))


def try_out(visit: Visit) -> Response:
    """Have the worker try a policy on past requests: one by name, or the text of one."""
    try:
        since = _day(visit.field("since", required=False), visit.portal.time_zone)
        ref = visit.zone.desk.ask_simulation(_candidate(visit), since, by=visit.actor, source=visit.source)
    except (EgressError, RegistryError, WrongInput) as error:
        return policies(visit, error)
    return visit.go(f"/policies/trials/{ref}")


def trial(visit: Visit) -> Response:
    """Show how a trial stands and what it found.

    Raises: NotFound
    """
    found = visit.zone.desk.trial(visit.path("ref"))
    values = {
        "trial": found,
        "result": found.result,
        "fates": FATES,
        "verdicts": {verdict.value: mark.label for verdict, mark in VERDICTS.items()},
        "drawing": _chart(visit, found.result) if found.result else None,
        "titles": {rule: one.title for rule, one in RULE.items()},
    }
    return visit.page("policy_trial.html", values, crumbs=(START, Crumb(found.policy_name)))


def _chart(visit: Visit, found: Simulation) -> Markup | None:
    """Return bars of the rules that would speak more or less often."""
    bars = [
        Bar(
            RULE[rule].title.text(visit.language) if rule in RULE else rule,
            ((new, "c2"), (gone, "c1")),
            f"+{new} / −{gone}",
        )
        for rule, new, gone in found.rules
    ]
    if not bars:
        return None
    title = visit.text(N_("What each rule would say"))
    about = visit.text(N_("Requests in which a rule would newly speak, and in which it would no longer."))
    return charts.bars(title, about, bars)


def _candidate(visit: Visit) -> Policy:
    """Return the policy that is written in the form, or the one that is chosen by name."""
    text = visit.field("terms", required=False)
    return parse_policy(text, "policy") if text else visit.zone.desk.known_policy(visit.field("policy"))


def _target(given: str) -> tuple[Scope, str]:
    scope, _, target = given.partition("/")
    for known in get_args(Scope):
        if scope == known and target:
            return known, target
    raise WrongInput(Text("데이터셋이나 과제를 고르십시오.", "Choose a dataset or a project."))


def _day(given: str, zone: ZoneInfo) -> datetime | None:
    if not given:
        return None
    try:
        return datetime.fromisoformat(given).replace(tzinfo=zone)
    except ValueError:
        raise WrongInput(Text("날짜가 아닙니다.", "This is not a day.")) from None


def _named(scope: str, title: Text, id: str) -> Text:
    kind = SCOPES[scope]
    return Text(f"{kind.ko}: {title.ko} ({id})", f"{kind.en}: {title.en} ({id})")
