"""Fetches locked Debian packages, and resolves new versions where the archive has moved on.

The host's own apt does the transport, so its proxy and certificate settings hold. A locked package is trusted for
its digest, wherever it came from; a newly resolved one for the archive's signature, which apt verifies.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote

from images.debian_lock import DebianLock, DebianPackage, differences
from images.errors import ImageError, NoNetwork, ToolMissing

Say = Callable[[str], None]

ARCHIVES: Final = ("debian", "debian-security")
DEFAULT_MIRROR: Final = "http://deb.debian.org"
ARCHIVED: Final = "http://archive.debian.org"
SNAPSHOT: Final = "http://snapshot.debian.org/archive"
KEYRING: Final = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_APT_HELPER: Final = Path("/usr/lib/apt/apt-helper")
_URI: Final = re.compile(r"'(?P<uri>[^']+/(?P<archive>[a-z-]+)/(?P<path>pool/[^']+\.deb))' (?P<file>\S+\.deb) ")
_TRANSPORT: Final = ("-oAcquire::Retries=1", "-oAcquire::http::Timeout=20", "-oAPT::Sandbox::User=root")


def fetch_locked(lock: DebianLock, cache: Path, say: Say) -> list[DebianPackage]:
    """Bring the locked packages into `cache` as `<sha256>.deb` and return those that no source holds."""
    cache.mkdir(parents=True, exist_ok=True)
    missing = [package for package in lock.packages if not (cache / f"{package.sha256}.deb").exists()]
    if missing:
        say(f"{len(missing)} Debian packages to download")
    for roots in _sources(lock):
        if not missing:
            break
        _download(missing, roots, cache)
        missing = [package for package in missing if not (cache / f"{package.sha256}.deb").exists()]
    return missing


def _sources(lock: DebianLock) -> list[dict[str, str]]:
    """Roots by archive name, best first: the host's mirror, the default, the places for old versions."""
    roots = [
        host_mirror(),
        *({name: f"{root}/{name}" for name in ARCHIVES} for root in (DEFAULT_MIRROR, ARCHIVED)),
        {name: f"{SNAPSHOT}/{name}/{lock.stamp}" for name in ARCHIVES},
    ]
    return [root for index, root in enumerate(roots) if root and root not in roots[:index]]


def host_mirror() -> dict[str, str]:
    """The archive roots that a Debian host uses itself; empty on another distribution."""
    form = "$(CREATED_BY) $(ORIGIN) $(LABEL) $(COMPONENT) $(REPO_URI)"
    try:
        answer = _run(["apt-get", "indextargets", "--format", form])
    except (OSError, subprocess.CalledProcessError):
        return {}
    found: dict[str, str] = {}
    for line in answer.splitlines():
        match line.split(" "):
            case ["Packages", "Debian", "Debian", "main", uri]:
                found.setdefault("debian", uri.rstrip("/"))
            case ["Packages", "Debian", "Debian-Security", "main", uri]:
                found.setdefault("debian-security", uri.rstrip("/"))
    return found if len(found) == 2 else {}


def _download(packages: Iterable[DebianPackage], roots: dict[str, str], cache: Path) -> None:
    """Try one source for all packages; what is missing or differs from its digest is left out."""
    if not _APT_HELPER.exists():
        raise ToolMissing("apt-helper", "apt (images are built on Debian or Ubuntu)")
    with tempfile.TemporaryDirectory(dir=cache, prefix=".part-") as part:
        wanted: list[str] = []
        for package in packages:
            uri = f"{roots[package.archive]}/{quote(package.path)}"
            wanted += [uri, f"{part}/{package.sha256}.deb", f"SHA256:{package.sha256}"]
        # One failed file makes the whole command fail although the others arrived: files decide, not the status.
        subprocess.run(
            [str(_APT_HELPER), *_TRANSPORT, "-q", "download-file", *wanted], check=False, capture_output=True
        )
        for arrived in Path(part).glob("*.deb"):
            if sha256_of(arrived) == arrived.stem:
                arrived.rename(cache / arrived.name)


def resolve(suite: str, include: Sequence[str], cache: Path, *, now: dt.datetime, say: Say) -> DebianLock:
    """The packages that the suite gives today for `include` and what is essential, fetched into `cache`.

    Raises:
        ToolMissing: apt or the archive's keyring is not installed.
        NoNetwork: the archive does not answer or is not signed by the keyring.
    """
    if not KEYRING.exists():
        raise ToolMissing("the keyring of the Debian archive", "debian-archive-keyring")
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache, prefix=".apt-") as scratch:
        options = _isolated_apt(Path(scratch), suite, host_mirror())
        say(f"asking the Debian archive for the current packages of {suite}")
        try:
            _run(["apt-get", *options, "-o", "APT::Update::Error-Mode=any", "update"])
            # apt is marked important, which the pattern counts as essential; a workspace has no use for it.
            wanted = ["?and(?essential,?not(?exact-name(apt)))", *include]
            uris = _run(["apt-get", *options, "--yes", "--print-uris", "install", *wanted])
            _run(["apt-get", *options, "--yes", "--download-only", "install", *wanted])
        except OSError as error:
            raise ToolMissing("apt-get", "apt (images are built on Debian or Ubuntu)") from error
        except subprocess.CalledProcessError as error:
            raise NoNetwork(f"The Debian archive ({suite})", _cause(error)) from error
        packages = tuple(sorted(_adopt(uris, Path(scratch) / "archives", cache)))
    return DebianLock(suite, now.astimezone(dt.UTC).replace(microsecond=0), packages)


def _isolated_apt(scratch: Path, suite: str, mirror: dict[str, str]) -> list[str]:
    """Options for an apt that sees one suite and an empty machine, and else the host's configuration."""
    roots = mirror or {name: f"{DEFAULT_MIRROR}/{name}" for name in ARCHIVES}
    for folder in ("lists/partial", "archives/partial"):
        (scratch / folder).mkdir(parents=True)
    (scratch / "status").touch()
    targets = (
        (roots["debian"], suite),
        (roots["debian"], f"{suite}-updates"),
        (roots["debian-security"], f"{suite}-security"),
    )
    lines = [f"deb [arch=amd64 signed-by={KEYRING}] {root} {name} main" for root, name in targets]
    (scratch / "sources.list").write_text("\n".join(lines) + "\n", encoding="utf-8")
    settings = {
        "Dir::State": scratch,
        "Dir::State::lists": scratch / "lists",
        "Dir::State::status": scratch / "status",
        "Dir::Cache": scratch,
        "Dir::Cache::archives": scratch / "archives",
        "Dir::Etc::sourcelist": scratch / "sources.list",
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::Etc::preferences": "/dev/null",
        "Dir::Etc::preferencesparts": "/dev/null",
        "APT::Architecture": "amd64",
        "APT::Architectures": "amd64",
        "APT::Install-Recommends": "false",
        "APT::Get::AllowUnauthenticated": "false",
    }
    return ["-q", *_TRANSPORT, *(f"-o{key}={value}" for key, value in settings.items())]


def _adopt(uris: str, archives: Path, cache: Path) -> Iterable[DebianPackage]:
    """Move what apt downloaded and verified into the cache, under its digest."""
    for match in _URI.finditer(uris):
        deb = archives / match["file"]
        digest = sha256_of(deb)
        name, version = _run(["dpkg-deb", "--show", "--showformat=${Package} ${Version}", str(deb)]).split(" ")
        deb.rename(cache / f"{digest}.deb")
        yield DebianPackage(name, version, match["archive"], unquote(match["path"]), digest)


def obtain(
    lock: DebianLock, include: Sequence[str], cache: Path, *, locked: bool, now: dt.datetime, say: Say
) -> DebianLock:
    """The lock that can be built: the given one, or the suite's current versions where the archive moved on.

    Raises:
        ImageError: a locked version is gone and `locked` forbids another.
    """
    gone = fetch_locked(lock, cache, say)
    if not gone:
        return lock
    names = ", ".join(f"{package.name} {package.version}" for package in gone[:5])
    if locked:
        raise ImageError(
            f"No source gives {len(gone)} of the locked Debian packages ({names})",
            hint="Check the network. Where the archive has moved on, build without --locked to take the current "
            "versions, or renew the lock with `python -m images.relock base`.",
        )
    used = resolve(lock.suite, include, cache, now=now, say=say)
    say(f"no source holds {names}: taking the current versions of {lock.suite}")
    for change in differences(lock.packages, used.packages):
        say(f"  {change}")
    # The snapshot decides the time stamps of the files: the hour of the build must not change them.
    return DebianLock(lock.suite, lock.snapshot, used.packages)


def sha256_of(path: Path) -> str:
    """The hexadecimal SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _run(command: Sequence[str]) -> str:
    """The standard output of a command run in a fixed locale."""
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout


def _cause(error: subprocess.CalledProcessError) -> str:
    """The first cause that the command named."""
    lines = [line for line in (error.stderr or "").splitlines() if line.strip()]
    causes = [line for line in lines if "Failed to fetch" in line or "signature" in line]
    return (causes or lines or [f"exit status {error.returncode}"])[0][:200]
