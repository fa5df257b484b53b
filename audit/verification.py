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
        "entry.pruned": ProblemSpec(
            "note",
            Text(
                "{index}번부터 {last}번까지의 기록은 보존기간이 지나 파기되었고, 파기 사실이 기록되어 있습니다.",
                "Entries {index} to {last} were pruned after their retention period, as the log itself declares.",
            ),
        ),
        "entry.left_out": ProblemSpec(
            "incomplete",
            Text(
                "이 사본에는 {index}번부터 {last}번까지의 기록 본문이 없습니다.",
                "This copy does not hold the bodies of entries {index} to {last}.",
            ),
        ),
        "bundle.form": ProblemSpec(
            "tampered",
            Text(
                "{index}번 기록부터 기록 파일을 읽을 수 없습니다.",
                "The file of entries cannot be read from entry {index} on.",
            ),
        ),
        "file.missing": ProblemSpec(
            "incomplete",
            Text(
                "{index}번부터 {last}번까지의 기록에 대한 파일이 없습니다.",
                "A file about entries {index} to {last} is missing.",
            ),
        ),
        "tile.form": ProblemSpec(
            "tampered",
            Text(
                "{index}번부터 {last}번까지의 해시 트리 파일이 올바른 형식이 아닙니다.",
                "The file of the hash tree over entries {index} to {last} does not have the right form.",
            ),
            pinned=False,
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
                "{index}번부터 {last}번 사이의 기록이 서명된 체크포인트와 다릅니다.",
                "Something between entry {index} and entry {last} differs from what was signed.",
            ),
            pinned=False,
        ),
        "checkpoint.split": ProblemSpec(
            "tampered",
            Text(
                "크기 {index}의 서명된 체크포인트가 둘이며 서로 다릅니다. 같은 키로 두 가지 기록이 서명되었습니다.",
                "Two signed checkpoints of size {index} differ: the same key has signed two histories.",
            ),
        ),
        "checkpoint.truncated": ProblemSpec(
            "tampered",
            Text(
                "서명된 체크포인트에는 {last}번까지 있으나 {index}번부터 기록이 없습니다.",
                "A signed checkpoint covers entries up to {last}, but they are missing from {index} on.",
            ),
        ),
        "checkpoint.form": ProblemSpec(
            "tampered",
            Text(
                "크기 {index}의 체크포인트가 올바른 형식이 아닙니다.",
                "The checkpoint of size {index} does not have the right form.",
            ),
        ),
        "checkpoint.signature": ProblemSpec(
            "tampered",
            Text(
                "크기 {index}의 체크포인트의 서명이 내용과 맞지 않습니다.",
                "The signature of the checkpoint of size {index} does not belong to its text.",
            ),
        ),
        "checkpoint.untrusted": ProblemSpec(
            "untrusted",
            Text(
                "크기 {index}의 체크포인트가 신뢰하는 키로 서명되지 않았습니다.",
                "The checkpoint of size {index} is not signed by the trusted key.",
            ),
        ),
        "checkpoint.none": ProblemSpec(
            "incomplete",
            Text(
                "서명된 체크포인트가 없어 기록을 대조할 수 없습니다.",
                "There is no signed checkpoint to hold the log against.",
            ),
        ),
        "checkpoint.missing": ProblemSpec(
            "note",
            Text(
                "파일로 보관된 크기 {index}의 체크포인트가 데이터베이스에 없습니다.",
                "The checkpoint of size {index} lies in a file, but not in the database.",
            ),
        ),
        "checkpoint.files": ProblemSpec(
            "incomplete",
            Text(
                "데이터베이스 밖에 보관된 체크포인트 파일이 없습니다.",
                "The checkpoint files that are kept apart from the database are missing.",
            ),
        ),
        "witness.quorum": ProblemSpec(
            "untrusted",
            Text(
                "정책이 요구하는 수만큼의 증인이 서명한 체크포인트가 없습니다.",
                "No checkpoint is signed by as many witnesses as the policy asks for.",
            ),
        ),
        "witness.behind": ProblemSpec(
            "note",
            Text(
                "{index}번부터 {last}번까지의 기록은 아직 증인이 서명하지 않았습니다.",
                "The witnesses have not signed entries {index} to {last} yet.",
            ),
        ),
        "timestamp.invalid": ProblemSpec(
            "tampered",
            Text(
                "크기 {index}의 체크포인트에 대한 시점확인 토큰이 올바르지 않습니다.",
                "A time stamp on the checkpoint of size {index} does not hold.",
            ),
        ),
        "timestamp.untrusted": ProblemSpec(
            "untrusted",
            Text(
                "크기 {index}의 체크포인트에 붙은 시점확인 토큰이 신뢰하는 기관의 것이 아니거나 다른 것입니다.",
                "A time stamp on the checkpoint of size {index} is not by an authority that you trust, or not over it.",
            ),
        ),
        "key.unknown": ProblemSpec(
            "untrusted",
            Text(
                "신뢰하는 키가 주어지지 않아 사본에 들어 있는 키로만 대조했습니다.",
                "No key that you trust was given: the copy was held against the key that lies in it.",
            ),
        ),
        "key.differs": ProblemSpec(
            "untrusted",
            Text(
                "사본에 들어 있는 키 파일이 이 기록의 키가 아닙니다.",
                "The files of keys in the copy do not hold the key that signed it.",
            ),
        ),
        "copy.older": ProblemSpec(
            "incomplete",
            Text(
                "가지고 있는 체크포인트는 {last}번 기록까지인데, 이 사본은 그보다 앞에서 끝납니다.",
                "You hold a checkpoint up to entry {last}; this copy ends before it.",
            ),
        ),
        "program.differs": ProblemSpec(
            "note",
            Text(
                "사본에 들어 있는 verify.py는 이 판의 것이 아닙니다.",
                "The verify.py in the copy is not the one of this version.",
            ),
        ),
        "manifest.form": ProblemSpec(
            "tampered",
            Text(
                "사본의 목록 파일이 검증된 내용과 다릅니다.",
                "The manifest of the copy does not say what was verified.",
            ),
        ),
        "sidecar.missing": ProblemSpec(
            "incomplete",
            Text(
                "{index}번 기록의 봉인된 값이 없습니다.",
                "A sealed value of entry {index} is missing.",
            ),
        ),
        "sidecar.key": ProblemSpec(
            "incomplete",
            Text(
                "봉인된 값의 키가 파기 기록 없이 사라졌습니다.",
                "A key of sealed values is gone, and no erasure took it.",
            ),
        ),
        "intent.open": ProblemSpec(
            "note",
            Text(
                "{index}번 기록이 예고한 일의 결과가 기록되지 않았습니다.",
                "What entry {index} announced has no recorded outcome.",
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
    """By `Problem.place`; at most `audit.verifying.chunk.MAX_PER_CODE` of each code."""
    destroyed: int = 0
    """How many entries have sealed values that an erasure destroyed; their proofs hold."""
    timestamps: int = 0
    """How many time stamps hold."""

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
