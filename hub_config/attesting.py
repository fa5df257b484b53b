"""Who attests the record from outside, as the settings of a zone say: witnesses and a time-stamping authority."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from audit.continuing import DIRECTORY, begin
from audit.db import Database
from audit.errors import MalformedPolicy
from audit.log import AuditLog, LogKeys
from audit.timestamps.stamping import TimestampRounds
from audit.timestamps.tokens import Trust
from audit.trusted import TRUSTED_KEYS_FILE, TrustedKeys
from audit.witness.asking import WitnessRounds
from audit.witness.policy import WitnessPolicy
from hub_config.settings import Settings

if TYPE_CHECKING:
    from hub_config.zone import Zone


def witness_policy_text(settings: Settings) -> str:
    """Return the text of the policy file; a zone without one asks for no cosignature.

    Raises: MalformedPolicy — if the file cannot be read.
    """
    if not settings.witness.policy:
        return "quorum none\n"
    path = settings.home / settings.witness.policy
    try:
        return path.read_bytes().decode("utf-8", "surrogateescape")
    except OSError as error:
        raise MalformedPolicy(f"{path}: {error.strerror}") from None


def witness_policy(settings: Settings) -> WitnessPolicy:
    """Return which witnesses a checkpoint needs.

    Which keys sign the log, the zone knows itself, and they change with a rotation: the lines about them are for those
    who read the same file elsewhere.

    Raises: MalformedPolicy — with the line at fault.
    """
    read = WitnessPolicy.parse(witness_policy_text(settings))
    return WitnessPolicy(witnesses=read.witnesses, quorum=read.quorum)


def witness_rounds(log: AuditLog, settings: Settings) -> WitnessRounds:
    """Return the duty that asks the witnesses.

    Raises: MalformedPolicy — with the line at fault.
    """
    return WitnessRounds(log, witness_policy(settings), timedelta(minutes=settings.witness.alert_minutes))


def timestamp_rounds(log: AuditLog, settings: Settings) -> TimestampRounds | None:
    """Return the duty that gets time stamps, or None where no authority is set.

    Raises: NotTrusted — if the certificates cannot be used.
    """
    chosen = settings.timestamp
    if not chosen.url:
        return None
    trust = Trust.load(settings.home / chosen.certificates)
    return TimestampRounds(log, chosen.url, trust, timedelta(minutes=chosen.alert_minutes))


def continue_log(settings: Settings) -> None:
    """Record as entry 0 which log this one continues, where `ansim audit key continue` prepared that.

    Raises: AuditError — if what was prepared does not hold, or if something else was recorded first.
    """
    if not (settings.home / "log" / DIRECTORY).exists():
        return
    keys = LogKeys.load_or_create(settings.home / "keys")
    db = Database.open(settings.database_url())
    try:
        origin = TrustedKeys.load(settings.home / "keys" / TRUSTED_KEYS_FILE).origin
        begin(AuditLog(db, keys, component="cli", origin=origin, log_dir=settings.home / "log"))
    finally:
        db.close()


def duties(zone: Zone) -> list[tuple[str, float, Callable[[], None]]]:
    """Return what the worker does about both: name, seconds between two runs, and the run."""
    found: list[tuple[str, float, Callable[[], None]]] = []
    if (witnesses := zone.witnesses).policy.witnesses:
        # A release waits for them; a round in which nobody has to be asked reads three rows for each.
        found.append(("witnesses", 2, witnesses.run))
    if (timestamps := zone.timestamps) is not None:
        found.append(("timestamps", 60, timestamps.run))
    return found
