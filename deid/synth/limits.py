"""The limits of the privacy gate: what each attack may find at most, and where each limit comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from audit.text import Text
from audit.yaml_file import Node
from deid.synth.words import LIMIT_SOURCES, NO_SOURCE

LIMITED = ("singling_out", "linkability", "inference", "membership")
"""Risks whose limit a policy can set."""


@dataclass(frozen=True, slots=True)
class Gate:
    """What each attack may find at most: the upper end of its 95 % interval is held to it.

    0.09 is the highest chance to identify a person that the European Medicines Agency (Policy 0070, guidance of 2018)
    and Health Canada (PRCI guidance of 2019) accept for data they publish. For what is guessed rather than identified
    no authority names a number: those two are Ansim's own and stand in every report.
    """

    singling_out: float = 0.09
    linkability: float = 0.09
    inference: float = 0.2
    membership: float = 0.55
    attacks: int = 2_000
    """Targets of each attack; fewer make the intervals wider, and the upper end is what counts."""
    sources: Mapping[str, str] = field(default_factory=dict)
    """Where a limit comes from that the policy sets itself, by risk, in its own words."""

    def source_of(self, risk: str) -> Text:
        """Return where the limit of a risk comes from."""
        if risk in self.sources:
            return Text(self.sources[risk], self.sources[risk])
        usual = getattr(self, risk, None) == getattr(Gate(), risk, None)
        return LIMIT_SOURCES[risk] if usual else NO_SOURCE


def read_gate(node: Node) -> Gate:
    """Return the limits that a policy sets. Raises: PolicyError — naming the line."""
    given = node.fields((), (*LIMITED, "attacks", "sources"))
    values: dict[str, float] = {}
    for key in LIMITED:
        if key in given:
            values[key] = given[key].number()
            if not 0.0 < values[key] <= 1.0:
                given[key].refuse(Text("0보다 크고 1 이하여야 합니다", "must be above 0 and at most 1"))
    attacks = given["attacks"].whole(100, 100_000) if "attacks" in given else Gate().attacks
    sources = {}
    if "sources" in given:
        for key, one in given["sources"].fields((), LIMITED).items():
            if key not in values:
                one.refuse(
                    Text("정책이 한도를 정하지 않은 위험입니다", "names a risk whose limit the policy does not set")
                )
            sources[key] = one.words()
    return Gate(**values, attacks=attacks, sources=sources)
