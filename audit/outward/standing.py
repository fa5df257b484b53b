"""How each target stands: how far it has the record, and since when it does not take it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

from sqlalchemy import Connection

from audit.outward import cursor
from audit.outward.cursor import Position
from audit.outward.target import FORMAT_NAMES, Target
from audit.store import log_size
from audit.text import Text

_TAKES = Text(
    "{name}: {format}, {position}건 전송, {behind}건 남음",
    "{name}: {format}, {position} sent, {behind} left",
)
_FAILS = Text(
    "{name}: {since}부터 {failures}회 실패 ({error}), {behind}건 남음.",
    "{name}: failing since {since}, {failures} times ({error}), {behind} left.",
)


_AGAIN = Text("저절로 다시 시도하며 빠뜨리지 않습니다.", "It is tried again by itself; nothing is skipped.")
_CURES: Mapping[str, Text] = MappingProxyType(
    {
        "file_unwritable": Text(
            "{folder} 폴더를 만들고 작업자를 실행하는 사용자(서버에서는 ansim)가 쓸 수 있게 하십시오. 서버에서는 그다음"
            " `sudo ansim units --write`와 `sudo systemctl restart ansim-worker`를 실행하십시오.",
            "Make the folder {folder} and let the user write there that the zone's worker runs as (ansim on a server);"
            " on a server, `sudo ansim units --write` and `sudo systemctl restart ansim-worker` after that.",
        ),
        "certificate_refused": Text(
            "{host}의 인증서를 발급한 기관을 outward.targets의 ca에, 인증서의 이름을 server_name에 적으십시오.",
            "Name in outward.targets, as ca, the authority of {host}'s certificate, and as server_name the name in it.",
        ),
        "certificate_unusable": Text(
            "outward.targets의 ca, certificate, key 파일이 있고 읽을 수 있는 PEM인지 보십시오.",
            "See that the files ca, certificate and key of outward.targets are there, in PEM, and can be read.",
        ),
        "name_unknown": Text(
            "이름 서버가 {host}를 모릅니다. outward.targets의 host를 고치십시오.",
            "No name server knows {host}: correct host in outward.targets.",
        ),
    }
)
"""What an operator does about an error that does not end by itself; the others end when the receiver is back."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One target: how far it has the record, and what is wrong with it."""

    target: Target
    position: Position
    behind: int
    """Entries that it does not have yet."""

    def document(self) -> dict[str, object]:
        """Return the standing as JSON values."""
        place = self.position
        return {
            "target": self.target.name,
            "format": self.target.format,
            "transport": self.target.transport,
            "position": place.position,
            "behind": self.behind,
            "delivered_at": _iso(place.delivered_at),
            "failing_since": _iso(place.failing_since),
            "failures": place.failures,
            "error": place.error,
        }

    def cure(self) -> Text:
        """Return what to do about a target that fails."""
        cure = _CURES.get(self.position.error or "")
        if cure is None:
            return _AGAIN
        said = cure.format(folder=str(Path(self.target.path).parent), host=self.target.host)
        return _joined(said, _AGAIN)

    def said(self) -> Text:
        """Return the standing as a sentence."""
        place = self.position
        form = FORMAT_NAMES[self.target.format]
        if place.failing_since is None:
            return _TAKES.format(name=self.target.name, format=form, position=place.position, behind=self.behind)
        fails = _FAILS.format(
            name=self.target.name,
            since=f"{place.failing_since:%Y-%m-%d %H:%M} UTC",
            failures=place.failures,
            error=place.error,
            behind=self.behind,
        )
        return _joined(fails, self.cure())


def standings(tx: Connection, targets: Iterable[Target]) -> list[Standing]:
    """Return how each target stands, without changing anything."""
    size = log_size(tx)
    places = [(target, cursor.read(tx, target.name)) for target in targets]
    return [Standing(target, place, max(0, size - place.position)) for target, place in places]


def _joined(first: Text, second: Text) -> Text:
    return Text(f"{first.ko} {second.ko}", f"{first.en} {second.en}")


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
