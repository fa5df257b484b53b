"""What a bundle lists and who signed it, in forms that a bare server reads without us.

`MANIFEST` is what `sha256sum --check` reads, `MANIFEST.sig` the 64 bytes of an Ed25519 signature (RFC 8032) of it that
`openssl pkeyutl -verify` judges. So the server that takes the bundle trusts nothing of it before both have said yes.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from audit.text import Text
from hub_config.errors import ZoneError

MANIFEST, SIGNATURE, ABOUT = "MANIFEST", "MANIFEST.sig", "bundle.json"
LINE = re.compile(r"([0-9a-f]{64})  ([A-Za-z0-9][A-Za-z0-9._+~%=/-]{0,250})")
CHUNK = 1 << 20

_NAME = Text("번들에 담을 수 없는 파일 이름입니다: {name}", "A file of this name cannot be listed in a bundle: {name}.")
_NONE = Text("{path}은(는) 번들이 아닙니다: {why}", "{path} is no bundle: {why}.")
_LIST = Text("번들의 목록을 읽을 수 없습니다: {line}", "The list of the bundle cannot be read: {line}.")
_LINK = Text("{path}은(는) 파일도 디렉터리도 아닙니다.", "{path} is neither a file nor a directory.")
_OPEN = Text("다른 사람이 {path}을(를) 읽을 수 있습니다.", "Others may read {path}.")
_NO_KEY = Text("{path}은(는) 알맞은 Ed25519 열쇠(PEM)가 아닙니다.", "{path} is no Ed25519 key of the right kind (PEM).")
_KEYS = Text(
    "`ansim bundle make`가 처음 실행될 때 열쇠와 .pub 파일을 만듭니다.",
    "The first `ansim bundle make` makes the key and, beside it, the .pub file.",
)


class BundleUnusable(ZoneError):
    """A bundle, or a key for one, is not what it must be."""

    hint = Text(
        "번들을 다시 가져오고, 계속되면 만든 사람에게 알리십시오.",
        "Fetch the bundle again; if it stays so, tell whoever made it.",
    )
    exit_code = 2


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was found about a bundle; paths below it, sorted."""

    signed: bool
    changed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    unlisted: tuple[str, ...] = ()

    @property
    def sound(self) -> bool:
        """Whether it is, byte by byte, what the holder of the key signed."""
        return self.signed and not (self.changed or self.missing or self.unlisted)


def seal(directory: Path, key: Ed25519PrivateKey) -> int:
    """Write the list of every file below a directory, and its signature; return how many files it names.

    Raises: BundleUnusable — a file has a name that a list of lines cannot carry, or is no plain file.
    """
    names = [name for name in files_of(directory) if name not in (MANIFEST, SIGNATURE)]
    lines = [f"{digest(directory / name)}  {name}" for name in names]
    for line in lines:
        if not LINE.fullmatch(line):
            raise BundleUnusable(_NAME.fill(name=ascii(line[66:])))
    text = ("\n".join(lines) + "\n").encode()
    (directory / SIGNATURE).write_bytes(key.sign(text))
    (directory / MANIFEST).write_bytes(text)
    return len(names)


def judge(directory: Path, key: Ed25519PublicKey) -> Judgement:
    """Hold every byte of a bundle against its list, and the list against its signature.

    Raises: BundleUnusable — there is no bundle, or its list cannot be read.
    """
    try:
        text, signature = (directory / MANIFEST).read_bytes(), (directory / SIGNATURE).read_bytes()
    except OSError as error:
        raise BundleUnusable(_NONE.fill(path=str(directory), why=error.strerror or "")) from error
    try:
        key.verify(signature, text)
    except InvalidSignature:
        return Judgement(signed=False)  # what an unsigned list says is not looked at
    listed = parse(text.decode("ascii", "replace"))
    there = set(files_of(directory)) - {MANIFEST, SIGNATURE}
    same = {name for name in there & listed.keys() if digest(directory / name) == listed[name]}
    return Judgement(
        signed=True,
        changed=tuple(sorted((there & listed.keys()) - same)),
        missing=tuple(sorted(listed.keys() - there)),
        unlisted=tuple(sorted(there - listed.keys())),
    )


def parse(text: str) -> Mapping[str, str]:
    """Return the digests of a list by path.

    Raises: BundleUnusable — for a line of another form, a path that leads out, or one that is named twice.
    """
    found: dict[str, str] = {}
    for line in text.splitlines():
        match = LINE.fullmatch(line)
        if match is None or match[2] in found or ".." in PurePosixPath(match[2]).parts:
            raise BundleUnusable(_LIST.fill(line=ascii(line[:80])))
        found[match[2]] = match[1]
    return found


def files_of(directory: Path) -> list[str]:
    """Return the paths of all plain files below a directory, sorted.

    Raises: BundleUnusable — for anything that is neither a file nor a directory: a link leads where nobody looked.
    """
    found = []
    for path in directory.rglob("*"):
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise BundleUnusable(_LINK.fill(path=str(path)))
        if path.is_file():
            found.append(path.relative_to(directory).as_posix())
    return sorted(found)


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, read in pieces."""
    summed = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(CHUNK):
            summed.update(piece)
    return summed.hexdigest()


def signing_key(path: Path) -> Ed25519PrivateKey:
    """Read a signing key (PEM, PKCS#8), or make one, with its public half beside it.

    Raises: BundleUnusable — it is another kind of key, or others may read it.
    """
    if not path.exists():
        made = Ed25519PrivateKey.generate()
        path.touch(mode=0o600, exist_ok=False)
        path.write_bytes(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        public = made.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        path.with_name(f"{path.name}.pub").write_bytes(public)
        return made
    if path.stat().st_mode & 0o077:
        raise BundleUnusable(_OPEN.fill(path=str(path)), hint=f"chmod 600 {path}")
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError, OSError) as error:
        raise BundleUnusable(_NO_KEY.fill(path=str(path)), hint=_KEYS) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise BundleUnusable(_NO_KEY.fill(path=str(path)), hint=_KEYS)
    return key


def verifying_key(path: Path) -> Ed25519PublicKey:
    """Read a public key (PEM).

    Raises: BundleUnusable — it is none, or of another kind.
    """
    try:
        key = load_pem_public_key(path.read_bytes())
    except (ValueError, OSError) as error:
        raise BundleUnusable(_NO_KEY.fill(path=str(path)), hint=_KEYS) from error
    if not isinstance(key, Ed25519PublicKey):
        raise BundleUnusable(_NO_KEY.fill(path=str(path)), hint=_KEYS)
    return key
