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
from egress_review.terms import NEUTRAL, TERMS, Policy, TermsError, check_terms
from registry.text import Text

__all__ = ["Policy", "known_policies", "load_known", "load_policy", "shipped_policies", "with_recognisers"]

POLICIES = Path(__file__).parent / "policies"

LONGEST_NAME = 40
"""Characters of the name of a policy: the names of several together stand beside every vote."""


def shipped_policies() -> tuple[str, ...]:
    """Names of the policies that come with Ansim."""
    return tuple(sorted(path.stem for path in POLICIES.glob("*.yaml")))


def known_policies(own: Path | None = None) -> tuple[str, ...]:
    """Names of the policies that come with Ansim and of those in the directory `own`, which cannot take their names."""
    written = {path.stem for path in own.glob("*.yaml")} if own is not None and own.is_dir() else set()
    return tuple(sorted(written | set(shipped_policies())))


def load_policy(name: str | Path, own: Path | None = None) -> Policy:
    """The policy of that name, or in that file if `name` ends in `.yaml`; of several joined by `+`, the strictest.

    `own` is a directory with policies of the zone's own, known by the names of their files.
    Raises: PolicyError — if there is none, or it cannot be used; names the file and the line.
    """
    return strictest([_load_one(part, own) for part in str(name).split("+")])


def load_known(name: str, own: Path | None = None) -> Policy:
    """The policy of that name, never a file elsewhere: for names that come from outside.

    Raises: PolicyError
    """
    for part in name.split("+"):
        if part not in known_policies(own):
            raise _unknown(part, own)
    return load_policy(name, own)


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


def _load_one(name: str, own: Path | None) -> Policy:
    path = Path(name)
    if path.suffix not in (".yaml", ".yml"):
        if name not in known_policies(own):
            raise _unknown(name, own)
        shipped = own is None or name in shipped_policies()
        path = (POLICIES if shipped or own is None else own) / f"{name}.yaml"
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = Text(ko=f"정책 파일을 읽을 수 없습니다: {path}", en=f"cannot read the policy {path}: {error}")
        raise PolicyError("policy_unreadable", reason) from None
    return parse_policy(text, path.name)


def _unknown(name: str, own: Path | None) -> PolicyError:
    known = ", ".join(known_policies(own))
    return PolicyError(
        "policy_unknown",
        Text(ko=f"정책 {name}: 없는 이름입니다. 있는 정책: {known}", en=f"no policy {name!r}; there are: {known}"),
        hint=Text(
            ko="있는 이름 가운데 하나를 쓰거나, .yaml로 끝나는 정책 파일의 경로를 지정하십시오.",
            en="Use one of these names, or give the path of a policy file that ends in .yaml.",
        ),
    )


def parse_policy(text: str, file: str) -> Policy:
    """The policy written in `text`; `file` is its name in errors.

    Raises: PolicyError — naming the line.
    """
    root = read_yaml(text, file, _refused)
    given = root.fields(("name", "title", *(key for key in TERMS if key not in NEUTRAL)), tuple(NEUTRAL))
    content: dict[str, Any] = {"name": given["name"].words(), "title": _title(given["title"]), "sources": {}}
    if len(content["name"]) > LONGEST_NAME:
        given["name"].refuse(Words(f"{LONGEST_NAME}자까지 쓸 수 있습니다", f"has at most {LONGEST_NAME} characters"))
    for key in (key for key in TERMS if key in given):
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
