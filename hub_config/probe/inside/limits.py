"""Taking more than one's share; runs inside the workspace."""

from __future__ import annotations

import errno
import mmap
import os
import resource
import signal
import time

from hub_config.probe.inside.base import Facts, Seen, attack, outcome

MIB = 1024**2
MORE = 128 * MIB
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
    most, opened, answer = facts["open_files"], 0, "opened them all"
    while opened < most + 50:  # the process of this attack closes them by ending
        if (said := outcome(lambda: os.open("/dev/null", os.O_RDONLY))) != "done":
            answer = said
            break
        opened += 1
    held = opened <= most and answer == "EMFILE" and raised != "done"
    return Seen(held, f"{opened} more files of {most} allowed, then {answer}; raising it: {raised}")


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
    """Fill the temporary file systems beyond what they may hold."""
    most = {"/tmp": facts["tmp_bytes"], "/dev/shm": facts["shm_bytes"]}
    full = {place: _filled(place, size + MIB) for place, size in most.items()}
    sizes = {place: (space := os.statvfs(place)).f_blocks * space.f_frsize for place in most}
    held = all(full[place] == "ENOSPC" and sizes[place] <= most[place] for place in most)
    return Seen(
        held, "; ".join(f"{place}: {sizes[place] // MIB} MiB, beyond it {said}" for place, said in full.items())
    )


def _filled(place: str, size: int) -> str:
    """Ask for so many bytes in one file; the server's kernel counts before it gives, another may count as it writes."""
    path = f"{place}/probe-{os.getpid()}"
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    os.unlink(path)
    try:
        if outcome(lambda: os.posix_fallocate(file, 0, size)) == "ENOSPC":
            return "ENOSPC"
        block = bytes(MIB)
        return outcome(lambda: [os.pwrite(file, block, at) for at in range(0, size, MIB)])
    finally:
        os.close(file)


@attack("limit.disk")
def disk(facts: Facts) -> Seen:
    """Look how much home and outbox may hold, and what the project shares; to fill them would cost gigabytes."""
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
