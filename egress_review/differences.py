"""In which ways a request can differ from what the log says of it, in words that people read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from registry.text import Text


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that the database says otherwise than the log."""

    code: str
    """A key of `SAYS`; also what the log keeps of it."""
    text: Text
    index: int | None = None
    """The entry that says otherwise, where there is one."""

    def as_json(self, language: str) -> dict[str, Any]:
        """The difference as programs read it."""
        return {"code": self.code, "entry": self.index, "message": self.text.text(language)}


SAYS: Mapping[str, Text] = MappingProxyType(
    {
        "request.gone": Text("신청이 지워졌습니다.", "The request was removed from the database."),
        "request.unknown": Text("이 신청을 만든 기록이 없습니다.", "No entry of the log made this request."),
        "request.state": Text("상태: {now}. 기록: {told}.", "Its state is: {now}. The log says: {told}."),
        "request.move": Text(
            "그때 상태에서 할 수 없는 일이 기록에 있습니다({action}). 그 전에 상태를 손으로 바꾼 것입니다.",
            "The log has {action}, which was not possible then: its state was changed by hand before.",
        ),
        "request.author": Text("신청자가 기록과 다릅니다.", "Its author is another person than in the log."),
        "request.project": Text("과제가 기록과 다릅니다.", "Its project is another one than in the log."),
        "request.direction": Text("반출인지 반입인지가 기록과 다릅니다.", "The log has it going the other way."),
        "request.workspace": Text("분석환경이 기록과 다릅니다.", "Its workspace is another one than in the log."),
        "request.round": Text("차수: {now}. 기록: {told}.", "Its round is {now}; the log says {told}."),
        "request.words": Text(
            "{round}차 설명이나 파일 이름이 제출한 것과 다릅니다.",
            "What it says in round {round}, or a name of a file, is not what was handed in.",
        ),
        "request.data": Text("이용한 데이터가 기록과 다릅니다.", "The data it was made from is not that in the log."),
        "request.policy": Text("반출 기준이 기록과 다릅니다.", "Its policy is another one than in the log."),
        "request.time": Text("시각이 기록과 다릅니다({column}).", "The time {column} is not that in the log."),
        "request.approval": Text("승인 표시가 기록과 다릅니다.", "Its approval is not that in the log."),
        "request.packaged": Text(
            "반출되지 않았는데 반출물이 있다고 되어 있습니다.", "It is marked as packed without having been released."
        ),
        "round.gone": Text("{round}차 내용이 지워졌습니다.", "What was handed in as round {round} was removed."),
        "round.extra": Text("{round}차는 제출된 적이 없습니다.", "Round {round} was never handed in."),
        "file.changed": Text(
            "{round}차 파일이 제출한 것과 다릅니다.", "The files of round {round} are not as they were handed in."
        ),
        "report.gone": Text("{round}차 점검 결과가 지워졌습니다.", "The findings of round {round} were removed."),
        "report.extra": Text("{round}차는 점검된 적이 없습니다.", "Round {round} was never checked by machine."),
        "report.changed": Text("{round}차 점검 결과가 바뀌었습니다.", "The findings of round {round} were changed."),
        "vote.gone": Text("기록에 있는 심사 의견이 지워졌습니다.", "A vote that is in the log was removed."),
        "vote.extra": Text("기록에 없는 심사 의견이 있습니다.", "There is a vote that the log does not have."),
        "vote.made_up": Text(
            "기록에 있는 심사 의견이 안심구역에서 낸 것이 아닙니다.", "The log has a vote that nobody cast in the zone."
        ),
        "vote.voter": Text("의견을 낸 사람이 기록과 다릅니다.", "A vote has another voter than in the log."),
        "vote.choice": Text("심사 의견이 기록과 다릅니다.", "A vote says something else than in the log."),
        "vote.cast_on": Text(
            "의견이 향한 차수, 파일, 설명이나 기준이 기록과 다릅니다.",
            "A vote was cast on another round, file, description or policy than in the log.",
        ),
        "vote.roles": Text("심사자의 역할이 기록과 다릅니다.", "A voter has other roles than in the log."),
        "vote.comment": Text("심사 의견의 글이 기록과 다릅니다.", "The comment of a vote is not that in the log."),
        "vote.time": Text("의견을 낸 시각이 기록과 다릅니다.", "The time of a vote is not that in the log."),
        "release.gone": Text("반출 기록서가 지워졌습니다.", "The record of the release was removed."),
        "release.extra": Text("기록에 없는 반출 기록서가 있습니다.", "There is a release that the log does not have."),
        "release.changed": Text("반출 기록서가 기록과 다릅니다.", "The record of the release is not that in the log."),
        "release.signature": Text("반출 기록서의 서명이 맞지 않습니다.", "The signature of the release does not hold."),
        "receipt.changed": Text("영수증이 반출 기록과 맞지 않습니다.", "The receipt is not that of the release."),
        "receipt.extra": Text("반출되지 않았는데 영수증이 있습니다.", "There is a receipt without a release."),
        "collection.changed": Text("수령 횟수가 기록과 다릅니다.", "The collections are not those in the log."),
        "purge.changed": Text("지운 파일의 표시가 기록과 다릅니다.", "What was purged is not what the log says."),
        "recusal.gone": Text("심사 회피가 지워졌습니다.", "That somebody stepped back from the review was removed."),
        "entry.changed": Text("감사 기록의 항목이 바뀌었습니다.", "An entry of the audit log was changed."),
        "entry.not_signed": Text(
            "감사 기록의 항목이 서명된 것과 다릅니다.", "An entry of the audit log is not the one that was signed."
        ),
    }
)
"""Every difference; texts are filled with what differs, never with a value of a person."""


def differs(code: str, index: int | None = None, **values: object) -> Difference:
    """A difference of that kind; a value that is itself a text is said in the language of the sentence."""
    ko = {name: value.ko if isinstance(value, Text) else value for name, value in values.items()}
    en = {name: value.en if isinstance(value, Text) else value for name, value in values.items()}
    said = SAYS[code]
    return Difference(code, Text(said.ko.format(**ko), said.en.format(**en)), index)
