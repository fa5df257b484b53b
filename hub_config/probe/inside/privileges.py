"""Becoming somebody else; runs inside the workspace."""

from __future__ import annotations

import os
import stat

from hub_config.probe.inside.base import Facts, Seen, attack, libc, outcome, refused

TOOLS = (
    "su",
    "sudo",
    "pkexec",
    "newuidmap",
    "newgidmap",
    "mount",
    "umount",
    "unshare",
    "nsenter",
    "capsh",
    "doas",
    "passwd",
    "chsh",
)
PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT, PR_SET_SECUREBITS = 38, 47, 28


def status() -> dict[str, str]:
    """Return what the kernel says of this process."""
    with open("/proc/self/status") as file:
        return {name: value.strip() for name, _, value in (line.partition(":") for line in file)}


@attack("priv.capabilities")
def capabilities(facts: Facts) -> Seen:
    """Read every set of capabilities."""
    found = {name: value for name, value in status().items() if name.startswith("Cap")}
    return Seen(
        bool(found) and all(int(value, 16) == 0 for value in found.values()),
        ", ".join(f"{name} {int(value, 16):x}" for name, value in found.items()),
    )


@attack("priv.no_new_privileges")
def no_new_privileges(facts: Facts) -> Seen:
    """Read whether a program could give rights that its caller lacks, and take the bar away."""
    said = status().get("NoNewPrivs")
    held = libc.prctl(39, 0, 0, 0, 0) if said is None else int(said)
    undone = libc.prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0)
    return Seen(
        held == 1 and undone != 0, f"no_new_privs is {held}; clearing it: {'done' if undone == 0 else 'refused'}"
    )


@attack("priv.filter")
def system_call_filter(facts: Facts) -> Seen:
    """Read whether system calls are filtered."""
    mode = status().get("Seccomp")
    if mode is None:
        return Seen(None, "this kernel does not say (gVisor answers the calls itself)")
    return Seen(mode == "2", f"filter mode {mode}")


@attack("priv.gain")
def gain(facts: Facts) -> Seen:
    """Become root and take capabilities."""
    tried = {
        "setuid": outcome(lambda: os.setuid(0)),
        "setgid": outcome(lambda: os.setgid(0)),
        "setgroups": outcome(lambda: os.setgroups([0])),
        "setresuid": outcome(lambda: os.setresuid(-1, 0, -1)),
    }
    tried["ambient"] = "done" if libc.prctl(PR_CAP_AMBIENT, 2, 21, 0, 0) == 0 else "refused"
    tried["securebits"] = "done" if libc.prctl(PR_SET_SECUREBITS, 0, 0, 0, 0) == 0 else "refused"
    return refused(tried)


@attack("priv.identity")
def identity(facts: Facts) -> Seen:
    """Read who the workspace runs as."""
    ids, groups = {*os.getresuid(), *os.getresgid()}, set(os.getgroups())
    more = groups - ids - {facts["shared_gid"]}  # its project's own: whoever joins second has another number than it
    alone = ids == {facts["uid"]} and not more
    good = alone and min(ids | groups) >= 1000
    return Seen(good, f"one user and group of its own: {alone}; groups beyond its project's: {len(more)}")


@attack("priv.setuid_files")
def setuid_files(facts: Facts) -> Seen:
    """Look for programs that run with the rights of their owner."""
    found, looked = [], 0
    for top in ("/usr", "/opt", "/etc", "/var", "/home"):
        for folder, names, files in os.walk(top):
            names[:] = [n for n in names if n != "site-packages"]
            for name in files:
                try:
                    mode = os.lstat(os.path.join(folder, name)).st_mode
                except OSError:
                    continue
                looked += 1
                if stat.S_ISREG(mode) and mode & (stat.S_ISUID | stat.S_ISGID):
                    found.append(os.path.join(folder, name))
    return Seen(not found, f"{looked} files, setuid or setgid: {', '.join(found[:5]) or 'none'}")


@attack("priv.file_capabilities")
def file_capabilities(facts: Facts) -> Seen:
    """Look for programs that carry capabilities of their own."""
    found, looked = [], 0
    for folder in ("/usr/bin", "/usr/sbin", "/usr/local/bin", "/opt/venv/bin", "/opt/ansim"):
        for name in os.listdir(folder) if os.path.isdir(folder) else []:
            looked += 1
            try:
                if os.getxattr(f"{folder}/{name}", "security.capability"):
                    found.append(name)
            except OSError:
                continue
    return Seen(not found, f"{looked} programs, with capabilities: {', '.join(found) or 'none'}")


@attack("priv.tools")
def tools(facts: Facts) -> Seen:
    """Look for programs whose purpose is to change who one is or what is mounted."""
    places = ("/usr/bin", "/usr/sbin", "/bin", "/sbin", "/usr/local/bin", "/usr/local/sbin")
    found = sorted({name for name in TOOLS for place in places if os.path.exists(f"{place}/{name}")})
    return Seen(not found, "found: " + (", ".join(found) or "none"))


@attack("priv.make_setuid")
def make_setuid(facts: Facts) -> Seen:
    """Make a program that is setuid root."""
    path = "/home/researcher/probe-setuid"

    def action() -> None:
        with open(path, "wb") as file:
            file.write(b"#!/bin/sh\n")
        os.chown(path, 0, 0)
        os.chmod(path, 0o4755)

    answer = outcome(action)
    outcome(lambda: os.unlink(path))
    return refused({"chown to root": answer})
