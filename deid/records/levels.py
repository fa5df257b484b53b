"""The level definition table (가명처리 수준 정의표), generated from the policy file that was really applied."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from deid.policy import ColumnPolicy, Policy
from deid.records.model import Level


def levels_of(table: str, policy: Policy, unnamed: tuple[str, ...] = ()) -> list[Level]:
    """Return one row per column of a table; one that the policy does not name was left out and stands there too."""
    rows = [_level(table, column) for column in policy.columns]
    return [*rows, *(Level(table, name, "drop", "drop", "suppress_column", "", "") for name in unnamed)]


def _level(table: str, column: ColumnPolicy) -> Level:
    technique = column.technique or ("suppress_column" if column.action_name == "drop" else None)
    return Level(table, column.name, column.role, column.action_name, technique, _parameters(column), column.reason)


def _parameters(column: ColumnPolicy) -> str:
    """Return how far the action goes: its parameters as the policy gives them, defaults included."""
    shown = [(f.name, getattr(column.action, f.name)) for f in fields(column.action) if not f.name.startswith("_")]  # type: ignore[arg-type]
    return ", ".join(f"{name}={_plain(value)}" for name, value in shown if value not in (None, "", ()))


def _plain(value: Any) -> str:
    if isinstance(value, tuple | list):
        return "[" + ", ".join(_plain(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_plain(item)}" for key, item in value.items()) + "}"
    return str(value)
