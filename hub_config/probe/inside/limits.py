"""Taking more than one's share; runs inside the workspace."""

from __future__ import annotations

import errno
import mmap
import os
import resource
import signal
import time

from hub_config.probe.inside.base import Facts, Seen, attack, outcome

MORE = 128 * 1024**2
MAP_POPULATE = 0x8000  # mmap(2): the kernel makes every page at once


@attack("limit.memory")
def memory(facts: Facts) -> Seen:
    """Take more memory than the project has; the process that does is told to the kernel as the first to end."""
    limit = facts["memory_bytes"]
    child = os.fork()
    if child == 0:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")
        with mmap.mmap(-1, limit + MORE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | MAP_POPULATE) as held:
            for at in range(0, len(held), 4096):
                held[at] = 1
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return Seen(
        code != 0, f"asked for {limit // 1024**2} MiB and more: {'had it' if code == 0 else f'ended with {code}'}"
    )


@attack("limit.processes")
def processes(facts: Facts) -> Seen:
    """Start more processes than the project may have."""
    children: list[int] = []
    answer = "started them all"
    for _ in range(facts["pids"] + 50):
        try:
            child = os.fork()
        except OSError as error:
            answer = errno.errorcode.get(error.errno or 0, "?")
            break
        if child == 0:
            time.sleep(30)
            os._exit(0)
        children.append(child)
    for child in children:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    return Seen(len(children) <= facts["pids"], f"{len(children)} more of {facts['pids']} allowed, then {answer}")


@attack("limit.files")
def files(facts: Facts) -> Seen:
    """Open more files than a process may, and raise the limit."""
    raised = outcome(lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (1 << 20, 1 << 20)))
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return Seen(soft <= facts["open_files"] and raised != "done", f"{soft} files at once; raising it: {raised}")


@attack("limit.processor")
def processor(facts: Facts) -> Seen:
    """Use more processors than the project has, for a while."""
    began, used = time.monotonic(), os.times()
    workers = max(2, int(facts["cpus"]) + 1)
    children = []
    for _ in range(workers):
        child = os.fork()
        if child == 0:
            until = time.monotonic() + 1.0
            while time.monotonic() < until:
                pass
            os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)
    after, passed = os.times(), time.monotonic() - began
    share = (after.children_user + after.children_system - used.children_user - used.children_system) / passed
    # The share is counted in slices of a tenth of a second, so a short burst is a little over.
    return Seen(
        share <= facts["cpus"] * 1.25, f"{workers} busy processes had {share:.2f} processors of {facts['cpus']:.2f}"
    )


@attack("limit.temporary")
def temporary(facts: Facts) -> Seen:
    """Fill the temporary file systems."""
    full = {}
    for place in ("/tmp", "/dev/shm"):
        space = os.statvfs(place)
        full[place] = space.f_blocks * space.f_frsize
    held = full["/tmp"] <= facts["tmp_bytes"] and full["/dev/shm"] <= facts["shm_bytes"]
    return Seen(held, "; ".join(f"{place}: {size // 1024**2} MiB" for place, size in full.items()))


@attack("limit.disk")
def disk(facts: Facts) -> Seen:
    """Look how much home and outbox may hold, and what the project shares."""
    beneath, sizes = facts["disk_bytes"], {}
    for place in ("/home/researcher", "/shared"):
        if os.path.isdir(place):
            space = os.statvfs(place)
            sizes[place] = space.f_blocks * space.f_frsize
    if facts["quota_bytes"] == 0:
        return Seen(False, "home and outbox have no quota of their own: the project may fill the disk of the zone (R6)")
    most = {"/home/researcher": facts["quota_bytes"], "/shared": facts["shared_bytes"]}
    held = all(size <= most[place] < beneath for place, size in sizes.items())
    return Seen(held, "; ".join(f"{place} holds {size // 1024**2} MiB" for place, size in sizes.items()))
