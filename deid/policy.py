"""The policy of one extract: what is done to each column, and what the result must meet before anyone may use it.

A column that the policy does not name is dropped. The digest names the content, not the spelling of the file: it goes
into the audit event and into the extract.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, cast, get_args

from audit.text import Text
from audit.yaml_file import Node, plain, read_yaml
from deid.action import Action
from deid.actions.text import ScrubText
from deid.catalogue import ACTIONS, ACTIONS_BY_ROLE, Role
from deid.errors import PolicyError
from deid.parameters import read_action
from deid.techniques import TECHNIQUES
from deid.zone_recognisers import ZoneRecogniser

VERSION = 1
Purpose = Literal["statistics", "scientific_research", "archiving"]
"""The purposes for which PIPA art. 28-2 permits pseudonymised data without consent."""
Order = Literal["source", "shuffled"]


@dataclass(frozen=True, slots=True)
class ColumnPolicy:
    """What is done to one column."""

    name: str
    role: Role
    action_name: str
    action: Action
    technique: str | None
    reason: str

    @property
    def shown(self) -> bool:
        """Whether the extract has the column."""
        return self.action_name != "drop"


@dataclass(frozen=True, slots=True)
class Release:
    """What the extract must meet."""

    k: int | None = None
    l_diversity: Mapping[str, int] = field(default_factory=dict)
    t_closeness: Mapping[str, float] = field(default_factory=dict)
    max_suppression: float = 0.0


@dataclass(frozen=True, slots=True)
class Policy:
    """The policy of one extract."""

    name: str
    dataset: str
    project: str
    purpose: Purpose
    linkage_domain: str
    key_version: int
    order: Order
    columns: tuple[ColumnPolicy, ...]
    release: Release
    digest: str

    @property
    def shown(self) -> tuple[ColumnPolicy, ...]:
        """Return the columns of the extract, in their order."""
        return tuple(column for column in self.columns if column.shown)

    def of_role(self, role: Role) -> tuple[str, ...]:
        """Return the names of the shown columns of one role."""
        return tuple(column.name for column in self.shown if column.role == role)


def load_policy(path: Path, recognisers: tuple[ZoneRecogniser, ...] = ()) -> Policy:
    """Return the policy in a file, its texts read with the recognisers of the zone too.

    Raises: PolicyError — naming the line.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(Text(f"{path}: 읽을 수 없는 파일입니다.", f"{path} cannot be read.")) from error
    return with_recognisers(parse_policy(text, path.name), recognisers)


def with_recognisers(policy: Policy, recognisers: tuple[ZoneRecogniser, ...]) -> Policy:
    """Return a policy whose texts are read with the recognisers of a zone too.

    They decide what the extract shows as much as the file does, so the digest names both; a policy without texts
    stays as it is.
    """
    if not recognisers or not any(isinstance(column.action, ScrubText) for column in policy.columns):
        return policy
    columns = tuple(
        replace(column, action=column.action.with_recognisers(recognisers))
        if isinstance(column.action, ScrubText)
        else column
        for column in policy.columns
    )
    both = {"policy": policy.digest, "recognisers": [one.as_json() for one in recognisers]}
    return replace(policy, columns=columns, digest=_digest_of(both))


def parse_policy(text: str, file: str = "policy.yaml") -> Policy:
    """Return the policy in a text.

    Raises: PolicyError — naming the line.
    """
    root = read_yaml(text, file, PolicyError)
    given = root.fields(
        ("version", "name", "dataset", "project", "purpose", "order", "columns"),
        ("linkage_domain", "key_version", "release"),
    )
    given["version"].whole(VERSION, VERSION)
    columns = tuple(_column(name, node) for name, node in given["columns"].entries().items())
    _refuse_unknown_references(columns, given["columns"])
    project = given["project"].name()
    release = _release(given["release"], columns) if "release" in given else Release()
    return Policy(
        name=given["name"].words(),
        dataset=given["dataset"].name(),
        project=project,
        purpose=cast(Purpose, given["purpose"].one_of(get_args(Purpose))),
        # Without an approved domain the project's own: its tokens meet nobody else's.
        linkage_domain=given["linkage_domain"].name() if "linkage_domain" in given else project,
        key_version=given["key_version"].whole(1) if "key_version" in given else 1,
        order=cast(Order, given["order"].one_of(get_args(Order))),
        columns=columns,
        release=release,
        digest=_digest(root),
    )


def _column(name: str, node: Node) -> ColumnPolicy:
    given = node.fields(("role", "reason"), ("action", "params", "technique"))
    role = cast(Role, given["role"].one_of(get_args(Role)))
    if "action" in given:
        _refuse_missing(given["action"])
        action_name = given["action"].one_of(tuple(ACTIONS))
    elif role in ("keep", "drop"):
        action_name = role
    else:
        node.refuse(Text(f"{node.path}.action 항목이 없습니다", f"{node.path}.action is missing"))
    if action_name not in ACTIONS_BY_ROLE[role]:
        allowed = ", ".join(sorted(ACTIONS_BY_ROLE[role]))
        given["action"].refuse(
            Text(
                f"{role} 열에는 {action_name} 처리를 쓸 수 없습니다. 가능한 처리: {allowed}",
                f"{action_name} may not serve a {role} column; these may: {allowed}",
            )
        )
    action = read_action(ACTIONS[action_name], given.get("params"), node)
    return ColumnPolicy(name, role, action_name, action, _technique(given, action), given["reason"].words())


def _refuse_missing(node: Node) -> None:
    """Refuse a technique of the guideline that nothing here does, with the reason why."""
    technique = TECHNIQUES.get(node.words())
    if technique is not None and technique.missing is not None:
        node.refuse(technique.missing)


def _technique(given: Mapping[str, Node], action: Action) -> str | None:
    if "technique" not in given:
        return action.techniques[0] if action.techniques else None
    code = given["technique"].one_of(tuple(TECHNIQUES))
    if code not in action.techniques:
        known = ", ".join(action.techniques) or "-"
        given["technique"].refuse(
            Text(
                f"이 처리의 기법이 아닙니다. 가능한 기법: {known}",
                f"is no technique of this action; these are: {known}",
            )
        )
    return code


def _refuse_unknown_references(columns: tuple[ColumnPolicy, ...], node: Node) -> None:
    """Refuse an action that looks at a column the policy does not name."""
    known = {column.name for column in columns}
    for column in columns:
        for needed in column.action.needs:
            if needed not in known:
                node.refuse(
                    Text(
                        f"{column.name}: {needed} 열이 정책에 없습니다",
                        f"{column.name} looks at {needed}, which is not named",
                    )
                )


def _release(node: Node, columns: tuple[ColumnPolicy, ...]) -> Release:
    given = node.fields((), ("k", "l", "t", "max_suppression"))
    for key in ("l", "t"):
        for name, value in given[key].entries().items() if key in given else ():
            if name not in {column.name for column in columns if column.shown and column.role == "sensitive"}:
                value.refuse(
                    Text(f"{name}은(는) 민감정보 열이 아닙니다", f"{name} is no sensitive column of the extract")
                )
    suppression = given["max_suppression"].number() if "max_suppression" in given else 0.0
    if not 0.0 <= suppression < 1.0:
        given["max_suppression"].refuse(Text("0 이상 1 미만이어야 합니다", "must be from 0 to less than 1"))
    return Release(
        k=given["k"].whole(2) if "k" in given else None,
        l_diversity={n: v.whole(2) for n, v in given["l"].entries().items()} if "l" in given else {},
        t_closeness={n: v.number() for n, v in given["t"].entries().items()} if "t" in given else {},
        max_suppression=suppression,
    )


def _digest(root: Node) -> str:
    return _digest_of(plain(root))


def _digest_of(value: object) -> str:
    content = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(content.encode("utf-8")).hexdigest()
