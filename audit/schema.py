"""Small rules from which the form of a body is written down as a table.

A rule takes a value and raises `MalformedBody` if the value does not fit; each rule on the way out adds where it was.
Absence has one spelling: the field is not there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from audit.canonical import JSON, MAX_INTEGER
from audit.errors import MalformedBody

Rule: TypeAlias = Callable[[JSON], None]


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

    def check(value: JSON) -> None:
        if isinstance(value, bool) or value not in values:
            raise MalformedBody(f": not one of {values}")

    return check


def text(pattern: str) -> Rule:
    """Return a rule that accepts a text which the pattern matches as a whole."""
    matches = re.compile(pattern, re.ASCII).fullmatch

    def check(value: JSON) -> None:
        if not isinstance(value, str) or matches(value) is None:
            raise MalformedBody(f": not of the form {pattern}")

    return check


def count(value: JSON) -> None:
    """Accept a whole number from 0."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_INTEGER:
        raise MalformedBody(": not a number from 0")


def items(rule: Rule) -> Rule:
    """Return a rule that accepts a list of at least one value, each fitting `rule`."""

    def check(value: JSON) -> None:
        if not isinstance(value, list) or not value:
            raise MalformedBody(": not a list with something in it")
        for number, item in enumerate(value):
            try:
                rule(item)
            except MalformedBody as error:
                raise MalformedBody(f"[{number}]{error}") from None

    return check


def mapping(key: str, rule: Rule) -> Rule:
    """Return a rule that accepts a non-empty object by the form of its keys and of its values."""
    matches = re.compile(key, re.ASCII).fullmatch

    def check(value: JSON) -> None:
        if not isinstance(value, Mapping) or not value:
            raise MalformedBody(": not an object with something in it")
        for name, item in value.items():
            if matches(name) is None:
                raise MalformedBody(f": a key is not of the form {key}")
            try:
                rule(item)
            except MalformedBody as error:
                raise MalformedBody(f".{name}{error}") from None

    return check


def fields(**given: Rule | Field) -> dict[str, Field]:
    """Return fields by name; those given as a rule alone are required."""
    return {name: field if isinstance(field, Field) else Field(field) for name, field in given.items()}


def record(**given: Rule | Field) -> Rule:
    """Return a rule that accepts an object with exactly these fields."""
    table = fields(**given)
    rules = {name: field.rule for name, field in table.items()}
    required = frozenset(name for name, field in table.items() if field.required)

    def check(value: JSON) -> None:
        if not isinstance(value, Mapping):
            raise MalformedBody(": not an object")
        if missing := required - value.keys():
            raise MalformedBody(f": lacks {', '.join(sorted(missing))}")
        for name, item in value.items():
            if name not in rules:
                raise MalformedBody(f": has no place for {name[:40]!r}")
            try:
                rules[name](item)
            except MalformedBody as error:
                raise MalformedBody(f".{name}{error}") from None

    return check


def by_kind(kinds: Mapping[str, Rule]) -> Rule:
    """Return a rule that accepts an object which fits the rule that its `kind` names."""

    def check(value: JSON) -> None:
        kind = value.get("kind") if isinstance(value, Mapping) else None
        if not isinstance(kind, str) or kind not in kinds:
            raise MalformedBody(f".kind: not one of {', '.join(kinds)}")
        kinds[kind](value)

    return check
