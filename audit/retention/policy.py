"""The retention policy: how many years each class of entries is kept, each with the law that says so.

A policy is a YAML file, read once at the start and refused as a whole: for an unknown key, for a period without
its source, and for a period below what the law demands. The floors are a table here, so that no file can lower
them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import get_args

from audit.catalogue import CATALOGUE, Retention
from audit.errors import RetentionPolicyInvalid
from audit.text import Text
from audit.yaml_file import Node, read_yaml

POLICIES = Path(__file__).parent / "policies"
DEFAULT = "kr-default"
CLASSES: tuple[Retention, ...] = get_args(Retention)
YEARS = (1, 2, 3, 5, 6, 10)
"""The periods that may be chosen."""

MANY_PEOPLE = 50_000
"""From so many data subjects on the longer floor for access records holds (Safety Standards, art. 8(1))."""


@dataclass(frozen=True, slots=True)
class Floor:
    """The shortest period that the law allows for one class."""

    years: int
    source: Text


_ACCESS_ONE = Floor(1, Text("「개인정보의 안전성 확보조치 기준」 제8조제1항 본문", "Safety Standards, art. 8(1)"))
_ACCESS_TWO = Floor(
    2, Text("「개인정보의 안전성 확보조치 기준」 제8조제1항 단서", "Safety Standards, art. 8(1), proviso")
)
_RIGHTS = Floor(3, Text("「개인정보의 안전성 확보조치 기준」 제5조제3항", "Safety Standards, art. 5(3)"))
_PSEUDONYMS = Floor(3, Text("「개인정보 보호법」 제28조의4제3항", "Personal Information Protection Act, art. 28-4(3)"))

FLOORS: Mapping[bool, Mapping[Retention, Floor]] = MappingProxyType(
    {
        sensitive: MappingProxyType(
            {
                "access": _ACCESS_TWO if sensitive else _ACCESS_ONE,
                "rights": _RIGHTS,
                "pseudonymisation": _PSEUDONYMS,
            }
        )
        for sensitive in (False, True)
    }
)
"""By whether the zone handles sensitive data, unique identifiers or the data of many people."""


@dataclass(frozen=True, slots=True)
class Period:
    """How long one class is kept, and the law it follows."""

    years: int
    source: Text


@dataclass(frozen=True, slots=True)
class RetentionPolicy:
    """The periods in force in a zone."""

    name: str
    title: Text
    sensitive: bool
    """Whether the longer floor for access records holds in this zone."""
    sensitive_source: Text
    periods: Mapping[Retention, Period]
    digest: str
    """SHA-256 of the file, as events name it."""

    @classmethod
    def load(cls, name: str | Path | None = None) -> RetentionPolicy:
        """Return a shipped policy by its name, or the one in a file that ends in `.yaml`; the default without a name.

        Raises: RetentionPolicyInvalid — if there is none, or it cannot be used; with file and line.
        """
        path = Path(DEFAULT if name is None else name)
        if path.suffix not in (".yaml", ".yml"):
            path = POLICIES / f"{path.name}.yaml"
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            known = ", ".join(shipped())
            reason = Text(
                f"보유기간 정책 {path.name}을(를) 읽을 수 없습니다. 제공되는 정책: {known}",
                f"no retention policy at {path.name}; shipped are: {known}",
            )
            raise RetentionPolicyInvalid(reason) from None
        return parse(text, path.name)

    def years(self, action: str) -> int:
        """Return how many years entries of an action are kept; what this version does not know is kept longest."""
        spec = CATALOGUE.get(action)
        return self.longest if spec is None else self.periods[spec.retention].years

    def after_the_project(self, action: str) -> bool:
        """Return whether the period of an action begins only when its project is closed.

        Records of pseudonymisation are kept until the pseudonymised data are destroyed and the period after that
        (PIPA art. 28-4(3)); the data of a project are destroyed with the project.
        """
        spec = CATALOGUE.get(action)
        return spec is not None and spec.retention == "pseudonymisation"

    @property
    def longest(self) -> int:
        """Return the longest period."""
        return max(period.years for period in self.periods.values())

    @property
    def shortest(self) -> int:
        """Return the shortest period."""
        return min(period.years for period in self.periods.values())

    def check_scope(self, *, sensitive: bool, people: int) -> None:
        """Accept the data of a zone: whether any of it is sensitive, and how many people the largest dataset has.

        Raises: RetentionPolicyInvalid — if the policy says of it that the shorter floor holds.
        """
        if not self.sensitive and (sensitive or people >= MANY_PEOPLE):
            floor = FLOORS[True]["access"]
            raise RetentionPolicyInvalid(
                Text(
                    f"정책 {self.name}은(는) 민감한 자료가 없다고 하지만, 이 구역의 자료는 접속기록을"
                    f" {floor.years}년 이상 보관해야 합니다 ({floor.source.ko}).",
                    f"{self.name} says that nothing here is sensitive, but the zone holds data for which access"
                    f" records are kept {floor.years} years at least ({floor.source.en}).",
                )
            )


def shipped() -> tuple[str, ...]:
    """Return the names of the policies that come with the software."""
    return tuple(sorted(path.stem for path in POLICIES.glob("*.yaml")))


def parse(text: str, file: str) -> RetentionPolicy:
    """Return the policy in a text; `file` names it in errors.

    Raises: RetentionPolicyInvalid — with the line.
    """
    top = read_yaml(text, file, RetentionPolicyInvalid).fields(("name", "title", "sensitive", "classes"))
    flag = top["sensitive"].fields(("value", "source"))
    sensitive = flag["value"].truth()
    classes = top["classes"].fields(CLASSES)
    return RetentionPolicy(
        name=top["name"].name(),
        title=top["title"].say(),
        sensitive=sensitive,
        sensitive_source=flag["source"].say(),
        periods=MappingProxyType({name: _period(classes[name], FLOORS[sensitive][name]) for name in CLASSES}),
        digest="sha256:" + hashlib.sha256(text.encode("utf-8")).hexdigest(),
    )


def _period(node: Node, floor: Floor) -> Period:
    fields = node.fields(("years", "source"))
    years = fields["years"].whole()
    if years not in YEARS:
        known = ", ".join(map(str, YEARS))
        fields["years"].refuse(Text(f"{known}년 중 하나여야 합니다", f"must be one of {known} years"))
    if years < floor.years:
        fields["years"].refuse(
            Text(
                f"{years}년은 법정 최소 기간 {floor.years}년보다 짧습니다 ({floor.source.ko})",
                f"{years} years is below the legal floor of {floor.years} years ({floor.source.en})",
            )
        )
    return Period(years, fields["source"].say())
