"""Licences of Debian's packages, read from the packages themselves: the images hold no copyright files.

The packages lie in the cache that images are built from, each under its SHA-256. What a copyright file says is read
where it is machine-readable (DEP-5, `Format:` on its first line); where it is prose, nothing is guessed.
"""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from hub_config.sbom.bom import LONGEST_LICENCE, spdx

NOTES = "licences.json"
"""Beside the packages: what was read before, by SHA-256."""
COPYRIGHT = re.compile(r"(?:\./)?usr/share/doc/[^/]+/copyright")
LONGEST = 2_000_000
_LICENCE = re.compile(r"^License:[ \t]*(\S.*?)[ \t]*$", re.MULTILINE)

SPDX: Mapping[str, str] = MappingProxyType(
    {
        "expat": "MIT",
        "bsd-2-clause": "BSD-2-Clause",
        "bsd-3-clause": "BSD-3-Clause",
        "bsd-4-clause": "BSD-4-Clause",
        "apache-2.0": "Apache-2.0",
        "artistic": "Artistic-1.0",
        "artistic-2.0": "Artistic-2.0",
        "isc": "ISC",
        "zlib": "Zlib",
        "psf-2": "PSF-2.0",
        "python-2.0": "Python-2.0",
        "openssl": "OpenSSL",
        "mpl-2.0": "MPL-2.0",
        "cc0-1.0": "CC0-1.0",
        "ofl-1.1": "OFL-1.1",
        "sil-ofl-1.1": "OFL-1.1",
        "bsl-1.0": "BSL-1.0",
        "curl": "curl",
        **{
            f"{family}-{number}{plus}": f"{name}-{full}-{'or-later' if plus else 'only'}"
            for family, name, versions in (
                ("gpl", "GPL", {"1": "1.0", "2": "2.0", "2.0": "2.0", "3": "3.0", "3.0": "3.0"}),
                ("lgpl", "LGPL", {"2": "2.0", "2.0": "2.0", "2.1": "2.1", "3": "3.0", "3.0": "3.0"}),
                ("gfdl", "GFDL", {"1.1": "1.1", "1.2": "1.2", "1.3": "1.3"}),
                ("agpl", "AGPL", {"3": "3.0", "3.0": "3.0"}),
            )
            for number, full in versions.items()
            for plus in ("", "+")
        },
    }
)
"""Debian's short names (DEP-5, section 7.2) that are called otherwise in SPDX."""


def licences_of(wanted: Iterable[str], cache: Path) -> Mapping[str, tuple[str, ...]]:
    """Return what each of the packages, named by SHA-256, says of its licences; one that is not here says nothing."""
    notes = cache / NOTES
    try:
        known: dict[str, list[str]] = json.loads(notes.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        known = {}
    fresh = {
        digest: list(read(cache / f"{digest}.deb"))
        for digest in sorted(set(wanted) - known.keys())
        if (cache / f"{digest}.deb").is_file()
    }
    if fresh:
        known |= fresh
        with contextlib.suppress(OSError):  # a cache that cannot be written is read again next time
            new = notes.with_suffix(".new")
            new.write_text(json.dumps(known, sort_keys=True), encoding="utf-8")
            new.replace(notes)
    return {digest: tuple(known[digest]) for digest in wanted if digest in known}


def read(package: Path) -> tuple[str, ...]:
    """Return what the copyright file of a package says; nothing for one that cannot be read."""
    with subprocess.Popen(
        ["dpkg-deb", "--fsys-tarfile", str(package)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as unpacking:
        assert unpacking.stdout is not None
        try:
            with tarfile.open(fileobj=unpacking.stdout, mode="r|") as files:
                for entry in files:
                    if entry.isreg() and entry.size <= LONGEST and COPYRIGHT.fullmatch(entry.name):
                        content = files.extractfile(entry)
                        return named(content.read().decode("utf-8", "replace")) if content else ()
        except tarfile.TarError:
            return ()
        finally:
            unpacking.kill()
    return ()


def named(text: str) -> tuple[str, ...]:
    """Return the licences that a copyright file names: one SPDX expression if all have a name there, else each."""
    if not text.lstrip("\ufeff").startswith("Format:"):
        return ()
    found = sorted({as_spdx(one) for one in _LICENCE.findall(text) if one.isprintable()})
    joined = " AND ".join(f"({one})" if " OR " in one and len(found) > 1 else one for one in found)
    if found and len(joined) <= LONGEST_LICENCE and spdx(joined):
        return (joined,)
    return tuple(one[:LONGEST_LICENCE] for one in found)


def as_spdx(said: str) -> str:
    """Return a short name, or several joined by `or` and `and`, as SPDX writes it; Debian's words where it has none."""
    words = [one.strip() for one in re.split(r"\s+(or|and)\s+", said)]
    joined = " ".join(one.upper() if one in ("or", "and") else SPDX.get(one.lower(), one) for one in words)
    return joined if spdx(joined) else said
