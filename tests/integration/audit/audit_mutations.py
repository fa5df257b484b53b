"""Every class of byte in a copy of the log, and every kind of change to it: what was done, and what must be said.

The log has 600 entries: two full tiles and a partial one, checkpoints at 100, 512 and 600. A change is made by whoever
holds the copy and not the key.
"""

from __future__ import annotations

import base64
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audit.export.layout import pack, unpack
from audit.text import Language, Text
from audit.verification import PROBLEMS

SIZE, CHECKPOINTS = 600, (100, 512, 600)
ENTRY, OTHER = 300, 310
FULL, PARTIAL = "tile/entries/001", "tile/entries/002.p/88"
LEAVES, LAST_LEAVES, ROOTS = "tile/0/001", "tile/0/002.p/88", "tile/1/000.p/2"
HASH = 32
STRANGER = b"example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k\n"

Change = Callable[[Path], None]
KINDS = {
    "change": Text("바꿈", "change"),
    "delete": Text("지움", "delete"),
    "insert": Text("끼움", "insert"),
    "swap": Text("서로 바꿈", "swap"),
    "truncate": Text("잘라냄", "truncate"),
    "replay": Text("옛것으로 되돌림", "replay"),
}


@dataclass(frozen=True, slots=True)
class Mutation:
    """One change: to which class of byte, of which kind, and what a verifier must say."""

    subject: Text
    kind: str
    change: Change
    code: str
    index: int

    @property
    def signed(self) -> bool:
        """Whether it is to something that a signature covers; else only our own verifier looks at it."""
        papers = self.subject in (KEYS, MANIFEST) or self.code in ("manifest.form",)
        return not papers and not (self.subject == EARLIER and self.kind == "delete")

    @property
    def verdict(self) -> str:
        return PROBLEMS[self.code].weight

    @property
    def id(self) -> str:
        return f"{self.subject.en}: {self.kind}"


def _bytes(path: str, edit: Callable[[bytes], bytes]) -> Change:
    def change(copy: Path) -> None:
        (copy / path).write_bytes(edit((copy / path).read_bytes()))

    return change


def _flip(position: int) -> Callable[[bytes], bytes]:
    return lambda data: data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :]


def _units(edit: Callable[[list[bytes]], Sequence[bytes]], size: int = HASH) -> Callable[[bytes], bytes]:
    return lambda data: b"".join(edit([data[i : i + size] for i in range(0, len(data), size)]))


def _entries(edit: Callable[[list[bytes]], Sequence[bytes]]) -> Callable[[bytes], bytes]:
    return lambda data: pack(edit(unpack(data)))


def _swapped(values: list[bytes], one: int, two: int) -> list[bytes]:
    values[one], values[two] = values[two], values[one]
    return values


def _replaced(values: list[bytes], at: int, value: bytes) -> list[bytes]:
    return [*values[:at], value, *values[at + 1 :]]


def _text(path: str, old: str, new: str) -> Change:
    def change(copy: Path) -> None:
        text = (copy / path).read_text(encoding="utf-8")
        assert old in text, f"{path} does not hold {old!r}"
        (copy / path).write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


def _copied(source: str, target: str) -> Change:
    return lambda copy: _written(copy / target, (copy / source).read_bytes())


def _written(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def _exchanged(one: str, two: str) -> Change:
    def change(copy: Path) -> None:
        first, second = (copy / one).read_bytes(), (copy / two).read_bytes()
        (copy / one).write_bytes(second)
        (copy / two).write_bytes(first)

    return change


def _removed(path: str) -> Change:
    return lambda copy: (copy / path).unlink()


def _forged(note: bytes) -> bytes:
    head, signature = note.rsplit(b" ", 1)
    return head + b" " + base64.b64encode(_flip(-1)(base64.b64decode(signature))) + b"\n"


def _lines(edit: Callable[[list[bytes]], list[bytes]]) -> Callable[[bytes], bytes]:
    return lambda data: b"\n".join(edit(data.split(b"\n")))


BODY = Text("기록 본문", "body of an entry")
LENGTH = Text("본문의 길이 표시", "length before an entry")
BUNDLE = Text("기록 묶음 파일", "file of entries")
LEAF = Text("기록의 해시", "leaf hash")
PARTIAL_LEAF = Text("미완 조각의 해시", "leaf hash in a partial tile")
ROOT = Text("해시 트리 조각의 뿌리", "root of a tile")
HEAD_TEXT = Text("체크포인트 본문", "text of the checkpoint")
SIGNATURE = Text("체크포인트 서명", "signature of the checkpoint")
EARLIER = Text("이전 체크포인트", "earlier checkpoint")
KEYS = Text("키 파일", "key file")
MANIFEST = Text("목록 파일", "manifest")

AT = ENTRY - 256

EXPORT: tuple[Mutation, ...] = (
    Mutation(
        BODY,
        "change",
        _bytes(FULL, _entries(lambda e: _replaced(e, AT, e[AT].replace(b"2694", b"2695")))),
        "entry.tree",
        ENTRY,
    ),
    Mutation(BODY, "delete", _bytes(FULL, _entries(lambda e: e[:AT] + e[AT + 1 :])), "entry.tree", ENTRY),
    Mutation(BODY, "insert", _bytes(FULL, _entries(lambda e: [*e[:AT], e[AT], *e[AT:255]])), "entry.tree", ENTRY + 1),
    Mutation(BODY, "swap", _bytes(FULL, _entries(lambda e: _swapped(e, AT, OTHER - 256))), "entry.tree", ENTRY),
    Mutation(BODY, "truncate", _bytes(FULL, _entries(lambda e: _replaced(e, AT, e[AT][:-5]))), "entry.form", ENTRY),
    Mutation(BODY, "replay", _bytes(FULL, _entries(lambda e: _replaced(e, AT, e[3]))), "entry.tree", ENTRY),
    Mutation(LENGTH, "change", _bytes(FULL, _flip(1)), "entry.form", 256),
    Mutation(LENGTH, "delete", _bytes(FULL, lambda data: data[2:]), "entry.form", 256),
    Mutation(LENGTH, "insert", _bytes(FULL, lambda data: b"\0\0" + data), "entry.form", 256),
    Mutation(LENGTH, "swap", _bytes(FULL, lambda data: data[1::-1] + data[2:]), "entry.form", 256),
    Mutation(LENGTH, "truncate", _bytes(FULL, lambda data: data[1:]), "entry.form", 256),
    Mutation(BUNDLE, "delete", _removed(FULL), "file.missing", 256),
    Mutation(BUNDLE, "truncate", _bytes(FULL, _entries(lambda e: e[:AT])), "bundle.form", ENTRY),
    Mutation(BUNDLE, "insert", _bytes(PARTIAL, lambda data: data + data), "bundle.form", 599),
    Mutation(BUNDLE, "swap", _exchanged(FULL, "tile/entries/000"), "entry.tree", 0),
    Mutation(BUNDLE, "replay", _copied("tile/entries/000", FULL), "entry.tree", 256),
    Mutation(LEAF, "change", _bytes(LEAVES, _flip(AT * HASH + 7)), "entry.tree", ENTRY),
    Mutation(LEAF, "delete", _bytes(LEAVES, _units(lambda h: h[:AT] + h[AT + 1 :])), "tile.form", 256),
    Mutation(LEAF, "insert", _bytes(LEAVES, _units(lambda h: [*h, h[0]])), "tile.form", 256),
    Mutation(LEAF, "swap", _bytes(LEAVES, _units(lambda h: _swapped(h, AT, OTHER - 256))), "entry.tree", ENTRY),
    Mutation(LEAF, "truncate", _bytes(LEAVES, lambda data: data[:-1]), "tile.form", 256),
    Mutation(LEAF, "replay", _copied("tile/0/000", LEAVES), "entry.tree", 256),
    Mutation(PARTIAL_LEAF, "change", _bytes(LAST_LEAVES, _flip(HASH * 80)), "entry.tree", 592),
    Mutation(PARTIAL_LEAF, "delete", _removed(LAST_LEAVES), "file.missing", 512),
    Mutation(PARTIAL_LEAF, "swap", _bytes(LAST_LEAVES, _units(lambda h: _swapped(h, 1, 80))), "entry.tree", 513),
    Mutation(ROOT, "change", _bytes(ROOTS, _flip(HASH + 3)), "tile.root", 256),
    Mutation(ROOT, "delete", _removed(ROOTS), "file.missing", 0),
    Mutation(ROOT, "insert", _bytes(ROOTS, lambda data: data + data[:HASH]), "tile.form", 0),
    Mutation(ROOT, "swap", _bytes(ROOTS, _units(lambda h: _swapped(h, 0, 1))), "tile.root", 0),
    Mutation(ROOT, "truncate", _bytes(ROOTS, lambda data: data[:HASH]), "tile.form", 0),
    Mutation(ROOT, "replay", _bytes(ROOTS, lambda data: data[:HASH] * 2), "tile.root", 256),
    Mutation(HEAD_TEXT, "change", _text("checkpoint", "\n600\n", "\n601\n"), "checkpoint.signature", 0),
    Mutation(HEAD_TEXT, "delete", _removed("checkpoint"), "file.missing", 0),
    Mutation(HEAD_TEXT, "insert", _text("checkpoint", "\n600\n", "\n600\nextension\n"), "checkpoint.form", 0),
    Mutation(
        HEAD_TEXT,
        "swap",
        _bytes("checkpoint", _lines(lambda rows: [rows[0], rows[2], rows[1], *rows[3:]])),
        "checkpoint.form",
        0,
    ),
    Mutation(HEAD_TEXT, "truncate", _bytes("checkpoint", lambda data: data[3:]), "checkpoint.signature", 0),
    Mutation(HEAD_TEXT, "replay", _copied("checkpoints/512", "checkpoint"), "manifest.form", 0),
    Mutation(SIGNATURE, "change", _bytes("checkpoint", _forged), "checkpoint.signature", 0),
    Mutation(SIGNATURE, "delete", _bytes("checkpoint", _lines(lambda rows: [*rows[:4], b""])), "checkpoint.form", 0),
    Mutation(
        SIGNATURE,
        "insert",
        _bytes("checkpoint", lambda data: data + data.split(b"\n\n")[1][:-9] + b"AAAAAAA=\n"),
        "checkpoint.signature",
        0,
    ),
    Mutation(SIGNATURE, "truncate", _bytes("checkpoint", lambda data: data[:-10]), "checkpoint.form", 0),
    Mutation(SIGNATURE, "replay", lambda copy: _signature_of(copy, "checkpoints/512"), "checkpoint.signature", 0),
    Mutation(EARLIER, "change", _text("checkpoints/512", "\n512\n", "\n513\n"), "checkpoint.signature", 512),
    Mutation(EARLIER, "delete", _removed("checkpoints/100"), "file.missing", 0),
    Mutation(EARLIER, "insert", _copied("checkpoints/100", "checkpoints/101"), "checkpoint.form", 101),
    Mutation(EARLIER, "swap", _exchanged("checkpoints/100", "checkpoints/512"), "checkpoint.form", 100),
    Mutation(EARLIER, "truncate", _bytes("checkpoints/512", lambda data: data[:30]), "checkpoint.form", 512),
    Mutation(EARLIER, "replay", _copied("checkpoints/100", "checkpoints/512"), "checkpoint.form", 512),
    Mutation(KEYS, "change", _bytes("trusted-keys", _flip(-5)), "key.differs", 0),
    Mutation(KEYS, "delete", _removed("log.vkey"), "file.missing", 0),
    Mutation(KEYS, "insert", _bytes("trusted-keys", lambda data: data + data), "key.differs", 0),
    Mutation(KEYS, "truncate", _bytes("trusted-keys", lambda data: b""), "key.differs", 0),
    Mutation(KEYS, "replay", lambda copy: _written(copy / "log.vkey", STRANGER), "key.differs", 0),
    Mutation(MANIFEST, "change", _text("manifest.json", '"size": 600', '"size": 601'), "manifest.form", 0),
    Mutation(MANIFEST, "delete", _removed("manifest.json"), "file.missing", 0),
    Mutation(MANIFEST, "insert", _text("manifest.json", "{", "{ "), "manifest.form", 0),
    Mutation(MANIFEST, "truncate", _bytes("manifest.json", lambda data: data[:-1]), "manifest.form", 0),
)


def _signature_of(copy: Path, other: str) -> None:
    text = (copy / "checkpoint").read_text(encoding="utf-8").split("\n\n")[0]
    signature = (copy / other).read_text(encoding="utf-8").split("\n\n")[1]
    (copy / "checkpoint").write_text(f"{text}\n\n{signature}", encoding="utf-8")


def cut_back(copy: Path, size: int) -> None:
    """Make the copy what it was at an earlier checkpoint, which lies on the border of a tile: everything fits."""
    assert size == 512
    (copy / "checkpoint").write_bytes((copy / "checkpoints" / str(size)).read_bytes())
    (copy / "checkpoints" / str(SIZE)).unlink()
    for directory in ("tile/entries/002.p", "tile/0/002.p"):
        shutil.rmtree(copy / directory)


def table(rows: Sequence[Any], language: Language) -> str:
    """Return the table of a list of mutations for the documentation: the exit code and the reason of each."""
    exits = {"tampered": 10, "incomplete": 11, "untrusted": 12}
    head = [Text("무엇을", "what").say(language), *(kind.say(language) for kind in KINDS.values())]
    lines = [head, ["---"] * len(head)]
    for subject in dict.fromkeys(row.subject for row in rows):
        found = {row.kind: row for row in rows if row.subject == subject}
        cells = [f"{exits[found[k].verdict]} `{found[k].code}`" if k in found else "" for k in KINDS]
        lines.append([subject.say(language), *cells])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
