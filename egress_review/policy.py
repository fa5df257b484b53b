"""Reading a policy from YAML: each term as `{value, source}`, unknown keys refused with their line.

policy = load_policy("kr-default")
policy.min_cell, policy.digest
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from audit.text import Text as Words
from audit.yaml_file import Node, plain, read_yaml
from deid.errors import RecogniserError
from deid.recogniser_file import FILE_NAME, load_recognisers
from egress_review.errors import PolicyError
from egress_review.strictest import strictest
from egress_review.terms import TERMS, Policy, TermsError, check_terms
from registry.text import Text

__all__ = ["Policy", "load_policy", "shipped_policies", "with_recognisers"]

POLICIES = Path(__file__).parent / "policies"


def shipped_policies() -> tuple[str, ...]:
    """Names of the policies that come with Ansim."""
    return tuple(sorted(path.stem for path in POLICIES.glob("*.yaml")))


def load_policy(name: str | Path) -> Policy:
    """The policy of that name, or in that file if `name` ends in `.yaml`; of several joined by `+`, the strictest.

    Raises: PolicyError — if there is none, or it cannot be used; names the file and the line.
    """
    return strictest([_load_one(part) for part in str(name).split("+")])


def with_recognisers(policy: Policy, home: Path) -> Policy:
    """The policy with the recognisers that a zone keeps in its home, if it keeps any.

    Raises: PolicyError — if the file cannot be used; names the line.
    """
    path = home / FILE_NAME
    if not path.exists():
        return policy
    try:
        return replace(policy, recognisers=load_recognisers(path))
    except RecogniserError as error:
        raise _refused(error.reason) from None


def _load_one(name: str) -> Policy:
    path = Path(name)
    if path.suffix not in (".yaml", ".yml"):
        path = POLICIES / f"{name}.yaml"
        if name not in shipped_policies():
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
    root = read_yaml(text, file, _refused)
    given = root.fields(("name", "title", *TERMS))
    content: dict[str, Any] = {"name": given["name"].words(), "title": _title(given["title"]), "sources": {}}
    for key in TERMS:
        term = given[key].fields(("value", "source"))
        value = plain(term["value"])
        content[key] = tuple(str(item) for item in value) if isinstance(value, list) else value
        content["sources"][key] = term["source"].words()
    try:
        policy = Policy(**content)
        check_terms(policy)
    except TermsError as error:
        given.get(error.key, root).refuse(Words(error.reason.ko, error.reason.en))
    return policy


def _title(node: Node) -> Text:
    both = node.say()
    return Text(ko=both.ko, en=both.en)


def _refused(reason: Words) -> PolicyError:
    return PolicyError("policy_invalid", Text(ko=reason.ko, en=reason.en))
