"""Doors of the kernel; runs inside the workspace. Numbers of calls are those of x86-64 and, where they end in
`_NEW`, of every machine.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import resource

from hub_config.probe.inside.base import Facts, Seen, attack, barred, call, outcome, refused

OWN_PID = os.getpid()
CLONE = {
    "user": 0x10000000, "mount": 0x00020000, "net": 0x40000000, "pid": 0x20000000,
    "ipc": 0x08000000, "uts": 0x04000000, "cgroup": 0x02000000, "time": 0x00000080,
}  # fmt: skip
WRITE_SYS = (
    "/proc/sys/kernel/hostname",
    "/proc/sys/kernel/randomize_va_space",
    "/proc/sys/vm/overcommit_memory",
    "/proc/sys/net/ipv4/ip_forward",
    "/proc/sys/kernel/modprobe",
    "/proc/sys/fs/binfmt_misc/register",
)
#: What tells about the machine or other workspaces and has no use here.
READ = (
    "/proc/kcore", "/proc/keys", "/proc/key-users", "/proc/kallsyms", "/proc/kmsg", "/proc/timer_list",
    "/proc/sched_debug", "/proc/latency_stats", "/proc/slabinfo", "/proc/vmallocinfo", "/proc/interrupts",
    "/proc/modules", "/proc/config.gz", "/proc/iomem", "/proc/diskstats", "/proc/schedstat", "/proc/swaps",
    "/proc/sys/fs/file-nr", "/proc/sys/fs/inode-nr", "/proc/sys/fs/dentry-state",
    "/sys/class/dmi/id/product_uuid", "/sys/kernel/vmcoreinfo", "/sys/kernel/notes",
)  # fmt: skip
#: Directories of such files: disks with what is read of each and the file behind it, file systems, memory, cards.
COVERED = (
    "/proc/fs", "/sys/firmware", "/sys/dev", "/sys/block", "/sys/devices/virtual/block", "/sys/devices/virtual/bdi",
    "/sys/devices/system/node", "/sys/fs/ext4", "/sys/fs/xfs", "/sys/fs/btrfs", "/sys/module", "/sys/bus",
)  # fmt: skip


def writes(path: str) -> str:
    """Open a file of the kernel for writing and write nothing: a probe harms nothing where a wall is missing."""
    return outcome(lambda: os.close(os.open(path, os.O_WRONLY)))


@attack("kern.proc_sys")
def proc_sys(facts: Facts) -> Seen:
    """Open settings of the kernel for writing."""
    return refused({path.removeprefix("/proc/sys/"): writes(path) for path in WRITE_SYS if os.path.exists(path)})


@attack("kern.core_pattern")
def core_pattern(facts: Facts) -> Seen:
    """Name a program that the kernel runs outside when a process dies, and allow oneself a core."""
    raised = outcome(lambda: resource.setrlimit(resource.RLIMIT_CORE, (1 << 20, 1 << 20)))
    return refused({"core_pattern": writes("/proc/sys/kernel/core_pattern"), "core limit": raised})


@attack("kern.sysrq")
def sysrq(facts: Facts) -> Seen:
    """Open the trigger that stops the machine."""
    names = [name for name in ("/proc/sysrq-trigger", "/proc/sys/kernel/sysrq") if os.path.exists(name)]
    return refused({name: writes(name) for name in names}) if names else Seen(None, "this kernel has no such trigger")


@attack("kern.sys_writable")
def sys_writable(facts: Facts) -> Seen:
    """Look for anything in /sys that can be written, and make something in it."""
    found = []
    for top in ("/sys/kernel", "/sys/fs", "/sys/module", "/sys/class/net/lo", "/sys/power", "/sys/bus"):
        for folder, _, names in os.walk(top):
            if folder.count("/") > 5:
                continue
            found += [f"{folder}/{name}" for name in names if os.access(f"{folder}/{name}", os.W_OK)]
    helper = writes("/sys/kernel/uevent_helper")
    made = outcome(lambda: os.mkdir("/sys/fs/cgroup/probe"))
    return Seen(
        not found and helper != "done" and made != "done", f"writable: {len(found)}; helper: {helper}; mkdir: {made}"
    )


@attack("kern.masked")
def masked(facts: Facts) -> Seen:
    """Read what the kernel tells about the machine and its other users."""
    read = []
    for path in READ:
        try:
            with open(path, "rb") as file:
                if file.read(16):
                    read.append(path)
        except OSError:
            continue
    buses = [f"/sys/devices/{name}" for name in os.listdir("/sys/devices") if name.startswith("pci")]
    opened = [path for path in (*COVERED, *buses) if os.path.isdir(path) and os.listdir(path)]
    return Seen(not read and not opened, f"read: {', '.join(read) or 'none'}; entered: {', '.join(opened) or 'none'}")


@attack("kern.keyring")
def keyring(facts: Facts) -> Seen:
    """Keep and search for keys in the kernel, which are not apart for each container."""
    return barred(
        {
            "add": call(248, b"user", b"probe", b"x", 1, -3),
            "request": call(249, b"user", b"probe", None, -3),
            "control": call(250, 0, -3, 0, 0, 0),
        }
    )


@attack("kern.observers")
def observers(facts: Facts) -> Seen:
    """Load programs that observe the kernel, count its events, and handle its page faults."""
    attribute = ctypes.create_string_buffer(128)
    at = ctypes.addressof(attribute)
    return barred(
        {
            "bpf": call(321, 0, at, 72),
            "perf": call(298, at, 0, -1, -1, 0),
            "userfaultfd": call(323, 1),
            "fanotify": call(300, 0, 0),
        }
    )


@attack("kern.modules")
def modules(facts: Facts) -> Seen:
    """Load and remove parts of the kernel, and another kernel."""
    return barred(
        {
            "init_module": call(175, b"", 0, b""),
            "finit_module": call(313, 0, b"", 0),
            "delete_module": call(176, b"probe", 0),
            "kexec_load": call(246, 0, 0, 0, 0),
        }
    )


@attack("kern.user_namespace")
def user_namespace(facts: Facts) -> Seen:
    """Become root in a user namespace of one's own, the first step of many escapes."""
    flags = CLONE["user"]
    return barred({"unshare": call(272, flags), "clone": _clone(flags | 17), "clone3": _clone3(flags)})


@attack("kern.namespaces")
def namespaces(facts: Facts) -> Seen:
    """Make every other kind of namespace."""
    return barred({name: call(272, flag) for name, flag in CLONE.items() if name != "user"})


def _clone(flags: int) -> str:
    answer = call(56, flags, 0, 0, 0, 0)
    if answer == "done" and os.getpid() not in (0, OWN_PID):
        os._exit(0)  # the child that should not have been made
    return answer


def _clone3(flags: int) -> str:
    arguments = (ctypes.c_uint64 * 11)(flags, 0, 0, 0, 17)
    return call(435, ctypes.addressof(arguments), 88)


@attack("kern.mounts")
def mounts(facts: Facts) -> Seen:
    """Mount, move and remove file systems, by the old calls and the new."""
    return barred(
        {
            "mount": call(165, b"none", b"/tmp", b"tmpfs", 0, b""),
            "remount": call(165, None, b"/", None, 32 | 4096, None),
            "umount": call(166, b"/data", 2),
            "pivot_root": call(155, b"/tmp", b"/tmp"),
            "chroot": call(161, b"/tmp"),
            "open_tree": call(428, -100, b"/", 1),
            "fsopen": call(430, b"tmpfs", 0),
            "mount_setattr": call(442, -100, b"/", 0, 0, 0),
        }
    )


@attack("kern.io_uring")
def io_uring(facts: Facts) -> Seen:
    """Open the ring that carries calls past the filter."""
    parameters = ctypes.create_string_buffer(120)
    return barred({"setup": call(425, 4, ctypes.addressof(parameters))})


@attack("kern.old_calls")
def old_calls(facts: Facts) -> Seen:
    """Make a call in the 32-bit way, which a filter of 64-bit calls would not see."""
    if os.uname().machine != "x86_64":
        return Seen(None, "this machine has no 32-bit x86 calls")
    child = os.fork()
    if child == 0:
        code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        code.write(b"\xb8\x14\x00\x00\x00\xcd\x80\xc3")  # mov eax, 20 (getpid); int 0x80; ret
        function = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))
        os._exit(7 if function() == os.getpid() else 8)
    _, status = os.waitpid(child, 0)
    answered = os.WIFEXITED(status) and os.WEXITSTATUS(status) == 7
    how = f"signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else f"exit {os.WEXITSTATUS(status)}"
    return Seen(not answered, f"int 0x80: {'answered' if answered else how}")


@attack("kern.clock")
def clock(facts: Facts) -> Seen:
    """Set the clock of the machine, which the record is dated by."""
    nonsense = (ctypes.c_long * 2)(-1, -1)  # a clock that could be set would still refuse it, by EINVAL
    at = ctypes.addressof(nonsense)
    buffer = ctypes.create_string_buffer(256)
    return barred(
        {
            "clock_settime": call(227, 0, at),
            "settimeofday": call(164, at, 0),
            "adjtimex": call(159, ctypes.addressof(buffer)),
        }
    )


@attack("kern.machine")
def machine(facts: Facts) -> Seen:
    """Name, account for, swap and restart the machine."""
    return barred(
        {
            "sethostname": call(170, b"probe", 5000),
            "setdomainname": call(171, b"probe", 5000),
            "swapon": call(167, b"/tmp/none", 0),
            "acct": call(163, b"/tmp/none"),
            "reboot": call(169, 0, 0, 0, 0),
            "iopl": call(172, 3),
            "ioperm": call(173, 0x80, 1, 1),
        }
    )


@attack("kern.messages")
def messages(facts: Facts) -> Seen:
    """Read the messages of the kernel, which name addresses and devices."""
    buffer = ctypes.create_string_buffer(64)
    return barred(
        {
            "syslog": call(103, 3, ctypes.addressof(buffer), 64),
            "kmsg": "EPERM" if not os.path.exists("/dev/kmsg") else outcome(lambda: os.open("/dev/kmsg", os.O_RDONLY)),
        }
    )


@attack("kern.handles")
def handles(facts: Facts) -> Seen:
    """Open a file of the machine by its number instead of its path."""
    handle = (ctypes.c_char * 24)()
    ctypes.memmove(handle, (8).to_bytes(4, "little") + (1).to_bytes(4, "little") + (2).to_bytes(8, "little"), 16)
    root = os.open("/home/researcher" if os.path.isdir("/home/researcher") else "/", os.O_RDONLY)
    return barred(
        {
            "open_by_handle_at": call(304, root, ctypes.addressof(handle), 0),
            "name_to_handle_at": call(303, -100, b"/", ctypes.addressof(handle), ctypes.addressof(handle), 0),
        }
    )


@attack("kern.cgroup_files")
def cgroup_files(facts: Facts) -> Seen:
    """Raise one's own limits and name a program to run when a group empties."""
    tried = {}
    for folder, _, names in os.walk("/sys/fs/cgroup"):
        for name in ("release_agent", "memory.limit_in_bytes", "memory.max", "pids.max", "cpu.max", "cpu.cfs_quota_us",
                     "cgroup.procs", "devices.allow", "notify_on_release"):  # fmt: skip
            if name in names:
                tried[f"{os.path.basename(folder)}/{name}"] = writes(f"{folder}/{name}")
        if folder.count("/") > 5:
            break
    if not tried:
        return Seen(None, "no control group is visible")
    done = [name for name, answer in tried.items() if answer == "done"]
    return Seen(not done, f"{len(tried)} files tried, written: {', '.join(done) or 'none'}")


@attack("kern.cgroup_mount")
def cgroup_mount(facts: Facts) -> Seen:
    """Mount a hierarchy of control groups of one's own, the way of a known escape."""
    outcome(lambda: os.mkdir("/tmp/cg"))
    return barred(
        {
            "v1": call(165, b"cgroup", b"/tmp/cg", b"cgroup", 0, b"memory"),
            "v2": call(165, b"cgroup2", b"/tmp/cg", b"cgroup2", 0, b""),
            "namespace": call(272, CLONE["cgroup"] | CLONE["user"]),
        }
    )
