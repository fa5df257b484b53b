"""Which system calls a workspace may make: a closed table by purpose, and what of the engine's default it leaves out.

Every call that is not named here is refused, and so is every 32-bit one: a kernel fault that cannot be reached cannot
be used. `hub_config.seccomp` turns the table into the profile that the engine is given; docs/adr/0016 says why the
table is one of names that are needed and not of names that are bad.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from audit.text import Text

#: What JupyterLab, Python, numpy, pandas, DuckDB and the tools of the image call, by what for.
NEEDED: Mapping[str, str] = MappingProxyType(
    {
        "reading and writing what is open": (
            "read write readv writev pread64 pwrite64 preadv pwritev pwritev2 lseek close close_range dup dup2"
            " dup3 fcntl flock fsync fdatasync sync_file_range syncfs ftruncate fallocate readahead"
            " sendfile splice copy_file_range ioctl"
        ),
        "finding, making and removing files": (
            "open openat openat2 creat stat fstat lstat newfstatat statx statfs fstatfs access faccessat faccessat2"
            " getdents getdents64 getcwd chdir fchdir mkdir mkdirat rmdir rename renameat renameat2 link linkat unlink"
            " unlinkat symlink symlinkat readlink readlinkat truncate chmod fchmod fchmodat fchmodat2 chown fchown"
            " lchown fchownat umask utime utimes utimensat futimesat"
        ),
        "extended attributes, which archive tools copy": (
            "getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr setxattr lsetxattr fsetxattr removexattr"
            " lremovexattr fremovexattr"
        ),
        "memory": (
            "brk mmap munmap mremap mprotect madvise mincore msync mlock mlock2 mlockall munlock munlockall membarrier"
            " pkey_alloc pkey_free pkey_mprotect get_mempolicy"
        ),
        "processes and threads of one's own": (
            "fork vfork execve exit exit_group wait4 waitid kill tkill tgkill pidfd_open pidfd_send_signal getpid"
            " getppid gettid getpgid getpgrp setpgid getsid setsid set_tid_address set_robust_list get_robust_list"
            " rseq futex futex_waitv futex_wake futex_wait futex_requeue arch_prctl prctl restart_syscall"
        ),
        "signals": (
            "rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigsuspend rt_sigtimedwait rt_sigqueueinfo"
            " rt_tgsigqueueinfo sigaltstack signalfd signalfd4 pause alarm"
        ),
        "who one is, which no call changes": (
            "getuid geteuid getgid getegid getgroups getresuid getresgid capget uname sysinfo getrandom getcpu"
        ),
        "limits and priorities, which can be lowered": (
            "getrlimit setrlimit prlimit64 getrusage getpriority setpriority ioprio_get ioprio_set sched_yield"
            " sched_getaffinity sched_setaffinity sched_getattr sched_getparam sched_getscheduler"
            " sched_get_priority_max sched_get_priority_min sched_rr_get_interval times"
        ),
        "time": (
            "clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday time getitimer setitimer timer_create"
            " timer_delete timer_gettime timer_settime timer_getoverrun timerfd_create timerfd_gettime timerfd_settime"
        ),
        "waiting for many things": (
            "poll ppoll select pselect6 epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2"
            " eventfd eventfd2 pipe pipe2 inotify_init inotify_init1 inotify_add_watch inotify_rm_watch"
        ),
        "sockets of the families below": (
            "bind connect listen accept accept4 getsockname getpeername getsockopt setsockopt shutdown"
            " sendto recvfrom sendmsg recvmsg sendmmsg recvmmsg"
        ),
        "locking oneself in further": ("seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self"),
    }
)

#: What the engine's own profile allows (Docker 20.10 to 28, x86-64) and this one refuses, by the reason.
REMOVED: tuple[tuple[Text, str], ...] = (
    (
        Text(
            "다른 프로세스를 들여다보는 것은 공격을 겨냥하는 방법이며, 여기서는 디버깅에 쓰지 않는다",
            "looking into another process is how an exploit is aimed; nothing here is debugged with it",
        ),
        "ptrace process_vm_readv process_vm_writev process_mrelease",
    ),
    (
        Text(
            "2019년부터 결함이 많이 나온 별도의 커널 통로이며, 여기서는 쓰지 않는다",
            "an interface of its own into the kernel, with many faults found since 2019; nothing here uses it",
        ),
        "io_uring_setup io_uring_enter io_uring_register",
    ),
    (
        Text(
            "데이터베이스 서버만 쓰는 옛 비동기 입출력",
            "old asynchronous reading and writing, used by database servers only",
        ),
        "io_setup io_submit io_cancel io_destroy io_getevents io_pgetevents",
    ),
    (
        Text(
            "메모리 속 프로그램은 임시 파일의 실행 금지를 피해 간다",
            "a program in memory gets round the refusal to run programs from temporary files",
        ),
        "memfd_create memfd_secret execveat",
    ),
    (
        Text(
            "사용자를 바꾸는 호출: 분석환경의 사용자는 하나로 정해져 있고 바꿀 권한도 없다",
            "changing who one is: a workspace has one user for good, and no capability to change it",
        ),
        "setuid setgid setreuid setregid setresuid setresgid setgroups setfsuid setfsgid capset",
    ),
    (
        Text(
            "프로세스보다 오래 남고 번호로 보이는 통로와 메모리. 파일과 파이프로 충분하다",
            "channels and memory that outlive the process and are seen by number; files and pipes serve",
        ),
        "shmget shmat shmdt shmctl semget semop semtimedop semctl msgget msgsnd msgrcv msgctl mq_open mq_unlink"
        " mq_timedsend mq_timedreceive mq_notify mq_getsetattr ipc",
    ),
    (
        Text(
            "메모리 쪽을 파이프로 주고받는 호출로, 커널 공격에 여러 번 쓰였다. `splice`만 필요하다",
            "handing pages to pipes and back, the way of several kernel exploits; `splice` alone is needed",
        ),
        "vmsplice tee",
    ),
    (
        Text(
            "서버의 모든 디스크에 한꺼번에 쓰게 하여 남까지 기다리게 한다. 자기 파일에는 `fsync`, `syncfs`로 충분하다",
            "writing out every disk of the machine, for which others wait; `fsync` and `syncfs` serve one's own files",
        ),
        "sync",
    ),
    (
        Text(
            "서버의 시계. 맞출 권한이 있어야 읽는 경우도 포함한다",
            "the clock of the machine, also where it is only read with the rights to set it",
        ),
        "adjtimex clock_adjtime",
    ),
    (
        Text(
            "서버를 굶길 수 있는 실시간 스케줄링",
            "real-time scheduling, which could starve the machine",
        ),
        "sched_setattr sched_setparam",
    ),
    (
        Text(
            "32비트 프로그램의 세그먼트와 스레드 영역",
            "segment tables and thread areas of 32-bit programs",
        ),
        "modify_ldt get_thread_area set_thread_area",
    ),
    (
        Text(
            "오래되었거나 커널이 흉내만 내는 호출",
            "obsolete, or without a use since the kernel emulates it",
        ),
        "remap_file_pages epoll_ctl_old epoll_wait_old ustat sysfs uselib _sysctl",
    ),
    (
        Text(
            "다른 사람의 파일을 지켜보는 표시. 필요한 권한이 없다",
            "marking files of others for notice; it needs a right that is not there",
        ),
        "fanotify_mark",
    ),
    (
        Text(
            "경로 없이 파일을 가리키는 호출로, 알려진 탈출의 절반이다",
            "naming a file without a path to it, half of a known escape",
        ),
        "name_to_handle_at",
    ),
    (
        Text(
            "조건이 붙을 때만 허용한다",
            "only with a condition, below",
        ),
        "socket socketpair clone clone3 mknod mknodat personality sched_setscheduler preadv2 fadvise64",
    ),
)

#: Socket families that exist for a workspace: the zone's sockets, and loopback.
FAMILIES: Mapping[str, int] = MappingProxyType({"AF_UNIX": 1, "AF_INET": 2, "AF_INET6": 10})
#: Kinds of sockets; a raw one is in none of these families.
KINDS: Mapping[str, int] = MappingProxyType({"SOCK_STREAM": 1, "SOCK_DGRAM": 2, "SOCK_SEQPACKET": 5})
#: socket(2): the protocols by name of family and kind. A protocol that nobody needs (MPTCP, UDP-Lite, SCTP, echo) is
#: code of the kernel that nobody reaches, nor has loaded by asking for it.
PROTOCOLS: Mapping[tuple[str, str], tuple[int, ...]] = MappingProxyType(
    {
        **{("AF_UNIX", kind): (0,) for kind in KINDS},
        **{(family, "SOCK_STREAM"): (0, 6) for family in ("AF_INET", "AF_INET6")},
        **{(family, "SOCK_DGRAM"): (0, 17) for family in ("AF_INET", "AF_INET6")},
    }
)
#: The C library asks the kernel which addresses there are; of all it could ask, this is the one thing: NETLINK_ROUTE.
AF_NETLINK, NETLINK_ROUTE, NETLINK_KINDS = 16, 0, (2, 3)
KIND_MASK = 0xF  # socket(2): the bits above are flags
#: clone(2): every flag that makes a namespace. A container in a container would hide what it does.
NAMESPACE_FLAGS = 0x7E02_0080
#: mknod(2): pipes and sockets have names; devices do not come from here.
FILE_KINDS: Mapping[str, int] = MappingProxyType({"S_IFREG": 0o100000, "S_IFIFO": 0o010000, "S_IFSOCK": 0o140000})
FILE_KIND_MASK = 0o170000
#: preadv2(2): every way of reading but the one that says whether somebody read the same page shortly before.
RWF_NOWAIT = 0x8
#: posix_fadvise(2): every advice but to forget pages, which readers of the same data in other projects would notice.
ADVICE: Mapping[str, int] = MappingProxyType({"NORMAL": 0, "RANDOM": 1, "SEQUENTIAL": 2, "WILLNEED": 3, "NOREUSE": 5})
#: sched_setscheduler(2): the usual policies; the messaging library of kernels sets the one that it has.
POLICIES: Mapping[str, int] = MappingProxyType({"SCHED_OTHER": 0, "SCHED_BATCH": 3, "SCHED_IDLE": 5})
#: personality(2): asking, and the usual one.
PERSONALITIES = (0x0, 0xFFFF_FFFF)


def needed() -> tuple[str, ...]:
    """Return every call that is allowed whatever its arguments, sorted."""
    return tuple(sorted({name for names in NEEDED.values() for name in names.split()}))


def removed() -> Mapping[str, str]:
    """Return each call that the engine would allow and this zone does not, with the reason."""
    return {name: reason.en for reason, names in REMOVED for name in names.split()}
