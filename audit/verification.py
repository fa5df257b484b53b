"""What a verification found: problems with name, place and sentence, and the verdict from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from audit.text import Text

Verdict = Literal["intact", "tampered", "untrusted", "incomplete"]
Weight = Literal["tampered", "untrusted", "incomplete", "note"]


@dataclass(frozen=True, slots=True)
class ProblemSpec:
    """One kind of problem: what it says about the log, and the sentence for it."""

    weight: Weight
    text: Text
    pinned: bool = True
    """Whether it is about every entry it names; else about at least one of them."""


PROBLEMS: Mapping[str, ProblemSpec] = MappingProxyType(
    {
        "entry.missing": ProblemSpec(
            "tampered",
            Text("{index}번부터 {last}번까지의 기록이 없습니다.", "Entries {index} to {last} are missing."),
        ),
        "entry.extra": ProblemSpec(
            "tampered",
            Text(
                "있을 수 없는 번호({index})의 기록이 있습니다.",
                "There is an entry with the impossible number {index}.",
            ),
        ),
        "entry.form": ProblemSpec(
            "tampered",
            Text(
                "{index}번 기록의 본문이 정해진 형식이 아닙니다.",
                "The body of entry {index} is not of the fixed form.",
            ),
        ),
        "entry.leaf_hash": ProblemSpec(
            "tampered",
            Text(
                "{index}번 기록의 본문이 저장된 해시와 다릅니다.",
                "The body of entry {index} does not have the hash that was stored with it.",
            ),
        ),
        "entry.columns": ProblemSpec(
            "tampered",
            Text(
                "{index}번 기록의 검색 항목이 본문과 다릅니다.",
                "The search columns of entry {index} differ from its body.",
            ),
        ),
        "entry.links": ProblemSpec(
            "tampered",
            Text(
                "{index}번 기록의 시간순 목록 연결이 본문과 다릅니다.",
                "The timeline links of entry {index} differ from its body.",
            ),
        ),
        "entry.tree": ProblemSpec(
            "tampered",
            Text(
                "{index}번 기록이 해시 트리에 남은 것과 다릅니다.",
                "Entry {index} is not the one that the hash tree recorded.",
            ),
        ),
        "tile.missing": ProblemSpec(
            "tampered",
            Text(
                "{index}번부터 {last}번까지의 해시 트리 조각이 없습니다.",
                "The tile of the hash tree over entries {index} to {last} is missing.",
            ),
            pinned=False,
        ),
        "tile.root": ProblemSpec(
            "tampered",
            Text(
                "{index}번부터 {last}번까지의 해시 트리 조각이 변경되었습니다.",
                "The tile of the hash tree over entries {index} to {last} was changed.",
            ),
            pinned=False,
        ),
        "tile.extra": ProblemSpec(
            "tampered",
            Text(
                "{index}번 이후의 기록이 없는데 그 해시 트리 조각이 남아 있습니다.",
                "The hash tree has a tile over entries from {index} on, which do not exist.",
            ),
        ),
        "checkpoint.root": ProblemSpec(
            "tampered",
            Text(
                "{index}번부터 {last}번 사이의 기록이 서명된 검증점과 다릅니다.",
                "Something between entry {index} and entry {last} differs from what was signed.",
            ),
            pinned=False,
        ),
        "checkpoint.truncated": ProblemSpec(
            "tampered",
            Text(
                "서명된 검증점에는 {last}번까지 있으나 {index}번부터 기록이 없습니다.",
                "A signed checkpoint covers entries up to {last}, but they are missing from {index} on.",
            ),
        ),
        "checkpoint.form": ProblemSpec(
            "tampered",
            Text(
                "크기 {index}의 검증점이 올바른 형식이 아닙니다.",
                "The checkpoint of size {index} does not have the right form.",
            ),
        ),
        "checkpoint.signature": ProblemSpec(
            "tampered",
            Text(
                "크기 {index}의 검증점의 서명이 내용과 맞지 않습니다.",
                "The signature of the checkpoint of size {index} does not belong to its text.",
            ),
        ),
        "checkpoint.untrusted": ProblemSpec(
            "untrusted",
            Text(
                "크기 {index}의 검증점이 신뢰하는 키로 서명되지 않았습니다.",
                "The checkpoint of size {index} is not signed by the trusted key.",
            ),
        ),
        "checkpoint.none": ProblemSpec(
            "incomplete",
            Text(
                "서명된 검증점이 없어 기록을 대조할 수 없습니다.",
                "There is no signed checkpoint to hold the log against.",
            ),
        ),
        "checkpoint.files": ProblemSpec(
            "incomplete",
            Text(
                "데이터베이스 밖에 보관된 검증점 파일이 없습니다.",
                "The checkpoint files that are kept apart from the database are missing.",
            ),
        ),
        "sidecar.missing": ProblemSpec(
            "incomplete",
            Text(
                "{index}번 기록의 봉인된 값이 없습니다.",
                "A sealed value of entry {index} is missing.",
            ),
        ),
        "time.backwards": ProblemSpec(
            "note",
            Text(
                "{index}번 기록의 시각이 앞 기록보다 이릅니다.",
                "Entry {index} has an earlier time than the entry before it.",
            ),
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is not as it should be, with the first and the last index it may concern."""

    code: str
    index: int
    last: int

    @property
    def place(self) -> tuple[int, int]:
        """Return what problems are sorted by: the last entry at which this one can begin."""
        return (self.index if PROBLEMS[self.code].pinned else self.last, self.index)

    @property
    def weight(self) -> Weight:
        """Return what this problem says about the log."""
        return PROBLEMS[self.code].weight

    @property
    def text(self) -> Text:
        """Return the sentence for this problem."""
        return PROBLEMS[self.code].text.format(index=self.index, last=self.last)


@dataclass(frozen=True, slots=True)
class Verification:
    """The outcome of a verification."""

    size: int
    root: bytes
    """The root of the tree as the bodies give it."""
    covered: int
    """How many entries the largest checkpoint that holds covers; later ones are not yet signed."""
    checkpoints_checked: int
    problems: tuple[Problem, ...]
    """By `Problem.place`; at most `audit.verify.MAX_PER_CODE` of each code."""

    @property
    def verdict(self) -> Verdict:
        """Return the gravest thing that a problem says."""
        found = {problem.weight for problem in self.problems}
        for verdict in ("tampered", "untrusted", "incomplete"):
            if verdict in found:
                return verdict
        return "intact"

    @property
    def ok(self) -> bool:
        """Return whether the log is whole and is what was signed."""
        return self.verdict == "intact"

    @property
    def first_bad(self) -> Problem | None:
        """Return the first sign of tampering."""
        return next((problem for problem in self.problems if problem.weight == "tampered"), None)
