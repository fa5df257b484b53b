"""Which witnesses a checkpoint needs: a C2SP trust policy (c2sp.org/tlog-policy), read once and frozen.

log <vkey> [url]
witness <name> <vkey> [url]
group <name> all|any|<k> <member>…
quorum <name>|none
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from audit.errors import MalformedNote, MalformedPolicy, SignatureInvalid
from audit.note import Verifier, parse_note, parse_vkey, signatures_by
from audit.schemes import COSIGNATURE, ED25519, ML_DSA_44

NONE = "none"
LOG_KINDS = frozenset({ED25519, ML_DSA_44})
WITNESS_KINDS = frozenset({COSIGNATURE, ML_DSA_44})
MAX_LINES = 1000
_BLANK = re.compile("[ \t]+")
_NUMBER = re.compile("[1-9][0-9]{0,3}")


@dataclass(frozen=True, slots=True)
class Witness:
    """A key that may cosign, under the name that the policy gives it."""

    name: str
    verifier: Verifier
    url: str | None = None

    def met_by(self, cosigned: frozenset[Verifier]) -> bool:
        """Return whether this witness cosigned."""
        return self.verifier in cosigned


@dataclass(frozen=True, slots=True)
class Group:
    """Members of which at least `needed` must have cosigned."""

    name: str
    needed: int
    members: tuple[Member, ...]

    def met_by(self, cosigned: frozenset[Verifier]) -> bool:
        """Return whether enough members are met."""
        return sum(member.met_by(cosigned) for member in self.members) >= self.needed


Member: TypeAlias = Witness | Group


@dataclass(frozen=True, slots=True)
class WitnessPolicy:
    """The logs and witnesses that are known, and the quorum."""

    logs: tuple[Verifier, ...] = ()
    """Any one of them must have signed; none listed means that the log is known from elsewhere."""
    witnesses: tuple[Witness, ...] = ()
    quorum: Member | None = None

    @classmethod
    def none(cls) -> WitnessPolicy:
        """Return the policy that asks for no cosignature."""
        return cls()

    @classmethod
    def parse(cls, text: str) -> WitnessPolicy:
        """Return the policy in a text.

        Raises: MalformedPolicy — with the line at fault.
        """
        return _Reader().read(text)

    @classmethod
    def load(cls, path: Path | None) -> WitnessPolicy:
        """Return the policy in a file; without a file, the one that asks for no cosignature.

        Raises: MalformedPolicy — if the file cannot be read, or with the line at fault.
        """
        if path is None:
            return cls.none()
        try:
            # Octets above 0x7F are opaque in this format.
            text = path.read_bytes().decode("utf-8", "surrogateescape")
        except OSError as error:
            raise MalformedPolicy(f"{path}: {error.strerror}") from None
        return cls.parse(text)

    def format(self) -> str:
        """Return a text of this policy that says who has to sign, and not where they are asked."""
        lines = [f"log {log.vkey()}" for log in self.logs]
        lines += [f"witness {witness.name} {witness.verifier.vkey()}" for witness in self.witnesses]
        lines += _group_lines(self.quorum)
        return "\n".join([*lines, f"quorum {self.quorum.name if self.quorum else NONE}", ""])

    @property
    def asks(self) -> bool:
        """Return whether a checkpoint needs any cosignature."""
        return self.quorum is not None

    def cosigners(self, note: str) -> tuple[Witness, ...]:
        """Return the witnesses whose cosignatures on a checkpoint hold.

        Raises: MalformedNote — if it is no note. SignatureInvalid — if the signature of a known witness or log
        does not verify: then the whole note is to be rejected.
        """
        signed = self._signed(note)
        return tuple(witness for witness in self.witnesses if witness.verifier in signed)

    def satisfied_by(self, note: str) -> bool:
        """Return whether a checkpoint is signed by a known log and cosigned by a quorum."""
        try:
            signed = self._signed(note)
        except (MalformedNote, SignatureInvalid):
            return False
        by_log = not self.logs or any(log in signed for log in self.logs)
        return by_log and (self.quorum is None or self.quorum.met_by(signed))

    def _signed(self, note: str) -> frozenset[Verifier]:
        witnesses = {witness.verifier for witness in self.witnesses}
        found = signatures_by(parse_note(note), [*self.logs, *witnesses])
        # A witness that leaves out the time makes no statement about the largest tree it knows.
        return frozenset(verifier for verifier, made in found if verifier not in witnesses or made.second > 0)


def _group_lines(member: Member | None) -> list[str]:
    """Return the lines of a group and of the groups in it, these first."""
    if not isinstance(member, Group):
        return []
    inner = [line for part in member.members for line in _group_lines(part)]
    return [*inner, f"group {member.name} {member.needed} {' '.join(part.name for part in member.members)}"]


@dataclass(slots=True)
class _Reader:
    """A policy file being read, line by line."""

    logs: list[Verifier] = field(default_factory=list)
    named: dict[str, Member] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    quorum: list[Member | None] = field(default_factory=list)

    def read(self, text: str) -> WitnessPolicy:
        lines = text.split("\n")
        if len(lines) > MAX_LINES:
            raise MalformedPolicy(f"more than {MAX_LINES} lines")
        for number, line in enumerate(lines, 1):
            words = _BLANK.split(line.strip(" \t"))
            if words == [""] or words[0].startswith("#"):
                continue
            try:
                self._line(line, words)
            except (MalformedPolicy, MalformedNote) as error:
                raise MalformedPolicy(f"line {number}: {error}") from None
        if not self.quorum:
            raise MalformedPolicy("no quorum line; `quorum none` asks for no cosignature")
        witnesses = tuple(member for member in self.named.values() if isinstance(member, Witness))
        return WitnessPolicy(tuple(self.logs), witnesses, self.quorum[0])

    def _line(self, line: str, words: Sequence[str]) -> None:
        if any((character < " " and character != "\t") or character == "\x7f" for character in line):
            raise MalformedPolicy("a control character")
        keyword, *rest = words
        if keyword not in _KEYWORDS:
            raise MalformedPolicy(f"log, witness, group or quorum expected, not {keyword[:20]}")
        least, most, handler = _KEYWORDS[keyword]
        if not least <= len(rest) <= most:
            raise MalformedPolicy(f"{keyword} has too few or too many words")
        handler(self, rest)

    def log(self, words: Sequence[str]) -> None:
        verifier = parse_vkey(words[0])
        if verifier.kind not in LOG_KINDS:
            raise MalformedPolicy("a key of this kind signs no logs")
        if verifier.key in {known.key for known in self.logs}:
            raise MalformedPolicy("this key of a log stands twice")
        self.logs.append(verifier)

    def witness(self, words: Sequence[str]) -> None:
        verifier = parse_vkey(words[1])
        if verifier.kind not in WITNESS_KINDS:
            raise MalformedPolicy("a key of this kind makes no cosignatures")
        if any(isinstance(known, Witness) and known.verifier.key == verifier.key for known in self.named.values()):
            raise MalformedPolicy("this key of a witness stands twice")
        self._define(Witness(words[0], verifier, words[2] if len(words) > 2 else None))

    def group(self, words: Sequence[str]) -> None:
        name, needed, *members = words
        found = tuple(self._known(member) for member in members)
        for member in members:
            # Counted in two places, one witness could make a quorum of two.
            if member in self.used:
                raise MalformedPolicy(f"{member} is a member already")
            self.used.add(member)
        count = {"all": len(found), "any": 1}.get(needed)
        if count is None:
            count = int(needed) if _NUMBER.fullmatch(needed) else 0
        if not 1 <= count <= len(found):
            raise MalformedPolicy("all, any, or a number from 1 to that of the members")
        self._define(Group(name, count, found))

    def set_quorum(self, words: Sequence[str]) -> None:
        if self.quorum:
            raise MalformedPolicy("a second quorum line")
        self.quorum.append(None if words[0] == NONE else self._known(words[0]))

    def _known(self, name: str) -> Member:
        if name not in self.named:
            raise MalformedPolicy(f"{name[:40]} is not defined above")
        return self.named[name]

    def _define(self, member: Member) -> None:
        if member.name == NONE or member.name in self.named:
            raise MalformedPolicy(f"{member.name[:40]} is a name already")
        self.named[member.name] = member


_KEYWORDS: Mapping[str, tuple[int, int, Callable[[_Reader, Sequence[str]], None]]] = {
    "log": (1, 2, _Reader.log),
    "witness": (2, 3, _Reader.witness),
    "group": (3, MAX_LINES, _Reader.group),
    "quorum": (1, 1, _Reader.set_quorum),
}
