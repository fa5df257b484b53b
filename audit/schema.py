"""Small rules from which the form of a body is written down as a table.

A rule takes a value and its path and raises `MalformedBody` if the value does not fit. Absence has one
spelling: the field is not there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from audit.canonical import JSON
from audit.errors import MalformedBody

Rule: TypeAlias = Callable[[JSON, str], None]


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a record: its rule, and whether it may be absent."""

    rule: Rule
    required: bool = True


def optional(rule: Rule) -> Field:
    """Return a field that may be absent."""
    return Field(rule, required=False)


def exactly(*values: JSON) -> Rule:
    """Return a rule that accepts these values only."""

    def check(value: JSON, path: str) -> None:
        if isinstance(value, bool) or value not in values:
            raise MalformedBody(f"{path}: not one of {values}")

    return check


def text(pattern: str) -> Rule:
    """Return a rule that accepts a text which the pattern matches as a whole."""
    compiled = re.compile(pattern, re.ASCII)

    def check(value: JSON, path: str) -> None:
        if not isinstance(value, str) or compiled.fullmatch(value) is None:
            raise MalformedBody(f"{path}: not of the form {pattern}")

    return check


def count(value: JSON, path: str) -> None:
    """Accept a whole number from 0."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise MalformedBody(f"{path}: not a number from 0")


def items(rule: Rule) -> Rule:
    """Return a rule that accepts a list of at least one value, each fitting `rule`."""

    def check(value: JSON, path: str) -> None:
        if not isinstance(value, (list, tuple)) or not value:
            raise MalformedBody(f"{path}: not a list with something in it")
        for number, item in enumerate(value):
            rule(item, f"{path}[{number}]")

    return check


def mapping(key: str, rule: Rule) -> Rule:
    """Return a rule that accepts a non-empty object by the form of its keys and of its values."""
    compiled = re.compile(key, re.ASCII)

    def check(value: JSON, path: str) -> None:
        if not isinstance(value, Mapping) or not value:
            raise MalformedBody(f"{path}: not an object with something in it")
        for name, item in value.items():
            if compiled.fullmatch(name) is None:
                raise MalformedBody(f"{path}: a key is not of the form {key}")
            rule(item, f"{path}.{name}")

    return check


def record(**fields: Rule | Field) -> Rule:
    """Return a rule that accepts an object with exactly these fields."""
    table = {name: field if isinstance(field, Field) else Field(field) for name, field in fields.items()}
    required = {name for name, field in table.items() if field.required}

    def check(value: JSON, path: str) -> None:
        if not isinstance(value, Mapping):
            raise MalformedBody(f"{path}: not an object")
        if missing := required - value.keys():
            raise MalformedBody(f"{path}: lacks {', '.join(sorted(missing))}")
        for name, item in value.items():
            if name not in table:
                raise MalformedBody(f"{path}: has no place for {name[:40]!r}")
            table[name].rule(item, f"{path}.{name}")

    return check


def by_kind(kinds: Mapping[str, Rule]) -> Rule:
    """Return a rule that accepts an object which fits the rule that its `kind` names."""

    def check(value: JSON, path: str) -> None:
        kind = value.get("kind") if isinstance(value, Mapping) else None
        if not isinstance(kind, str) or kind not in kinds:
            raise MalformedBody(f"{path}.kind: not one of {', '.join(kinds)}")
        kinds[kind](value, path)

    return check
