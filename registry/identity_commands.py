"""What the `ansim registry person` commands about identities at a provider, and about the emergency account, do."""

from __future__ import annotations

import argparse

from registry.commands import HERE, Answer, second_person
from registry.desk import CLI
from registry.identities import Identity
from registry.model import PersonStatus
from registry.service import Registry
from registry.views import Document


def person_identities(arguments: argparse.Namespace, registry: Registry) -> Answer:
    """By which names providers know a person."""
    return Answer([_view(arguments.handle, one) for one in registry.identities(arguments.handle)])


def person_connect(arguments: argparse.Namespace, registry: Registry) -> Answer:
    """Connects an identity to somebody who has not joined, or asks for it where an account is in use."""
    invited = registry.person(arguments.handle).status is PersonStatus.INVITED
    enter = registry.give_identity if invited else registry.request_identity
    return Answer(_view(arguments.handle, enter(*_named(arguments), by=CLI, source=HERE)))


def person_confirm_identity(arguments: argparse.Namespace, registry: Registry) -> Answer:
    """Confirms as a second person, who proves with password and code to be there."""
    confirmer = second_person(arguments, registry)
    return Answer(_view(arguments.handle, registry.confirm_identity(*_named(arguments), by=confirmer, source=HERE)))


def person_disconnect(arguments: argparse.Namespace, registry: Registry) -> Answer:
    """Takes an identity back and ends open sessions."""
    registry.remove_identity(*_named(arguments), by=CLI, source=HERE)
    return Answer({"handle": arguments.handle, "authority": arguments.authority, "identity": "removed"})


def person_seal_emergency(arguments: argparse.Namespace, registry: Registry) -> Answer:
    """Prints, once, what goes into the envelope of the emergency account."""
    envelope = registry.seal_emergency(arguments.handle, by=CLI, source=HERE)
    return Answer({"handle": envelope.handle, "password": envelope.password, "totp_secret": envelope.totp_secret})


def _named(arguments: argparse.Namespace) -> tuple[str, str, str]:
    return arguments.handle, arguments.authority, arguments.subject


def _view(handle: str, one: Identity) -> Document:
    counts = one.given_at is not None
    state = "given" if counts else "waits for a second person"
    return {"handle": handle, "authority": one.authority, "subject": one.subject, "state": state}
