"""The use cases of the registry about accounts of programs, each done once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from registry.model import Role
from registry.scopes import Scope
from registry.service_accounts import Wanted
from registry.service_use import Admitted
from tests.integration.house.house_registry import USES, by
from tests.integration.house.house_uses import Act
from tests.integration.registry.registry_house import DAY, HOME, Account, House

__all__ = ["USES"]

SERVICE: dict[str, Any] = {
    "name": "monitor",
    "purpose": "Prometheus",
    "owner": "minji",
    "scopes": ["metrics.read"],
    "addresses": [str(HOME.ip)],
}


def service_asked(house: House) -> Account:
    house.join("minji")
    until = house.clock() + DAY
    house.registry.request_service_account(Wanted(**SERVICE, until=until), **by(house))
    return house.join("jiwoo", Role.COMPLIANCE_OFFICER)


def service_confirmed(house: House) -> None:
    officer = service_asked(house)
    house.registry.confirm_service_account("monitor", by=officer.actor, source=HOME)


def service_admitted(house: House, *, begins: bool = False) -> Callable[[], Admitted]:
    service_confirmed(house)
    token = house.registry.issue_service_token("monitor", **by(house))
    scope = Scope.METRICS_READ
    return lambda: house.registry.admit_service(token, scope, "metrics", source=HOME, begins=begins)


@USES.exercise("Registry.request_service_account", "service.requested")
def request_service_account(house: House) -> Act:
    house.join("minji")
    until, acting = house.clock() + DAY, by(house)
    return lambda: house.registry.request_service_account(Wanted(**SERVICE, until=until), **acting)


@USES.exercise("Registry.confirm_service_account", "service.confirmed")
def confirm_service_account(house: House) -> Act:
    officer = service_asked(house)
    return lambda: house.registry.confirm_service_account("monitor", by=officer.actor, source=HOME)


@USES.exercise("Registry.issue_service_token", "service.token_issued")
def issue_service_token(house: House) -> Act:
    service_confirmed(house)
    acting = by(house)
    return lambda: house.registry.issue_service_token("monitor", **acting)


@USES.exercise("Registry.revoke_service_account", "service.revoked")
def revoke_service_account(house: House) -> Act:
    service_asked(house)
    acting = by(house)
    return lambda: house.registry.revoke_service_account("monitor", **acting)


@USES.exercise("Registry.admit_service", "service.used")
def admit_service(house: House) -> Act:
    return service_admitted(house)


@USES.exercise("Registry.conclude_service", "service.used")
def conclude_service(house: House) -> Act:
    admitted = service_admitted(house, begins=True)()
    return lambda: house.registry.conclude_service(admitted, ["er_aaaaaaaaaaaaaaaa"])
