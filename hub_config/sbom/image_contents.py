"""The images: every package of Debian and of Python in them, as the images' own records say."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hub_config.sbom.application import read_lock
from hub_config.sbom.bom import Component, purl
from hub_config.sbom.debian_licences import licences_of
from images.debian_lock import parse_debian_lock
from images.manifest import ImageInfo, image_manifest
from images.recipes import NAMES
from images.sources import deb_cache

Hashes = Mapping[tuple[str, str], tuple[str, ...]]
Licences = Mapping[str, tuple[str, ...]]

#: Run in the image, without a network: what each package says of its licence. Debian's own form is that of its
#: copyright files (DEP-5).
ASK = """
import importlib.metadata as m, json, pathlib, re
def said(d):
    e = d.metadata.get("License-Expression")
    if e: return [e]
    s = (d.metadata.get("License") or "").strip()
    if s and len(s) <= 60 and chr(10) not in s and s.upper() != "UNKNOWN": return [s]
    return [c.rpartition(" :: ")[2] for c in d.metadata.get_all("Classifier") or () if c.startswith("License :: ")]
python = {re.sub("[-_.]+", "-", d.metadata["Name"]).lower(): said(d) for d in m.distributions() if d.metadata["Name"]}
debian = {}
for path in pathlib.Path("/usr/share/doc").glob("*/copyright"):
    text = path.read_text(errors="replace")
    if text.startswith("Format:"):
        debian[path.parent.name] = sorted(set(re.findall(r"^License:[ \\t]*(\\S.*?)[ \\t]*$", text, re.M)))
print(json.dumps({"python": python, "debian": debian}))
"""
LONGEST = 4_000_000
SECONDS = 120


def image_components(home: Path, images: Path, *, engine: Any = None) -> list[Component]:
    """Return a component for every image that the zone keeps notes of; with an engine, licences too."""
    found = []
    for name in NAMES:
        info = image_manifest(home, name)
        if info is not None:
            hashes = hashes_of(home, images, name)
            said = licences_in(engine, info)
            debian = {**licences_of_debian(info, hashes, deb_cache()), **said.get("debian", {})}
            found.append(image_component(info, hashes, {**said, "debian": debian}))
    return found


def image_component(info: ImageInfo, hashes: Hashes, licences: Mapping[str, Licences]) -> Component:
    """Return one image with its parts."""
    debian = [
        Component(
            name=name,
            version=version,
            purl=purl("deb", f"debian/{name}", version),
            licences=licences.get("debian", {}).get(name, ()),
            hashes=hashes.get((f"deb {name}", version), ()),
        )
        for name, version in info.debian
    ]
    python = [
        Component(
            name=name,
            version=version,
            purl=purl("pypi", normal(name), version),
            licences=licences.get("python", {}).get(normal(name), ()),
            hashes=hashes.get((normal(name), version), ()),
        )
        for name, version in info.python
    ]
    return Component(
        kind="container",
        name=f"ansim/{info.name}",
        version=info.reference.rpartition(":")[2],
        hashes=(info.id.removeprefix("sha256:"),),
        properties=(("ansim:source", info.source), ("ansim:base", info.base_sha256)),
        parts=(*debian, *python),
    )


def licences_of_debian(info: ImageInfo, hashes: Hashes, cache: Path) -> Licences:
    """Return what packages that an image was built from say of their licences, where they lie in the cache still."""
    digests = {name: hashes.get((f"deb {name}", version), ())[:1] for name, version in info.debian}
    said = licences_of([digest for found in digests.values() for digest in found], cache)
    return {name: said[found[0]] for name, found in digests.items() if found and said.get(found[0])}


def hashes_of(home: Path, images: Path, name: str) -> Hashes:
    """Return what the locks of an image and of the base below it say; those of the zone itself come first."""
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    folders = [images / "base", images / name]
    locks = [folder / "packages.lock" for folder in folders] + [home / "images" / "base.packages.lock"]
    for path in locks:
        if path.is_file():
            for one in parse_debian_lock(path.read_text(encoding="utf-8")).packages:
                found[f"deb {one.name}", one.version] = (one.sha256,)
    for path in (folder / file for folder in folders for file in ("requirements.lock", "build.lock")):
        if path.is_file():
            found |= read_lock(path.read_text(encoding="utf-8"))
    return found


def licences_in(engine: Any, info: ImageInfo) -> Mapping[str, Licences]:
    """Return what the packages of an image say of their licences; nothing without an engine or without Python."""
    if engine is None or not info.python:
        return {}
    from docker.errors import DockerException

    try:
        said = engine.containers.run(
            info.id,
            ["-I", "-c", ASK],
            entrypoint="/opt/venv/bin/python",
            user="65534:65534",
            network_mode="none",
            read_only=True,
            cap_drop=["ALL"],
            security_opt=["no-new-privileges:true"],
            mem_limit="512m",
            pids_limit=64,
            remove=True,
            stderr=False,
        )
    except DockerException:
        return {}
    return parse_licences(said)


def parse_licences(said: bytes) -> Mapping[str, Licences]:
    """Return what an image said of its packages; an answer of another form is none, for an image is not believed."""
    try:
        document = json.loads(said[:LONGEST])
        return {
            kind: {
                str(name): tuple(one for one in given if isinstance(one, str) and one.isprintable())
                for name, given in document[kind].items()
            }
            for kind in ("debian", "python")
        }
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}


def normal(name: str) -> str:
    """Return the name of a Python package as everybody compares it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()
