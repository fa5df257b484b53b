"""The wheels of the lock for the Python of a Debian release, which need not be the Python that runs this."""

from __future__ import annotations

import re
from pathlib import Path

from packaging.markers import Marker

ENTRY = re.compile(
    r"(?P<pin>[A-Za-z0-9][A-Za-z0-9._-]*==[^\s;\\]+)\s*(?:;\s*(?P<marker>[^\\]+?))?\s*(?P<hashes>(?:--hash=\S+\s*)+)"
)
#: Wheels that run on Debian 12 (glibc 2.36) and later.
PLATFORMS = (
    *(f"manylinux_2_{minor}_x86_64" for minor in range(36, 4, -1)),
    "manylinux2014_x86_64",
    "manylinux2010_x86_64",
    "manylinux1_x86_64",
    "linux_x86_64",
)


def for_python(lock: str, version: str) -> str:
    """Return the lock as it is for one version of CPython on Linux, without markers, for pip's `--require-hashes`."""
    lines = []
    for entry in lock.replace("\\\n", " ").splitlines():
        match = ENTRY.match(entry)
        if match is None:
            continue
        if match["marker"] is None or Marker(match["marker"].strip()).evaluate(environment(version)):
            lines.append(f"{match['pin']} {' '.join(match['hashes'].split())}")
    return "\n".join(lines) + "\n"


def environment(version: str) -> dict[str, str]:
    """Return what markers ask for (PEP 508), for CPython on a 64-bit Linux."""
    return {
        "python_version": version,
        "python_full_version": f"{version}.0",
        "implementation_name": "cpython",
        "implementation_version": f"{version}.0",
        "platform_python_implementation": "CPython",
        "platform_machine": "x86_64",
        "platform_release": "",
        "platform_system": "Linux",
        "platform_version": "",
        "os_name": "posix",
        "sys_platform": "linux",
        "extra": "",
    }


def download_words(requirements: Path, version: str, target: Path) -> list[str]:
    """Return pip's arguments that fetch these wheels, whichever Python runs pip."""
    tag = version.replace(".", "")
    words = ["download", "--quiet", "--require-hashes", "--no-deps", "--only-binary=:all:", "--dest", str(target)]
    words += ["--python-version", tag, "--implementation", "cp", "--abi", f"cp{tag}", "--abi", "abi3", "--abi", "none"]
    for platform in PLATFORMS:
        words += ["--platform", platform]
    return [*words, "-r", str(requirements)]
