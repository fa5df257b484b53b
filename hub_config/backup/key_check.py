"""Whether a set of keys is whole before it takes the place of the one before, held against what the log tells of keys.

A directory that is lost or not mounted has no keys in it, which looks like a zone that never made any.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass

from audit.keys import KEY_FILES, PKCS11_FILE
from audit.log import AuditLog
from audit.schemes import ED25519
from audit.search import Entry
from audit.text import Text
from deid.key_adoption import entries
from hub_config.backup.errors import KeysLost
from hub_config.backup.key_set import PASSWORD_FILE, KeySet

_PSEUDONYMS = ("additional/master.key", "additional/additional.db")
_MADE = Text(
    "구역의 키 {count}개를 찾을 수 없습니다. 전에 보관한 키 묶음은 그대로 두었습니다: {names}",
    "{count} keys of the zone are not to be found; the set of keys kept before was left as it is: {names}",
)
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Expected:
    """What a set of keys has to hold, as the log told it before the set was gathered."""

    homes: frozenset[str]
    """References of workspaces whose home has a key."""
    pseudonyms: frozenset[tuple[str, int]]
    """Linkage domain and version of every key that an extract was made with."""


def expected(log: AuditLog) -> Expected:
    """Return what the log says was made, whatever became of it."""
    return Expected(
        frozenset(str(one.body["object"]["ref"]) for one in entries(log, "workspace.home_made", "ok")),
        frozenset(_named(entries(log, "deid.extract", "ok"))),
    )


def refuse_missing(log: AuditLog, known: Expected, keys: KeySet) -> None:
    """Hold a set of keys against what was expected of it, but for what was destroyed.

    Raises: KeysLost — if it lacks one.
    """
    gone = {str(one.body["object"]["ref"]) for one in entries(log, "workspace.home_destroyed", None)}
    needed = {f"homes/keys/{ref}.key" for ref in known.homes - gone}
    needed |= {f"keys/{name}" for name in ("sidecar.key", "cells.key", PASSWORD_FILE)}
    if f"keys/{PKCS11_FILE}" not in keys.files:
        needed.add(f"keys/{KEY_FILES[ED25519].name}")
    pseudonyms = known.pseudonyms - _named(entries(log, "deid.key_destroyed", None))
    if pseudonyms:
        needed |= set(_PSEUDONYMS)
    missing = sorted(needed - keys.files.keys())
    missing += sorted(f"additional/{domain}.{version}" for domain, version in pseudonyms - _held(keys))
    if missing:
        shown = ", ".join([*missing[:_SHOWN], *(["…"] if len(missing) > _SHOWN else [])])
        raise KeysLost(_MADE.format(count=len(missing), names=shown))


def _held(keys: KeySet) -> set[tuple[str, int]]:
    """Return the keys that the database of the additional information knows, those that were destroyed as well."""
    content = keys.files.get(_PSEUDONYMS[1])
    if content is None:
        return set()
    with closing(sqlite3.connect(":memory:")) as database:
        database.deserialize(content)
        return set(database.execute("SELECT domain, version FROM pseudonym_key"))


def _named(found: Iterable[Entry]) -> set[tuple[str, int]]:
    told = (one.body["detail"] for one in found)
    return {(str(one["linkage_domain"]), int(one["key_version"])) for one in told if "linkage_domain" in one}
