"""The keys that may have signed a log's checkpoints, each for the tree sizes at which it was the log's key.

The file `trusted-keys` has one verifier key per line, with `from=SIZE` and `to=SIZE` where the key was not always
the log's. A `log.vkey` file is such a file with one line. Whoever verifies keeps a copy of their own: keys taken
from the server that they should convict prove nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from audit.errors import MalformedCheckpoint, MalformedNote, NotTrusted
from audit.note import Verifier, parse_note, parse_vkey, signatures_by
from audit.tree_head import Checkpoint, parse_decimal, parse_text

TRUSTED_KEYS_FILE = "trusted-keys"
MAX_KEYS = 256
_LIMIT = re.compile("(from|to)=([0-9]+)")


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A key of the log and the tree sizes, both included, at which it may sign."""

    verifier: Verifier
    first: int = 0
    last: int | None = None

    def valid_at(self, size: int) -> bool:
        """Return whether the key may sign a tree of this size."""
        return self.first <= size and (self.last is None or size <= self.last)

    def line(self) -> str:
        """Return the key as a line of the file."""
        since = f" from={self.first}" if self.first else ""
        until = "" if self.last is None else f" to={self.last}"
        return f"{self.verifier.vkey()}{since}{until}\n"


@dataclass(frozen=True, slots=True)
class TrustedKeys:
    """Every key of one log; its origin is the name of them all."""

    keys: tuple[TrustedKey, ...]

    def __post_init__(self) -> None:
        if not 0 < len(self.keys) <= MAX_KEYS:
            raise MalformedNote("no trusted key, or too many")
        if len({key.verifier.name for key in self.keys}) != 1:
            raise MalformedNote("trusted keys of more than one log")
        if len({key.verifier for key in self.keys}) != len(self.keys):
            raise MalformedNote("a trusted key stands twice")
        if any(key.last is not None and key.last < key.first for key in self.keys):
            raise MalformedNote("a trusted key ends before it begins")

    @classmethod
    def of(cls, *verifiers: Verifier) -> TrustedKeys:
        """Return keys that are valid at every size."""
        return cls(tuple(TrustedKey(verifier) for verifier in verifiers))

    @classmethod
    def parse(cls, text: str) -> TrustedKeys:
        """Return the keys in a file `trusted-keys` or `log.vkey`.

        Raises: MalformedNote — for any text that is not such a file.
        """
        lines = [line.strip() for line in text.split("\n")]
        return cls(tuple(_parse_line(line) for line in lines if line and not line.startswith("#")))

    @classmethod
    def load(cls, path: Path) -> TrustedKeys:
        """Return the keys in a file.

        Raises: NotTrusted — if the file cannot be read. MalformedNote — if it is not one of trusted keys.
        """
        try:
            return cls.parse(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError):
            raise NotTrusted(f"no verifier key at {path}") from None

    @property
    def origin(self) -> str:
        """Return the name of the log."""
        return self.keys[0].verifier.name

    def at(self, size: int) -> list[Verifier]:
        """Return the keys that may sign a tree of this size."""
        return [key.verifier for key in self.keys if key.valid_at(size)]

    def format(self) -> str:
        """Return the text of the file."""
        return "".join(key.line() for key in self.keys)

    def open(self, note: str) -> Checkpoint:
        """Return a checkpoint that at least one key signed that is valid at its size.

        The signature of a key that is not valid at that size counts as one of an unknown key.

        Raises: MalformedCheckpoint — for any text that is not exactly one signed checkpoint. NotTrusted — if no
        key that is valid at its size signed it, or if it is of another log. SignatureInvalid — if the signature
        of such a key does not verify.
        """
        try:
            parsed = parse_note(note)
        except MalformedNote as error:
            raise MalformedCheckpoint(str(error)) from None
        head = parse_text(parsed.text)
        # Signatures first: a forged one is told from one by a stranger.
        if not signatures_by(parsed, self.at(head.size)):
            raise NotTrusted(f"no key that is trusted at size {head.size} signed this")
        if head.origin != self.origin:
            raise NotTrusted(f"a checkpoint of {head.origin}, not of {self.origin}")
        return head

    def with_keys(
        self, added: Iterable[TrustedKey], *, ending: Collection[Verifier] = (), until: int | None = None
    ) -> TrustedKeys:
        """Return these keys and `added`; those in `ending` are valid up to the size `until` only."""
        kept = (TrustedKey(key.verifier, key.first, until) if key.verifier in ending else key for key in self.keys)
        return TrustedKeys((*kept, *added))


def _parse_line(line: str) -> TrustedKey:
    vkey, *limits = line.split()
    found: dict[str, int] = {}
    for limit in limits:
        match = _LIMIT.fullmatch(limit)
        if match is None or match[1] in found:
            raise MalformedNote("after a trusted key, from=SIZE and to=SIZE only")
        try:
            found[match[1]] = parse_decimal(match[2])
        except MalformedCheckpoint as error:
            raise MalformedNote(str(error)) from None
    return TrustedKey(parse_vkey(vkey), found.get("from", 0), found.get("to"))
