"""Renews the lock files of the images: `python -m images.relock [base] [notebook] [scanner]`."""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from images import debian_archive, sources, wheelhouse
from images.debian_lock import parse_debian_lock, without
from images.errors import ImageError

SUITE: Final = "bookworm"
Say = Callable[[str], None]


def relock_base(say: Say) -> None:
    """Write the current versions of the base image's packages to `images/base/packages.lock`."""
    include = sources.base_packages()
    lock = debian_archive.resolve(SUITE, include, sources.deb_cache(), now=dt.datetime.now(dt.UTC), say=say)
    parse_debian_lock(lock.text())
    sources.BASE_LOCK.write_text(lock.text(), encoding="utf-8")
    say(f"{sources.BASE_LOCK.name}: {len(lock.packages)} packages")


def relock_scanner(say: Say) -> None:
    """Write the current versions of what the scanner adds to the base, and of its Python wheels."""
    include = [*sources.base_packages(), *sources.scanner_packages()]
    lock = debian_archive.resolve(SUITE, include, sources.deb_cache(), now=dt.datetime.now(dt.UTC), say=say)
    base = parse_debian_lock(sources.BASE_LOCK.read_text(encoding="utf-8"))
    added = without(lock, base)
    sources.SCANNER_LOCK.write_text(added.text(), encoding="utf-8")
    say(f"scanner/{sources.SCANNER_LOCK.name}: {len(added.packages)} packages")
    relock_python("scanner")(say)


def relock_python(name: str) -> Callable[[Say], None]:
    """The function that renews every Python lock of the image `name`."""

    def relock(say: Say) -> None:
        for wanted in sorted((sources.IMAGES / name).glob("*.in")):
            lock = wheelhouse.resolve(wanted, sources.wheel_cache(), say=say)
            wanted.with_suffix(".lock").write_text(lock.text(), encoding="utf-8")
            say(f"{name}/{wanted.stem}.lock: {len(lock.wheels)} wheels")

    return relock


LOCKS: Final[Mapping[str, Callable[[Say], None]]] = {
    "base": relock_base,
    "notebook": relock_python("notebook"),
    "scanner": relock_scanner,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Renew the named locks, or all of them."""
    parser = argparse.ArgumentParser(prog="python -m images.relock", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*LOCKS, []], metavar="IMAGE", help=", ".join(LOCKS))
    names: list[str] = parser.parse_args(arguments).names or list(LOCKS)
    try:
        for name in names:
            LOCKS[name](lambda text: print(text, flush=True))
    except ImageError as error:
        print(f"{error}\n{error.hint}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
