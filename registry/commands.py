"""What each `ansim registry` command does: arguments in, documents out."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from getpass import getpass
from pathlib import Path

from audit.event import Actor, Source
from registry import views
from registry.desk import CLI, as_actor
from registry.errors import Invalid
from registry.model import Limits, Role
from registry.service import Registry
from registry.text import Text
from registry.views import Document

HERE = Source(None)  # typed on the zone's own machine: no network address

_KST = timezone(timedelta(hours=9), "KST")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command found or did; `ok` is false when a check failed."""

    result: Document | list[Document]
    ok: bool = True
    page: str | None = None
    """Path of the portal's page on which somebody goes on, if there is one."""


Run = Callable[[argparse.Namespace, Registry], Answer]


def parse_time(value: str, *, end: bool = False) -> datetime:
    """A date or a time; without a zone it is Korean time, and a date as an end includes that day.

    Raises: Invalid.
    """
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise Invalid(
            "invalid_time",
            Text(
                ko="날짜(2026-12-31)나 시각(2026-12-31T18:00+09:00)이어야 합니다.",
                en="Give a date (2026-12-31) or a time (2026-12-31T18:00+09:00).",
            ),
        ) from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=_KST)
    if end and len(value) == len("2026-12-31"):
        moment += timedelta(days=1)
    return moment.astimezone(UTC)


def person_list(arguments: argparse.Namespace, registry: Registry) -> Answer:
    """Everybody."""
    return Answer([views.person(one) for one in registry.people()])


def person_add(arguments: argparse.Namespace, registry: Registry) -> Answer:
    """Invites somebody, who goes on at the link that is printed."""
    token = registry.invite(
        arguments.handle,
        arguments.name,
        arguments.email,
        [Role(role) for role in arguments.role],
        arguments.language,
        by=CLI,
        source=HERE,
    )
    return Answer(views.person(registry.person(arguments.handle)), page=f"/invitation/{token}")


def person_reinvite(arguments: argparse.Namespace, registry: Registry) -> Answer:
    """A new link for somebody who has not joined yet."""
    token = registry.reinvite(arguments.handle, by=CLI, source=HERE)
    return Answer({"handle": arguments.handle}, page=f"/invitation/{token}")


def person_grant(arguments: argparse.Namespace, registry: Registry) -> Answer:
    """Gives a zone-wide role."""
    return Answer(views.person(registry.grant_role(arguments.handle, Role(arguments.role), by=CLI, source=HERE)))


def person_organisation(arguments: argparse.Namespace, registry: Registry) -> Answer:
    """Enters where somebody works, which policies may ask for."""
    person = registry.affiliate(arguments.handle, arguments.organisation, by=CLI, source=HERE)
    return Answer(views.person(person))


def person_revoke(arguments: argparse.Namespace, registry: Registry) -> Answer:
    """Takes a zone-wide role."""
    return Answer(views.person(registry.revoke_role(arguments.handle, Role(arguments.role), by=CLI, source=HERE)))


def person_suspend(arguments: argparse.Namespace, registry: Registry) -> Answer:
    """Stops an account for now."""
    return Answer(views.person(registry.suspend(arguments.handle, by=CLI, source=HERE)))


def person_reinstate(arguments: argparse.Namespace, registry: Registry) -> Answer:
    """Lets a suspended person in again."""
    return Answer(views.person(registry.reinstate(arguments.handle, by=CLI, source=HERE)))


def person_close(arguments: argparse.Namespace, registry: Registry) -> Answer:
    """Ends an account for good."""
    return Answer(views.person(registry.close(arguments.handle, by=CLI, source=HERE)))


def person_reset(arguments: argparse.Namespace, registry: Registry) -> Answer:
    """Asks for a new second factor; somebody else has to confirm."""
    registry.request_second_factor_reset(arguments.handle, by=CLI, source=HERE)
    return Answer({"handle": arguments.handle, "reset": "requested"})


def person_confirm(arguments: argparse.Namespace, registry: Registry) -> Answer:
    """Confirms a reset as a second person, who proves with password and code to be there."""
    confirmer = second_person(arguments, registry)
    token = registry.confirm_second_factor_reset(arguments.handle, by=confirmer, source=HERE)
    return Answer({"handle": arguments.handle, "reset": "confirmed"}, page=f"/second-factor/{token}")


def person_reset_password(arguments: argparse.Namespace, registry: Registry) -> Answer:
    """Asks for a new password; somebody else has to confirm."""
    registry.request_password_reset(arguments.handle, by=CLI, source=HERE)
    return Answer({"handle": arguments.handle, "reset": "requested"})


def person_confirm_password(arguments: argparse.Namespace, registry: Registry) -> Answer:
    """Confirms the reset of a password as a second person, who proves with password and code to be there."""
    confirmer = second_person(arguments, registry)
    token = registry.confirm_password_reset(arguments.handle, by=confirmer, source=HERE)
    return Answer({"handle": arguments.handle, "reset": "confirmed"}, page=f"/password/{token}")


def second_person(arguments: argparse.Namespace, registry: Registry) -> Actor:
    """The person named by `--as`, who has just shown password and code."""
    password = getpass(f"Password of {arguments.confirmer}: ")
    code = getpass(f"Code of {arguments.confirmer}: ")
    return as_actor(registry.sign_in(arguments.confirmer, password, code, source=HERE))


def project_list(arguments: argparse.Namespace, registry: Registry) -> Answer:
    """All projects."""
    return Answer([views.project(one) for one in registry.projects()])


def project_add(arguments: argparse.Namespace, registry: Registry) -> Answer:
    """Opens a project."""
    project = registry.add_project(
        arguments.id,
        arguments.title_ko,
        arguments.title_en,
        arguments.purpose,
        parse_time(arguments.since),
        parse_time(arguments.until, end=True),
        _limits(arguments, Limits()),
        by=CLI,
        source=HERE,
    )
    return Answer(views.project(project))


def project_change(arguments: argparse.Namespace, registry: Registry) -> Answer:
    """Moves a project's end or changes its limits."""
    project = registry.change_project(
        arguments.id,
        ends_at=None if arguments.until is None else parse_time(arguments.until, end=True),
        limits=_limits(arguments, registry.project(arguments.id).limits),
        by=CLI,
        source=HERE,
    )
    return Answer(views.project(project))


def project_close(arguments: argparse.Namespace, registry: Registry) -> Answer:
    """Ends a project for good."""
    return Answer(views.project(registry.close_project(arguments.id, by=CLI, source=HERE)))


def member_list(arguments: argparse.Namespace, registry: Registry) -> Answer:
    """Who takes or took part in a project."""
    registry.project(arguments.project)
    handles = {one.ref: one.handle for one in registry.people()}
    now = datetime.now(UTC)
    members = registry.members(arguments.project)
    return Answer([views.membership(one, handles[one.person_ref], now) for one in members])


def member_add(arguments: argparse.Namespace, registry: Registry) -> Answer:
    """Gives somebody a part in a project, for the project's period unless said otherwise."""
    project = registry.project(arguments.project)
    membership = registry.add_member(
        project.id,
        arguments.handle,
        Role(arguments.role),
        project.starts_at if arguments.since is None else parse_time(arguments.since),
        project.ends_at if arguments.until is None else parse_time(arguments.until, end=True),
        by=CLI,
        source=HERE,
    )
    return Answer(views.membership(membership, arguments.handle, datetime.now(UTC)))


def member_revoke(arguments: argparse.Namespace, registry: Registry) -> Answer:
    """Ends somebody's part in a project."""
    role = None if arguments.role is None else Role(arguments.role)
    ended = registry.remove_member(arguments.project, arguments.handle, role, by=CLI, source=HERE)
    now = datetime.now(UTC)
    return Answer([views.membership(one, arguments.handle, now) for one in ended])


def dataset_list(arguments: argparse.Namespace, registry: Registry) -> Answer:
    """All datasets."""
    return Answer([views.dataset(one, len(registry.versions(one.id))) for one in registry.datasets()])


def dataset_show(arguments: argparse.Namespace, registry: Registry) -> Answer:
    """All versions of a dataset."""
    registry.dataset(arguments.id)
    return Answer([views.version(one) for one in registry.versions(arguments.id)])


def dataset_add(arguments: argparse.Namespace, registry: Registry) -> Answer:
    """Registers a dataset with its first version."""
    version = registry.register_dataset(
        arguments.id,
        arguments.title_ko,
        arguments.title_en,
        arguments.owner,
        arguments.people,
        arguments.directory.absolute(),
        sensitive=arguments.sensitive,
        demo=False,
        outside=arguments.treated_outside,
        by=CLI,
        source=HERE,
    )
    return Answer(views.version(version))


def dataset_add_version(arguments: argparse.Namespace, registry: Registry) -> Answer:
    """Registers the next version of a dataset."""
    directory: Path = arguments.directory.absolute()
    outside: str = arguments.treated_outside
    return Answer(views.version(registry.add_version(arguments.id, directory, outside=outside, by=CLI, source=HERE)))


def dataset_check(arguments: argparse.Namespace, registry: Registry) -> Answer:
    """Reads every file of a version again and compares; without a version, of all versions."""
    known = [one.number for one in registry.versions(registry.dataset(arguments.id).id)]
    wanted = known if arguments.version is None else [arguments.version]
    checks = [registry.check_dataset(arguments.id, number, by=CLI, source=HERE) for number in wanted]
    return Answer([views.check(one) for one in checks], ok=all(one.ok for one in checks))


def grant_list(arguments: argparse.Namespace, registry: Registry) -> Answer:
    """Grants of a project, or all."""
    now = datetime.now(UTC)
    return Answer([views.grant(one, now) for one in registry.grants(arguments.project)])


def grant_add(arguments: argparse.Namespace, registry: Registry) -> Answer:
    """Writes down that a data controller approved; the event names both the command line and the approver."""
    project = registry.project(arguments.project)
    grant = registry.grant(
        arguments.dataset,
        arguments.version,
        project.id,
        project.starts_at if arguments.since is None else parse_time(arguments.since),
        project.ends_at if arguments.until is None else parse_time(arguments.until, end=True),
        approver=as_actor(registry.person(arguments.approver)),
        by=CLI,
        source=HERE,
    )
    return Answer(views.grant(grant, datetime.now(UTC)))


def grant_revoke(arguments: argparse.Namespace, registry: Registry) -> Answer:
    """Ends a grant."""
    return Answer(views.grant(registry.revoke_grant(arguments.ref, by=CLI, source=HERE), datetime.now(UTC)))


def _limits(arguments: argparse.Namespace, present: Limits) -> Limits:
    given = {
        "memory_bytes": None if arguments.memory_mib is None else arguments.memory_mib * 1024**2,
        "cpus": arguments.cpus,
        "pids": arguments.pids,
    }
    return replace(present, **{name: value for name, value in given.items() if value is not None})
