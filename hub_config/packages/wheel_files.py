"""What a wheel says about itself, read without running anything of it."""

from __future__ import annotations

import email.parser
import hashlib
import re
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from audit.text import Text
from hub_config.packages.errors import PackagesRefused
from images.debian_archive import sha256_of
from registry.packages.names import is_name, normalised, wheel_name
from registry.packages.shelf import Wheel

MOST_BYTES = 4_000_000  # of metadata, whose long description may be a whole manual
_EXTRA = re.compile(r"\bextra\s*==")
_REQUIRED = re.compile(r"\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)")


@dataclass(frozen=True, slots=True)
class Described:
    """A wheel as the shelf lists it, with its metadata as they stand in it."""

    wheel: Wheel
    metadata: bytes


def describe(path: Path) -> Described:
    """Return what a wheel's file says.

    Raises: PackagesRefused — for a file that is no wheel, or says another name within than without.
    """
    named = wheel_name(path.name)
    if named is None:
        told = Text("휠 파일의 이름이 아닙니다: {name}", "{name} is not the name of a wheel.")
        raise PackagesRefused(told.format(name=path.name))
    try:
        metadata = _metadata(path)
        fields = email.parser.BytesHeaderParser().parsebytes(metadata)
        inner = (normalised(str(fields["Name"])), str(fields["Version"]))
    except (OSError, KeyError, ValueError, zipfile.BadZipFile, RuntimeError) as error:
        told = Text("휠로 읽을 수 없는 파일입니다: {name} ({error})", "{name} cannot be read as a wheel ({error}).")
        raise PackagesRefused(told.format(name=path.name, error=type(error).__name__)) from error
    # A version in a file's name has "_" where the local part of the version has "-" or ".", so only names are held.
    if inner[0] != named.package:
        told = Text("파일 {name} 안에 다른 패키지가 들어 있습니다: {other}.", "{name} holds another package: {other}.")
        raise PackagesRefused(told.format(name=path.name, other=inner[0][:64]))
    wheel = Wheel(
        package=named.package,
        version=named.version,
        file=path.name,
        sha256=sha256_of(path),
        size=path.stat().st_size,
        metadata_sha256=hashlib.sha256(metadata).hexdigest(),
        requires_python=" ".join(str(fields.get("Requires-Python", "")).split()),
        requires=required(map(str, fields.get_all("Requires-Dist", []))),
    )
    return Described(wheel, metadata)


def required(lines: Iterable[str]) -> tuple[str, ...]:
    """Return the names of the packages that `Requires-Dist` lines ask for; what an extra asks for is left out."""
    names = set()
    for line in lines:
        found = _REQUIRED.match(line)
        if found and not _EXTRA.search(line) and is_name(name := normalised(found[1])):
            names.add(name)
    return tuple(sorted(names))


def _metadata(path: Path) -> bytes:
    with zipfile.ZipFile(path) as archive:
        members = [one for one in archive.infolist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", one.filename)]
        if len(members) != 1 or members[0].file_size > MOST_BYTES:
            raise ValueError("METADATA")
        with archive.open(members[0]) as file:
            data = file.read(MOST_BYTES + 1)  # what is announced need not be true
        if len(data) > MOST_BYTES:
            raise ValueError("METADATA")
        return data
