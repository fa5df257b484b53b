"""Who may ask for what the additional information hides, and who may agree to it. Pure rules over what is known.

The registry knows people; de-identification only needs to know a few things about each, at the moment it matters.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from audit.text import Text
from deid.errors import Refused

ASKING = frozenset({"deid_operator", "data_controller"})
"""Who answers for data or prepares it may ask; who works with it may not (PIPA art. 28-5)."""
AGREEING = frozenset({"data_controller", "compliance_officer", "adequacy_reviewer"})
_USING = frozenset({"researcher", "project_lead"})


@dataclass(frozen=True, slots=True)
class Participant:
    """What the rules need to know about one account now."""

    ref: str
    active: bool
    roles: frozenset[str]
    projects: frozenset[str]
    """Projects in which the person takes or took any part: a conflict of interest does not end."""
    uses: frozenset[str]
    """Those of them in which the person works or worked with the data."""
    marks: frozenset[str]
    """What makes two accounts one human being, such as an e-mail address in one spelling. Never written anywhere."""


class People(Protocol):
    """Where participants are looked up."""

    def participant(self, ref: str) -> Participant:
        """Return what is known now; of somebody unknown, that they may do nothing."""


class RegisteredPeople:
    """The people of a zone's registry."""

    def __init__(self, registry: Any) -> None:
        self._registry = registry

    def participant(self, ref: str) -> Participant:
        """Return what the registry knows now; of somebody unknown, that they may do nothing."""
        everybody = {person.ref: person for person in self._registry.people()}
        person = everybody.get(ref)
        if person is None:
            return Participant(
                ref, active=False, roles=frozenset(), projects=frozenset(), uses=frozenset(), marks=_NONE
            )
        parts = self._registry.memberships(ref)
        return Participant(
            ref=ref,
            active=str(person.status.value) == "active",
            roles=frozenset(str(role.value) for role in person.roles),
            projects=frozenset(part.project for part in parts),
            uses=frozenset(part.project for part in parts if str(part.role.value) in _USING),
            marks=marks(person.name, person.email),
        )


_NONE: frozenset[str] = frozenset()


def marks(name: str, email: str) -> frozenset[str]:
    """Return by what two accounts are taken for one human being: the address without its tag, and the name.

    Two people of one name are refused as well: a third one is easier found than a person with two accounts.
    """
    local, _, host = _plain(email).rpartition("@")
    return frozenset({f"email:{local.partition('+')[0]}@{host}", f"name:{_plain(name)}"})


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


@dataclass(frozen=True, slots=True)
class Rule:
    """One reason for which a person may not take part; `broken` looks at the person and the project."""

    code: str
    reason: Text
    broken: Callable[[Participant, str], bool]


_GONE = Rule(
    "not_active",
    Text("이용이 정지되었거나 없는 계정입니다.", "The account is suspended, closed or unknown."),
    lambda person, _project: not person.active,
)
ASKING_RULES: tuple[Rule, ...] = (
    _GONE,
    Rule(
        "no_authority",
        Text(
            "가명처리 담당자나 데이터 제공 책임자만 요청할 수 있습니다.",
            "Only a de-identification operator or a data controller may ask.",
        ),
        lambda person, _project: person.roles.isdisjoint(ASKING),
    ),
    Rule(
        "uses_the_data",
        Text(
            "이 과제의 데이터를 이용하는 사람은 요청할 수 없습니다(개인정보 보호법 제28조의5).",
            "Whoever works with the project's data may not ask (Personal Information Protection Act, art. 28-5).",
        ),
        lambda person, project: project in person.uses,
    ),
)
AGREEING_RULES: tuple[Rule, ...] = (
    _GONE,
    Rule(
        "no_authority",
        Text(
            "데이터 제공 책임자, 준법감시 담당자, 적정성 검토자만 승인할 수 있습니다.",
            "Only a data controller, a compliance officer or an adequacy reviewer may approve.",
        ),
        lambda person, _project: person.roles.isdisjoint(AGREEING),
    ),
    Rule(
        "member_of_the_project",
        Text(
            "이 과제에 참여하거나 참여했던 사람은 승인할 수 없습니다.",
            "Who has or had a part in the project may not approve.",
        ),
        lambda person, project: project in person.projects,
    ),
)

_ONE_PERSON = Text(
    "요청한 사람과 승인하는 사람은 모두 달라야 합니다(이름이나 전자우편 주소가 같은 계정은 한 사람으로 봅니다).",
    "Whoever asks and whoever approves must all be different people (accounts with one name or address count as one).",
)


def check_asking(person: Participant, project: str) -> None:
    """Accept a person who may ask about a project's data.

    Raises: Refused — with the first rule that is broken.
    """
    _check(ASKING_RULES, person, project)


def check_agreeing(person: Participant, project: str, others: Sequence[Participant]) -> None:
    """Accept a person who may agree beside `others`: whoever asked, and whoever agreed before.

    Raises: Refused — with the first rule that is broken.
    """
    _check(AGREEING_RULES, person, project)
    for other in others:
        if person.ref == other.ref or not person.marks.isdisjoint(other.marks):
            raise Refused("same_person", _ONE_PERSON)


def _check(rules: tuple[Rule, ...], person: Participant, project: str) -> None:
    for rule in rules:
        if rule.broken(person, project):
            raise Refused(rule.code, rule.reason)
