"""Entries of the audit log as the compliance officer reads them: a sentence, its links, and whether it is proven."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from audit.columns import files, links
from audit.log import AuditLog
from audit.search import Page
from audit.searching.naming import Names
from audit.searching.proofs import PROOFS, Proof, proofs
from audit.searching.query import Entry
from audit.searching.wording import KINDS, person, sentence
from audit.text import Text
from portal.queries import Turn
from portal.records import Told, told

SHORT: dict[Proof, Text] = {
    "proven": Text("증명됨", "proven"),
    "unsigned": Text("아직 서명 전", "not signed yet"),
    "broken": Text("증명되지 않음", "not proven"),
}
PROOF_ICONS: dict[Proof, str] = {"proven": "seal", "unsigned": "clock", "broken": "alert"}


@dataclass(frozen=True, slots=True)
class Line:
    """One entry, ready to be shown."""

    told: Told
    sentence: Text
    proof: Proof
    files: tuple[str, ...]
    """The hashes of the files that it names."""
    choices: tuple[str, ...]
    """How somebody voted on them."""
    linked: tuple[tuple[str, str, Text], ...]
    """What else it concerns than its object and its project: kind, reference and name."""
    kind: Text
    """What kind of thing it is about."""
    address_sealed: bool
    host: str

    @property
    def proof_text(self) -> Text:
        """What is known of its proof."""
        return PROOFS[self.proof]

    @property
    def proof_short(self) -> Text:
        """The same in a word."""
        return SHORT[self.proof]

    @property
    def proof_icon(self) -> str:
        """The icon beside that."""
        return PROOF_ICONS[self.proof]


def lines_of(log: AuditLog, entries: Iterable[Entry], names: Names) -> list[Line]:
    """Return entries ready to be shown, each with its proof under the last signed checkpoint."""
    found, head = list(entries), log.head()
    with log.db.read() as tx:
        proven = proofs(tx, found, head)
    return [_line(one, proven[one.index], names) for one in found]


def _line(entry: Entry, proof: Proof, names: Names) -> Line:
    votes = entry.body.get("detail", {}).get("votes")
    return Line(
        told(entry, lambda ref: names.people[ref].handle if ref in names.people else None),
        sentence(entry, names),
        proof,
        tuple(dict.fromkeys(files(dict(entry.body)))),
        tuple(sorted({str(choice) for choice in votes.values()})) if isinstance(votes, dict) else (),
        _linked(entry, names),
        KINDS.get(entry.body["object"]["kind"], Text(*[str(entry.body["object"]["kind"])] * 2)),
        "source.ip" in entry.body.get("c", {}),
        str(entry.body["source"]["host"]),
    )


def _linked(entry: Entry, names: Names) -> tuple[tuple[str, str, Text], ...]:
    body = dict(entry.body)
    known = {(body["actor"]["kind"], body["actor"]["ref"]), (body["object"]["kind"], body["object"]["ref"])}
    shown = sorted(one for one in links(body) - known if one[0] in ("person", "dataset"))
    titles = {"dataset": names.datasets}
    found = []
    for kind, ref in shown:
        called = person(ref, names)
        found.append((kind, ref, titles.get(kind, {}).get(ref, Text(called, called))))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Turned:
    """One page in the order of the screen, and where the pages beside it begin."""

    entries: Sequence[Entry]
    previous: int | None
    following: int | None
    read_to: int | None
    """Where the search stopped before the end of the log."""


def turned(page: Page, turn: Turn) -> Turned:
    """Return a page that may have been read backwards."""
    entries = page.entries
    if turn.before is None:
        previous = entries[0].index if entries and turn.after is not None else None
        return Turned(entries, previous, page.next_after, page.read_to)
    entries = tuple(reversed(entries))
    following = entries[-1].index if entries else None
    return Turned(entries, entries[0].index if page.more else None, following, None)
