"""The space that a project shares, and that of another project; runs inside the workspace."""

from __future__ import annotations

import os

from hub_config.probe.inside.base import Facts, Seen, attack, outcome, refused
from hub_config.probe.inside.files import SHARED, marked


@attack("file.other_shared")
def other_shared(facts: Facts) -> Seen:
    """Reach another project's shared space: by its mount, its group, its path on the server, and a mark in it."""
    if not facts["shared_gid"]:
        there = os.path.lexists(SHARED)
        return Seen(False if there else None, "it is there and should not be" if there else "nothing is shared here")
    own, other = (facts[name][::-1].encode() for name in ("own_canary_backwards", "canary_backwards"))
    if not marked(own, [SHARED])[0]:
        return Seen(False, "the mark of the project's own space was not found: the search proves nothing")
    mounts = _mounts(facts["other_shared"])
    found, looked = marked(other, [SHARED, *mounts])
    groups = {os.getgid(), *os.getgroups()} - {facts["uid"], facts["shared_gid"]}
    made = f"{SHARED}/probe-{os.getpid()}"
    os.close(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o660))
    tried = refused(
        {
            "its group": outcome(lambda: os.setgid(facts["other_gid"])),
            "its group beside": outcome(lambda: os.setgroups([facts["other_gid"]])),
            "a file of its group": outcome(lambda: os.chown(made, -1, facts["other_gid"])),
            "its path": outcome(lambda: os.listdir(f"{facts['host_path']}/workspaces/{facts['other_shared']}")),
            "rights of one's own space": outcome(lambda: os.chmod(SHARED, 0o777)),
        }
    )
    os.unlink(made)
    words = (
        f"{looked} files, marks of the other: {found}; mounts: {len(mounts)}; groups beyond one's own: {len(groups)}"
    )
    return Seen(tried.held is True and not found and not mounts and not groups, f"{words}; {tried.words}")


def _mounts(space: str) -> list[str]:
    """Return where a directory of another space is mounted, by its name on the server."""
    with open("/proc/self/mountinfo") as file:
        lines = [line.split() for line in file]
    return [fields[4] for fields in lines if f"/{space}/" in f"{fields[3]}/"]
