"""Turns a root file system into an image by writing the archive that every engine loads.

`docker import` stamps the time into what it makes; an archive that we write ourselves has the same image id on
every machine, and its labels and time are the lock's.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def write_image_archive(
    target: Path,
    rootfs: Path,
    *,
    sha256: str,
    reference: str,
    labels: Mapping[str, str],
    created: dt.datetime,
) -> None:
    """Write `target`: an archive of one image, its one layer the tar `rootfs` with the digest `sha256`."""
    moment = created.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    config = {
        "architecture": "amd64",
        "os": "linux",
        "created": moment,
        "config": {
            "Cmd": ["/bin/sh"],
            "Env": [f"PATH={PATH}", "LANG=C.UTF-8"],
            "Labels": dict(sorted(labels.items())),
        },
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{sha256}"]},
        "history": [{"created": moment, "created_by": "mmdebstrap, from images/base/packages.lock"}],
    }
    encoded = json.dumps(config, sort_keys=True, separators=(",", ":")).encode()
    config_name = f"{hashlib.sha256(encoded).hexdigest()}.json"
    layer_name = f"{sha256}/layer.tar"
    manifest = [{"Config": config_name, "RepoTags": [reference], "Layers": [layer_name]}]
    with tarfile.open(target, "w", format=tarfile.USTAR_FORMAT) as archive:
        _add(archive, config_name, encoded)
        archive.add(rootfs, layer_name, recursive=False, filter=_plain)
        _add(archive, "manifest.json", json.dumps(manifest).encode())


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    """Add a small file that carries no trace of who built it and when."""
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    entry.mode = 0o644
    archive.addfile(entry, io.BytesIO(content))


def _plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """The entry without owner and time."""
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mtime = 0
    entry.mode = 0o644
    return entry
