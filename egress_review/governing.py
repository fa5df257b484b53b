"""Who asks for more than the zone: the policies of owners of data and of single projects, set and taken back."""

from __future__ import annotations

import json
from pathlib import Path

from sqlalchemy import Connection, insert

from audit.event import Actor, Event, Object, Source, Subjects
from egress_review import tables
from egress_review.choosing import Assigned, Scope, assigned, combined, policies_behind
from egress_review.desk import Desk
from egress_review.policy import known_policies, load_known, load_policy
from egress_review.terms import Policy
from registry import queries
from registry.errors import Denied, NotFound
from registry.model import PersonStatus, Role
from registry.roles import check_authority
from registry.text import Text

ACTION = "egress.policy_assigned"


class Governing(Desk):
    """Policies beside the zone's own."""

    def known_policies(self) -> tuple[str, ...]:
        """Names of the policies that can be assigned here."""
        return known_policies(self._policies)

    def known_policy(self, name: str | Path) -> Policy:
        """The policy of that name, or in that file.

        Raises: PolicyError — naming those that there are.
        """
        return load_policy(name, self._policies) if isinstance(name, Path) else load_known(name, self._policies)

    def assigned_policies(self) -> list[Assigned]:
        """Everything that is assigned now, datasets first."""
        with self._db.read() as tx:
            return assigned(tx)

    def policies_behind(self, project: str) -> list[Assigned]:
        """What beside the zone's policy a project is held to now."""
        with self._db.read() as tx:
            return policies_behind(tx, project, self._clock())

    def assign_policy(
        self, scope: Scope, target: str, policy: Policy | None, *, by: Actor, source: Source
    ) -> Policy | None:
        """Hold a project, or every project that was granted a dataset, to a policy too; None takes it back.

        Open requests that this makes stricter or looser have to be scanned again: votes hold for one digest.
        Raises: Denied, NotFound (registry) — no such dataset or project, or not theirs to decide.
        """
        about = Object(scope, target, target if scope == "project" else None)
        try:
            with self._db.begin() as tx:
                actor = _as_known(tx, by)
                _check_may(actor, scope)
                before = _check_target(tx, scope, target)
                self._insert(tx, about, policy, actor, source, before)
        except Denied as refusal:
            event = Event(
                action=ACTION,
                actor=by,
                object=about,
                subjects=Subjects.none(),
                source=source,
                outcome="denied",
                reason=refusal.code,
            )
            self._log.record(event, wait="durable")
            raise
        return policy

    def _insert(
        self,
        tx: Connection,
        about: Object,
        policy: Policy | None,
        actor: Actor,
        source: Source,
        before: Policy | None,
    ) -> None:
        effective = self.policy if policy is None else combined(self.policy, [policy])
        detail = {"assigned": policy.digest if policy else "none", "before": before.digest if before else "none"}
        event = Event(
            action=ACTION,
            actor=actor,
            object=about,
            subjects=Subjects.none(),
            source=source,
            policy=effective.digest,
            detail=detail,
        )
        event_id = self._log.append(tx, event).event_id
        tx.execute(
            insert(tables.policy_choice).values(
                scope=about.kind,
                target=about.ref,
                policy_name=policy.name if policy else "",
                policy_digest=policy.digest if policy else "",
                policy=json.dumps(policy.as_json(), ensure_ascii=False, sort_keys=True) if policy else None,
                by_ref=actor.ref,
                event_id=event_id,
                at=self._clock(),
            )
        )


def _as_known(tx: Connection, by: Actor) -> Actor:
    """The actor with the roles that the registry knows now; none for somebody unknown or not active."""
    if by.kind != "person":
        return by
    try:
        person = queries.person_by_ref(tx, by.ref)
    except NotFound:
        return Actor.person(by.ref)
    active = person.status is PersonStatus.ACTIVE
    return Actor.person(by.ref, sorted(role.value for role in person.roles) if active else (), by.session)


def check_authority_of(tx: Connection, action: str, by: Actor) -> None:
    """Accept a person whom the registry gives a role for it now, and the command line, which is root.

    Raises: Denied (registry)
    """
    if by.kind == "person":
        check_authority(action, [Role(role) for role in _as_known(tx, by).roles])


def _check_may(actor: Actor, scope: Scope) -> None:
    """Accept who may: for data its controllers, for a project operators too; the command line is root and may both.

    Raises: Denied (registry)
    """
    if actor.kind != "person":
        return
    held = [Role(role) for role in actor.roles]
    check_authority(ACTION, held)
    if scope == "dataset" and Role.DATA_CONTROLLER not in held:
        raise Denied(
            "not_data_controller",
            Text(
                ko="데이터셋의 반출 정책은 데이터 제공 책임자가 정합니다.",
                en="The egress policy of a dataset is set by a data controller.",
            ),
        )


def _check_target(tx: Connection, scope: Scope, target: str) -> Policy | None:
    """Raises: NotFound (registry); returns what was assigned to it until now."""
    if scope == "dataset":
        queries.dataset(tx, target)
    else:
        queries.project(tx, target, lock=True)
    return next((one.policy for one in assigned(tx) if (one.scope, one.target) == (scope, target)), None)
