"""One witness: its keys, the logs it knows, and the one thing it does."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from audit.durable import create_file, replace_file
from audit.errors import AuditError, MalformedRequest, WitnessUnusable
from audit.note import Verifier, checked_name, parse_note, signature_line, signatures_by
from audit.schemes import COSIGNATURE, ML_DSA_44, ml_dsa_available
from audit.secret_file import secret
from audit.signing import Signer
from audit.signing_keys import Ed25519Key, MlDsa44Key
from audit.trusted import TrustedKeys
from audit.witness.deciding import Refusal, check_growth, check_origin
from audit.witness.protocol import BAD_REQUEST, UNPROCESSABLE, parse_request
from audit.witness.state import Known, State

NAME_FILE = "name"
VKEY_FILE = "witness.vkey"
LOGS_DIRECTORY = "logs"


@dataclass(frozen=True, slots=True)
class Cosigned:
    """What a witness says: its signature lines, and the whole checkpoint with them."""

    lines: str
    note: str


def origin_hash(origin: str) -> str:
    """Return the name of a log in addresses and files: hexadecimal SHA-256 of its origin."""
    return hashlib.sha256(origin.encode("utf-8")).hexdigest()


class Witness:
    """The witness in one state directory; several processes may use it at once."""

    def __init__(self, directory: Path, *, clock: Callable[[], float] = time.time) -> None:
        """Open a witness that `create` made.

        Raises: WitnessUnusable — if there is none. KeyFileUnusable — if a key file is damaged.
        """
        try:
            self.name = (directory / NAME_FILE).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise WitnessUnusable(f"no witness in {directory}") from None
        self.directory = directory
        self.state = State(directory)
        self._clock = clock
        self._signers = _signers(directory, self.name)

    @classmethod
    def create(cls, directory: Path, name: str) -> Witness:
        """Make a witness with new keys, and return it.

        Raises: WitnessUnusable — if the directory holds one already. MalformedNote — if the name cannot stand in a
        signature.
        """
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        (directory / LOGS_DIRECTORY).mkdir(mode=0o700, exist_ok=True)
        if not create_file(directory / NAME_FILE, f"{checked_name(name)}\n".encode(), mode=0o644):
            raise WitnessUnusable(f"{directory} holds a witness already")
        made = cls(directory)
        vkeys = "".join(verifier.vkey() + "\n" for verifier in made.verifiers)
        replace_file(directory / VKEY_FILE, vkeys.encode("utf-8"), mode=0o644)
        return made

    @property
    def verifiers(self) -> tuple[Verifier, ...]:
        """The public keys of this witness, one for each kind of cosignature it makes."""
        return tuple(signer.verifier for signer in self._signers)

    def trust(self, keys: TrustedKeys) -> None:
        """Watch a log from now on, or take over its newer list of keys."""
        path = self.directory / LOGS_DIRECTORY / origin_hash(keys.origin)
        replace_file(path, keys.format().encode("utf-8"), mode=0o644)

    def logs(self) -> Mapping[str, TrustedKeys]:
        """Return the keys of every log that is watched, by origin.

        Raises: WitnessUnusable — if one of the files is damaged.
        """
        found: dict[str, TrustedKeys] = {}
        for path in (self.directory / LOGS_DIRECTORY).iterdir():
            if path.name.startswith("."):
                continue
            try:
                keys = TrustedKeys.load(path)
            except AuditError as error:
                raise WitnessUnusable(f"{path}: {error}") from None
            found[keys.origin] = keys
        return found

    def add_checkpoint(self, data: bytes) -> Cosigned | Refusal:
        """Cosign a checkpoint that extends what this witness knows; it is remembered before this returns.

        Raises: WitnessUnusable — if it cannot be remembered; then nothing was cosigned.
        """
        try:
            request = parse_request(data)
        except MalformedRequest as error:
            return Refusal(BAD_REQUEST, str(error))
        logs = self.logs()
        head = check_origin(request, logs)
        if isinstance(head, Refusal):
            return head
        with self.state.changing() as tx:
            known = tx.known(head.origin)
            refusal = check_growth(request, head, None if known is None else known.head)
            second = max(int(self._clock()), 1, 0 if known is None else known.seen_at)
            if refusal is not None:
                if refusal.status == UNPROCESSABLE and refusal.signed is not None:
                    tx.keep_evidence(head, request.text(), refusal.reason, second)
                return refusal
            # Only signatures that were verified here are passed on.
            parsed = parse_note(request.note)
            lines = "".join(signer.line(parsed.text, second) for signer in self._signers)
            by_log = signatures_by(parsed, logs[head.origin].at(head.size))
            note = parsed.text + "\n" + "".join(signature_line(key, made.value) for key, made in by_log) + lines
            tx.keep(head, note, second)
        return Cosigned(lines, note)

    def known(self, origin: str) -> Known | None:
        """Return the checkpoint of a log that was cosigned last."""
        with self.state.changing() as tx:
            return tx.known(origin)


def _signers(directory: Path, name: str) -> tuple[Signer, ...]:
    ed25519 = Signer(name, COSIGNATURE, Ed25519Key(secret(directory / "witness.ed25519")))
    if not ml_dsa_available():
        return (ed25519,)
    return (ed25519, Signer(name, ML_DSA_44, MlDsa44Key(secret(directory / "witness.mldsa44"))))
