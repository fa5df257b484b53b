"""On both kinds of database: two hand-ins at once cannot both take the last of a budget, and nobody is told twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from sqlalchemy import func, select

from audit.event import Actor, Source
from egress_review import tables
from egress_review.errors import EgressError
from egress_review.model import Request
from egress_review.policy import load_policy
from tests.integration.egress_review.egress_house import HERE, Zone

CLI, LOCAL = Actor.service("cli"), Source(None)
DEFAULT = load_policy("kr-default")


def test_two_hand_ins_at_once_cannot_both_take_the_last_of_a_budget(each_zone: Zone) -> None:
    zone = each_zone
    one = replace(DEFAULT, name="one", budget_requests=1)
    zone.desk.assign_policy("project", "gibleed", one, by=CLI, source=LOCAL)
    names = [zone.write(f"table{number}.csv", f"year,n\n202{number},500\n") for number in range(4)]

    refused: list[str] = []

    def hand_in(name: str) -> Request | None:
        try:
            return zone.desk.submit(zone.author, zone.workspace, zone.draft(name, title=name), source=HERE)
        except EgressError as error:
            refused.append(error.code)
            return None

    with ThreadPoolExecutor(4) as pool:
        done = [request for request in pool.map(hand_in, names) if request]
    assert len(done) == 1
    assert refused == ["budget_spent"] * 3
    zone.desk.assign_policy("project", "gibleed", None, by=CLI, source=LOCAL)
    assert zone.desk.policy_for("gibleed") is zone.desk.policy


def test_reminders_of_two_workers_at_once_are_one(each_zone: Zone) -> None:
    zone = each_zone
    request = zone.in_review()
    zone.house.clock.pass_by(days=10)
    desks = [zone.desk, zone.reopened()]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda desk: desk.remind(), desks))
    with zone.house.db.read() as tx:
        kinds = tx.execute(select(tables.mail.c.kind, func.count()).group_by(tables.mail.c.kind)).all()
    assert {row[0]: row[1] for row in kinds} == {"to_review": 3, "overdue": 3}
    assert zone.actions(request.ref).count("egress.overdue") == 1
