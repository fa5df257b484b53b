"""The keys of a log: those that sign checkpoints, one that wraps the keys of sealed values, one for cells.

Signing keys are read from their files whenever something is signed, so that a rotation reaches every running process.
While a file with the suffix `.next` lies beside a key, checkpoints are signed by both: see `audit.rotation`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

from audit.durable import replace_file
from audit.errors import KeyFileUnusable, MalformedNote
from audit.note import Verifier, parse_vkey
from audit.pkcs11_key import Pkcs11Key
from audit.schemes import ED25519, ML_DSA_44, ml_dsa_available
from audit.secret_file import NEXT, SecretFile, read_secret, secret
from audit.signing import Signer, sign_by_all
from audit.signing_keys import Ed25519Key, MlDsa44Key, SigningKey
from audit.trusted import TRUSTED_KEYS_FILE, TrustedKey, TrustedKeys

VKEY_FILE = "log.vkey"
PKCS11_FILE = "log.pkcs11"


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A file with the secret of a signing key."""

    name: str
    open: Callable[[bytes], SigningKey]


# In the order in which they sign: Ed25519 first, which every verifier of C2SP notes knows.
KEY_FILES: Mapping[bytes, KeyFile] = MappingProxyType(
    {ED25519: KeyFile("log.ed25519", Ed25519Key), ML_DSA_44: KeyFile("log.mldsa44", MlDsa44Key)}
)


@dataclass(frozen=True, slots=True)
class LogKeys:
    """The keys of one log and the directory they are kept in."""

    directory: Path
    sidecar: SecretFile
    """The master key: it wraps the keys of subjects."""
    cells: SecretFile
    """The key of cells from before each person had a key of their own."""

    @classmethod
    def load_or_create(cls, directory: Path) -> LogKeys:
        """Read the keys in a directory; make those that do not exist: 32 random bytes each, mode 0600.

        Raises: KeyFileUnusable — if a file is damaged or readable by others.
        """
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        keys = cls(directory, SecretFile.at(directory / "sidecar.key"), SecretFile.at(directory / "cells.key"))
        for kind, file in KEY_FILES.items():
            if not keys.on_token(kind) and (kind != ML_DSA_44 or ml_dsa_available()):
                file.open(secret(directory / file.name))
        return keys

    def on_token(self, kind: bytes, suffix: str = "") -> bool:
        """Return whether the key of a kind is on a PKCS#11 token, which a file names."""
        return kind == ED25519 and (self.directory / (PKCS11_FILE + suffix)).exists()

    @property
    def signing(self) -> SigningKey:
        """The Ed25519 key that signs checkpoints now.

        Raises: KeyFileUnusable — if its file is damaged, missing or readable by others.
        """
        return self._key(ED25519)

    def signers(self, origin: str) -> tuple[Signer, ...]:
        """Return the keys that sign the log of this origin now; during a rotation the coming ones as well.

        Raises: KeyFileUnusable — if a file is damaged or readable by others.
        """
        return (*self.current(origin), *self.coming(origin))

    def current(self, origin: str) -> tuple[Signer, ...]:
        """Return the keys of this log."""
        return tuple(Signer(origin, kind, self._key(kind)) for kind in KEY_FILES if self._exists(kind))

    def coming(self, origin: str) -> tuple[Signer, ...]:
        """Return the keys that a rotation under way will bring in."""
        return tuple(Signer(origin, kind, self._key(kind, NEXT)) for kind in KEY_FILES if self._exists(kind, NEXT))

    def sign(self, text: str, origin: str, at: datetime) -> str:
        """Return the text of a checkpoint as a note, signed by every key of `signers`."""
        return sign_by_all(text, self.signers(origin), int(at.timestamp()))

    def verifier(self, origin: str) -> Verifier:
        """Return the public Ed25519 key that verifies the log of this origin now."""
        return Verifier(origin, self.signing.public)

    def trusted(self, origin: str) -> TrustedKeys:
        """Return every key that this log has had, as `trusted-keys` says; before it is written, those of now.

        Raises: KeyFileUnusable — if that file is damaged or of another origin.
        """
        listed = self._listed()
        if listed is None:
            return TrustedKeys.of(*(signer.verifier for signer in self.current(origin)))
        if listed.origin != origin:
            raise KeyFileUnusable(f"{TRUSTED_KEYS_FILE} is of the log {listed.origin}")
        return listed

    def publish(self, origin: str) -> None:
        """Write the public keys to `log.vkey` and `trusted-keys`, which anyone may read.

        Raises: KeyFileUnusable — if those files name other keys: a changed key must not pass unnoticed. A key that
        `trusted-keys` lists has been rotated in, and is no surprise.
        """
        verifiers = [signer.verifier for signer in self.current(origin)]
        known = self._published(origin)
        if known is None:
            self.write_trusted(TrustedKeys.of(*verifiers))
        else:
            # A kind of signature that an earlier version did not make is added; of a known kind only a known key.
            missing = [verifier for verifier in verifiers if not self._continues(known, verifier)]
            kinds = {key.verifier.kind for key in known.keys}
            if any(verifier.kind in kinds for verifier in missing):
                raise KeyFileUnusable(f"{TRUSTED_KEYS_FILE} or {VKEY_FILE} is of another key or origin than this log")
            if missing or self._listed() is None:
                self.write_trusted(known.with_keys(TrustedKey(verifier) for verifier in missing))
        vkey = verifiers[0].vkey() + "\n"
        path = self.directory / VKEY_FILE
        if not path.exists() or path.read_text(encoding="utf-8") != vkey:
            replace_file(path, vkey.encode("utf-8"), mode=0o644)

    def write_trusted(self, keys: TrustedKeys) -> None:
        """Write the file `trusted-keys`."""
        replace_file(self.directory / TRUSTED_KEYS_FILE, keys.format().encode("utf-8"), mode=0o644)

    def _published(self, origin: str) -> TrustedKeys | None:
        """Return what was published before, or None for a log that begins."""
        listed, path = self._listed(), self.directory / VKEY_FILE
        if not path.exists():
            return listed
        try:
            single = parse_vkey(path.read_text(encoding="utf-8"))
        except (MalformedNote, UnicodeDecodeError):
            raise KeyFileUnusable(f"{VKEY_FILE} is damaged") from None
        known = TrustedKeys.of(single) if listed is None else listed
        if known.origin != origin or single not in {key.verifier for key in known.keys}:
            raise KeyFileUnusable(f"{VKEY_FILE} is of another key or origin than this log")
        return known

    def _continues(self, known: TrustedKeys, verifier: Verifier) -> bool:
        # A key whose successor lies beside it may be listed as ended: the rotation only has to be finished.
        ending = self._exists(verifier.kind, NEXT)
        return any(key.verifier == verifier and (key.last is None or ending) for key in known.keys)

    def _listed(self) -> TrustedKeys | None:
        path = self.directory / TRUSTED_KEYS_FILE
        try:
            return TrustedKeys.parse(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (MalformedNote, UnicodeDecodeError) as error:
            raise KeyFileUnusable(f"{TRUSTED_KEYS_FILE} is damaged: {error}") from None

    def _exists(self, kind: bytes, suffix: str = "") -> bool:
        if kind == ML_DSA_44 and not ml_dsa_available():
            return False
        # Ed25519 is not optional: its absence is an error when it is read.
        if (kind, suffix) == (ED25519, "") or self.on_token(kind, suffix):
            return True
        return (self.directory / (KEY_FILES[kind].name + suffix)).exists()

    def _key(self, kind: bytes, suffix: str = "") -> SigningKey:
        if self.on_token(kind, suffix):
            return Pkcs11Key.load(self.directory / (PKCS11_FILE + suffix))
        file = KEY_FILES[kind]
        return file.open(read_secret(self.directory / (file.name + suffix)))
