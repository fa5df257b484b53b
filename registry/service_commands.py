"""What the `ansim registry service` commands do: accounts of programs."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

from audit.body import timestamp
from registry.commands import HERE, Answer, parse_time, second_person
from registry.desk import CLI
from registry.errors import Conflict
from registry.scopes import SCOPES, ServiceAccount
from registry.service import Registry
from registry.service_accounts import Wanted
from registry.text import Text
from registry.views import Document


def service_list(arguments: argparse.Namespace, registry: Registry) -> Answer:
    """Every account of a program that was ever asked for."""
    handles = {one.ref: one.handle for one in registry.people()}
    return Answer([_view(one, handles) for one in registry.service_accounts()])


def service_scopes(arguments: argparse.Namespace, registry: Registry) -> Answer:
    """Every scope there is, and what it opens."""
    return Answer(
        [
            {"scope": scope.value, "in_project": about.in_project, "ko": about.what.ko, "en": about.what.en}
            for scope, about in SCOPES.items()
        ]
    )


def service_add(arguments: argparse.Namespace, registry: Registry) -> Answer:
    """Asks for an account; a second person confirms it."""
    wanted = Wanted(
        name=arguments.name,
        purpose=arguments.purpose,
        owner=arguments.owner,
        scopes=arguments.scope,
        addresses=arguments.address,
        until=parse_time(arguments.until, end=True),
        project=arguments.project,
    )
    return Answer(_shown(registry, registry.request_service_account(wanted, by=CLI, source=HERE)))


def service_confirm(arguments: argparse.Namespace, registry: Registry) -> Answer:
    """Confirms an account as a second person, who proves with password and code to be there."""
    confirmer = second_person(arguments, registry)
    return Answer(_shown(registry, registry.confirm_service_account(arguments.name, by=confirmer, source=HERE)))


def service_token(arguments: argparse.Namespace, registry: Registry) -> Answer:
    """Prints, once, a new token of a confirmed account; the one before stops working.

    Raises: Conflict — the account has a token, and nobody said that it is to be replaced.
    """
    if registry.service_account(arguments.name).token_at is not None and not arguments.replace:
        raise Conflict("service_has_token", _HAS_TOKEN, hint=_REPLACE)
    token = registry.issue_service_token(arguments.name, by=CLI, source=HERE)
    return Answer({**_shown(registry, registry.service_account(arguments.name)), "token": token})


def service_revoke(arguments: argparse.Namespace, registry: Registry) -> Answer:
    """Ends an account for good."""
    return Answer(_shown(registry, registry.revoke_service_account(arguments.name, by=CLI, source=HERE)))


def _shown(registry: Registry, account: ServiceAccount) -> Document:
    return _view(account, {account.owner_ref: registry.person_by_ref(account.owner_ref).handle})


def _view(account: ServiceAccount, handles: dict[str, str]) -> Document:
    used = account.used_at
    return {
        "name": account.name,
        "ref": account.ref,
        "purpose": account.purpose,
        "state": account.state(datetime.now(UTC)),
        "scopes": sorted(scope.value for scope in account.scopes),
        "owner": handles.get(account.owner_ref, account.owner_ref),
        "project": account.project,
        "addresses": list(account.addresses),
        "expires_at": timestamp(account.expires_at),
        "used_at": None if used is None else timestamp(used),
    }


_HAS_TOKEN = Text(
    ko="이 계정에는 이미 토큰이 있습니다. 새로 만들면 지금 토큰은 바로 쓸 수 없게 됩니다.",
    en="The account has a token. With a new one, the present one stops working at once.",
)
_REPLACE = Text(ko="바꾸려면 --replace를 붙이십시오.", en="Add --replace to replace it.")
