"""Reading a policy from YAML: each term as `{value, source}`, unknown keys refused with their line.

policy = load_policy("kr-default")
policy.min_cell, policy.digest
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from egress_review.errors import PolicyError
from egress_review.terms import TERMS, Policy, TermsError, check_terms
from registry.text import Text

__all__ = ["Policy", "load_policy", "shipped_policies"]

POLICIES = Path(__file__).parent / "policies"


def shipped_policies() -> tuple[str, ...]:
    """Names of the policies that come with Ansim."""
    return tuple(sorted(path.stem for path in POLICIES.glob("*.yaml")))


def load_policy(name: str | Path) -> Policy:
    """The policy of that name, or in that file if `name` ends in `.yaml`.

    Raises: PolicyError — if there is none, or it cannot be used; names the file and the line.
    """
    path = Path(name)
    if path.suffix not in (".yaml", ".yml"):
        path = POLICIES / f"{name}.yaml"
        if str(name) not in shipped_policies():
            known = ", ".join(shipped_policies())
            raise PolicyError(
                "policy_unknown",
                Text(
                    ko=f"정책 {name}: 없는 이름입니다. 있는 정책: {known}",
                    en=f"no policy {name!r}; there are: {known}",
                ),
            )
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = Text(ko=f"정책 파일을 읽을 수 없습니다: {path}", en=f"cannot read the policy {path}: {error}")
        raise PolicyError("policy_unreadable", reason) from None
    return parse_policy(text, path.name)


def parse_policy(text: str, file: str) -> Policy:
    """The policy written in `text`; `file` is its name in errors.

    Raises: PolicyError — naming the line.
    """
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise _error(file, mark.line + 1 if mark else 1, Text("YAML 형식이 아닙니다", "not YAML")) from None
    lines: dict[str, int] = {}
    content: dict[str, Any] = {"sources": {}}
    for key, node in _entries(root, file):
        lines[key] = node.start_mark.line + 1
        _take(content, key, node, file)
    for key in ("name", "title", *TERMS):
        if key not in content:
            raise _error(file, 1, Text(ko=f"{key} 항목이 없습니다", en=f"{key} is missing"))
    try:
        policy = Policy(**content)
        check_terms(policy)
    except TermsError as error:
        raise _error(file, lines.get(error.key, 1), error.reason) from None
    return policy


def _take(content: dict[str, Any], key: str, node: yaml.Node, file: str) -> None:
    """Put one entry of the file into `content`."""
    line = node.start_mark.line + 1
    value = _construct(node)
    if key == "name":
        content["name"] = str(value)
    elif key == "title":
        if not isinstance(value, dict) or set(value) != {"ko", "en"}:
            raise _error(file, line, Text("title에는 ko와 en이 있어야 합니다", "title needs ko and en"))
        content["title"] = Text(ko=str(value["ko"]), en=str(value["en"]))
    elif key in TERMS:
        for part, inner in _entries(node, file):
            if part not in ("value", "source"):
                raise _error(file, inner.start_mark.line + 1, _unknown(f"{key}.{part}"))
        if not isinstance(value, dict) or set(value) != {"value", "source"}:
            reason = Text(ko=f"{key} 항목에는 value와 source가 필요합니다", en=f"{key} needs a value and a source")
            raise _error(file, line, reason)
        term = value["value"]
        content[key] = tuple(str(item) for item in term) if isinstance(term, list) else term
        content["sources"][key] = str(value["source"] or "")
    else:
        raise _error(file, line, _unknown(key))


def _entries(node: yaml.Node | None, file: str) -> Iterator[tuple[str, yaml.Node]]:
    """Keys of a mapping with their values, refusing a key that is there twice."""
    if not isinstance(node, yaml.MappingNode):
        line = node.start_mark.line + 1 if node is not None else 1
        raise _error(file, line, Text("항목: 값 형식이어야 합니다", "must be a mapping of keys to values"))
    seen: set[str] = set()
    for key_node, value_node in node.value:
        key = str(key_node.value)
        if key in seen:
            reason = Text(ko=f"{key} 항목이 두 번 있습니다", en=f"{key} is there twice")
            raise _error(file, key_node.start_mark.line + 1, reason)
        seen.add(key)
        yield key, value_node


def _construct(node: yaml.Node) -> Any:
    loader = yaml.SafeLoader("")
    try:
        return loader.construct_object(node, deep=True)
    finally:
        loader.dispose()


def _unknown(key: str) -> Text:
    return Text(ko=f"알 수 없는 항목: {key}", en=f"unknown key {key!r}")


def _error(file: str, line: int, reason: Text) -> PolicyError:
    return PolicyError(
        "policy_invalid", Text(ko=f"{file} {line}행: {reason.ko}", en=f"{file}, line {line}: {reason.en}")
    )
