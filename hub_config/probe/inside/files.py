"""Files, mounts and devices; runs inside the workspace."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable

from hub_config.probe.inside.base import Facts, Seen, attack, call, outcome, refused

HOME, OUTBOX, DATA, INBOX, SHARED = "/home/researcher", "/outbox", "/data", "/inbox", "/shared"
DEVICES = {
    "console", "core", "fd", "full", "mqueue", "null", "ptmx", "pts", "random", "shm", "stderr", "stdin", "stdout",
    "tty", "urandom", "zero", "net",
}  # fmt: skip
WRITABLE = {HOME, OUTBOX, SHARED, "/tmp", "/dev", "/dev/shm", "/dev/pts", "/dev/mqueue", "/proc"}
READ_ONLY = "EROFS"
NO_EFFECT = "without effect"


def creates(path: str) -> Callable[[], None]:
    """Return what makes a file and removes it again."""

    def action() -> None:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        os.unlink(path)

    return action


@attack("file.root")
def root(facts: Facts) -> Seen:
    """Write to every directory of the image."""
    places = ("/", "/etc", "/usr/bin", "/opt", "/opt/venv/bin", "/opt/ansim", "/var", "/root", "/lib", "/data", "/zone")
    return refused({place: outcome(creates(f"{place}/probe")) for place in places if os.path.isdir(place)})


@attack("file.data_write")
def data_write(facts: Facts) -> Seen:
    """Change a dataset: its files, its names, its rights, and the mount itself.

    Everybody may write to the probe's own data as far as its rights go. What holds is that nothing can be written where
    it is mounted, and any other error is none of that; who does not own a file cannot show it by its mode or its times.
    """
    file = f"{DATA}/{facts['dataset']}/{facts['data_file']}"
    written = {
        "create": outcome(creates(f"{DATA}/{facts['dataset']}/probe")),
        "append": outcome(lambda: os.close(os.open(file, os.O_WRONLY | os.O_APPEND))),
        "truncate": _truncated(file),
        "rename": outcome(lambda: os.rename(file, file + ".old")),
        "remove": outcome(lambda: os.unlink(file)),
        "through proc": outcome(lambda: os.close(os.open(f"/proc/self/root{file}", os.O_WRONLY))),
    }
    others = {
        "mode": outcome(lambda: os.chmod(file, 0o777)),
        "times": outcome(lambda: os.utime(file, (0, 0))),
        "remount": call(165, None, DATA.encode(), None, 32, None),
    }
    seen = refused({**written, **others})
    return Seen(seen.held and set(written.values()) <= {READ_ONLY, NO_EFFECT}, seen.words)


def _truncated(file: str) -> str:
    """Cut a file off; gVisor says that it did although the server's file system lets nothing be written."""
    said = outcome(lambda: os.truncate(file, 0))
    if said != "done":
        return said
    with open(file, "rb") as kept:
        return NO_EFFECT if kept.read(1) else "done"


@attack("file.inbox_write")
def inbox_write(facts: Facts) -> Seen:
    """Put something where only approved files arrive."""
    return refused(
        {"create": outcome(creates(f"{INBOX}/probe")), "link": outcome(lambda: os.symlink("/", f"{INBOX}/l"))}
    )


@attack("file.other_project")
def other_project(facts: Facts) -> Seen:
    """Search everything that can be read for a mark that lies in another project's data, home and shared space."""
    # Told backwards: the notebook keeps what it was told, and would be found for it.
    tops = (DATA, INBOX, OUTBOX, HOME, SHARED, "/tmp", "/mnt", "/media", "/srv", "/run", "/var", "/zone", "/dev/shm")
    found, looked = marked(facts["canary_backwards"][::-1].encode(), tops)
    own = facts["own_canary_backwards"][::-1].encode()
    try:
        with open(f"{DATA}/{facts['dataset']}/{facts['data_file']}", "rb") as file:
            sees = own in file.read()
    except OSError:
        sees = False
    if not sees:
        return Seen(False, "the mark of the project's own data was not found: the search proves nothing")
    return Seen(found == 0, f"{looked} files searched, marks of the other project: {found}; its own mark was found")


def marked(mark: bytes, tops: Iterable[str]) -> tuple[int, int]:
    """Return how many files below some directories hold a mark, and how many were looked at."""
    found, looked = 0, 0
    for top in tops:
        for folder, _, names in os.walk(top):
            for name in names:
                path = os.path.join(folder, name)
                try:
                    if not stat.S_ISREG(os.lstat(path).st_mode):
                        continue
                    with open(path, "rb") as file:
                        looked += 1
                        found += mark in file.read(1 << 20)
                except OSError:
                    continue
    return found, looked


@attack("file.datasets")
def datasets(facts: Facts) -> Seen:
    """List the datasets that are there."""
    found = sorted(os.listdir(DATA))
    return Seen(found == [facts["dataset"]], f"{len(found)} datasets, of the project: {int(facts['dataset'] in found)}")


def _kept_by_server(point: str, facts: Facts) -> bool:
    """Say whether the server keeps data from being written that a kernel of one's own shows as if it could be.

    gVisor knows no options of the file system that the server lays under a mount, and passes that one's error on.
    """
    return bool(facts.get("own_kernel")) and outcome(creates(f"{point}/probe")) == READ_ONLY


@attack("file.mounts")
def mounts(facts: Facts) -> Seen:
    """Look at what is mounted, and which of it can be written."""
    writable, unsafe = [], []
    with open("/proc/self/mountinfo") as file:
        for line in file:
            fields = line.split()
            point, options = fields[4], fields[5].split(",")
            if point.startswith(f"{DATA}/"):
                if "ro" not in options and not _kept_by_server(point, facts):
                    unsafe.append(point)
                continue
            if "rw" in options and os.path.isdir(point) and point not in WRITABLE and os.access(point, os.W_OK):
                writable.append(point)
            if point in (DATA, INBOX, "/zone") and "ro" not in options:
                unsafe.append(point)
    return Seen(
        not writable and not unsafe,
        f"writable beyond the table: {writable or 'none'}; data not read-only: {unsafe or 'none'}",
    )


@attack("file.mount_options")
def mount_options(facts: Facts) -> Seen:
    """Look whether what the workspace writes could hold devices or programs that run as their owner."""
    weak = {}
    with open("/proc/self/mountinfo") as file:
        for line in file:
            fields = line.split()
            if fields[4] in (HOME, OUTBOX, SHARED, "/tmp", "/dev/shm"):
                missing = {"nosuid", "nodev"} - set(fields[5].split(","))
                if missing:
                    weak[fields[4]] = "without " + " and ".join(sorted(missing))
    if not weak:
        return Seen(True, "nosuid and nodev everywhere")
    words = "; ".join(f"{place}: {how}" for place, how in weak.items())
    return Seen(False, words + "; a bind mount takes the options of the disk below it")


@attack("file.upwards")
def upwards(facts: Facts) -> Seen:
    """Leave a mount by `..`, by links, and by the directories of processes."""
    tried = {}
    for place in (HOME, OUTBOX, "/zone", f"{DATA}/{facts['dataset']}", *([SHARED] if os.path.isdir(SHARED) else [])):
        here = os.open(place, os.O_RDONLY)
        up = os.open("../../../../../../..", os.O_RDONLY, dir_fd=here)
        same = os.path.sameopenfile(up, os.open("/", os.O_RDONLY))
        tried[place] = "ends at the root of the workspace" if same else "done"
    host = outcome(lambda: os.stat(facts["host_path"]))
    tried["path of the machine"] = host
    tried["root of the first process"] = "done" if os.path.exists("/proc/1/root" + facts["host_path"]) else "absent"
    return refused(tried)


@attack("file.devices")
def devices(facts: Facts) -> Seen:
    """List the devices."""
    extra = sorted(set(os.listdir("/dev")) - DEVICES)
    blocks = [n for n in os.listdir("/dev") if stat.S_ISBLK(os.lstat(f"/dev/{n}").st_mode)]
    return Seen(not extra and not blocks, f"beyond the table: {', '.join(extra) or 'none'}; disks: {len(blocks)}")


@attack("file.make_devices")
def make_devices(facts: Facts) -> Seen:
    """Make devices: the disk of the machine, its memory, its messages."""
    made = {"disk": (stat.S_IFBLK, 254, 0), "memory": (stat.S_IFCHR, 1, 1), "messages": (stat.S_IFCHR, 1, 11)}
    tried = {}
    for place in (HOME, "/tmp", "/dev/shm"):
        for name, (kind, major, minor) in made.items():
            path = f"{place}/probe-{name}"
            device = os.makedev(major, minor)
            tried[f"{name} in {place}"] = outcome(lambda p=path, k=kind, d=device: os.mknod(p, k | 0o600, d))  # type: ignore[misc]
            outcome(lambda p=path: os.unlink(p))  # type: ignore[misc]
    return refused(tried)


@attack("file.open_devices")
def open_devices(facts: Facts) -> Seen:
    """Open devices that reach the machine."""
    names = (
        "mem",
        "kmem",
        "port",
        "kmsg",
        "kvm",
        "fuse",
        "loop-control",
        "loop0",
        "vda",
        "sda",
        "nvme0n1",
        "net/tun",
        "mapper/control",
    )
    return refused({name: outcome(lambda n=name: os.close(os.open(f"/dev/{n}", os.O_RDWR))) for name in names})  # type: ignore[misc]


@attack("file.run_from_tmp")
def run_from_tmp(facts: Facts) -> Seen:
    """Run a program from a temporary file system, and one that exists in memory only."""
    tried = {}
    for place in ("/tmp", "/dev/shm"):
        path = f"{place}/probe-run"
        with open("/bin/true", "rb") as source, open(path, "wb") as target:
            target.write(source.read())
        os.chmod(path, 0o755)
        tried[place] = _runs(path)
        os.unlink(path)
    tried["memory"] = _runs_memory()
    return refused(tried)


def _runs(path: str) -> str:
    child = os.fork()
    if child == 0:
        try:
            os.execv(path, [path])
        except OSError:
            os._exit(9)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return "done" if code == 0 else "refused"


def _runs_memory() -> str:
    try:
        made = os.memfd_create("probe", 0)
    except OSError:
        return "no file in memory"
    with open("/bin/true", "rb") as source:
        os.write(made, source.read())
    return _runs(f"/proc/self/fd/{made}")
