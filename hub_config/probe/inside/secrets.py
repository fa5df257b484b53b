"""Names that only a secret would have, in files and environments; runs inside the workspace."""

from __future__ import annotations

import os
import re

from hub_config.probe.inside.base import Facts, Seen, attack

NAMES = re.compile(
    rb"(?:^|\0)((?:JUPYTERHUB|DOCKER|AWS|GOOGLE|AZURE)_\w*|\w*(?:TOKEN|SECRET|PASSWORD|COOKIE|API_KEY)\w*)=[^\0]"
)
#: RFC 7468 (also encrypted), what OpenSSL (RSA, EC, DSA), OpenSSH and GnuPG write, and keys of notes (C2SP).
KEYS = re.compile(rb"-----BEGIN (?:[A-Z0-9]+ )?PRIVATE KEY|PRIVATE\+KEY\+")


@attack("secret.environment")
def environment(facts: Facts) -> Seen:
    """Read the environment of every process for names that secrets have."""
    found: set[str] = set()
    read = 0
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/environ", "rb") as file:
                found |= {match.decode("ascii", "replace") for match in NAMES.findall(file.read())}
                read += 1
        except OSError:
            continue
    return Seen(read > 0 and not found, f"{read} environments, names of secrets: {', '.join(sorted(found)) or 'none'}")


@attack("secret.files")
def files(facts: Facts) -> Seen:
    """Search what the image and the zone put here for private keys and tokens."""
    found, looked = [], 0
    for top in ("/etc", "/opt/ansim", "/usr/share/ansim", "/root", "/home", "/var", "/run", "/zone"):
        for folder, names, files in os.walk(top):
            names[:] = [n for n in names if n not in ("dpkg", "ca-certificates", ".ipython")]
            for name in files:
                path = os.path.join(folder, name)
                try:
                    if os.path.islink(path) or not os.path.isfile(path) or os.path.getsize(path) > 1 << 20:
                        continue
                    with open(path, "rb") as file:
                        content = file.read()
                except OSError:
                    continue
                looked += 1
                if KEYS.search(content) or name.endswith((".token", ".pem.key")):
                    found.append(path)
    return Seen(not found, f"{looked} files, with keys: {', '.join(found[:5]) or 'none'}")


@attack("secret.command_lines")
def command_lines(facts: Facts) -> Seen:
    """Read the command lines of every process for values that look like tokens."""
    found, read = 0, 0
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/cmdline", "rb") as file:
                words = file.read().split(b"\0")
        except OSError:
            continue
        read += 1
        found += sum(1 for word in words if re.fullmatch(rb"(?:--?[\w.]+=)?[0-9a-f]{32,}", word))
    return Seen(found == 0, f"{read} command lines, values like tokens: {found}")
