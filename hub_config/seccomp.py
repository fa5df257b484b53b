"""The seccomp profile of a workspace, made from the table of system calls."""

from __future__ import annotations

import json
import platform
from functools import cache
from typing import Any, Final

from hub_config import system_calls as calls

EPERM: Final = 1
ENOSYS: Final = 38
#: Native calls only: another calling convention is a second way into the kernel, and a process that tries it is ended.
ARCHITECTURES: Final = {"x86_64": "SCMP_ARCH_X86_64", "aarch64": "SCMP_ARCH_AARCH64"}


def profile(machine: str | None = None) -> dict[str, Any]:
    """Return the profile for a machine (as `platform.machine` names it), in the form that container engines read."""
    return {
        "defaultAction": "SCMP_ACT_ERRNO",
        "defaultErrnoRet": EPERM,
        "architectures": [ARCHITECTURES[machine or platform.machine()]],
        "syscalls": [
            _allowed(*calls.needed()),
            *(
                _allowed("socket", args=[*_socket(calls.FAMILIES[family], calls.KINDS[kind]), _equal(2, protocol)])
                for (family, kind), protocols in calls.PROTOCOLS.items()
                for protocol in protocols
            ),
            _allowed("socketpair", args=[_equal(0, calls.FAMILIES["AF_UNIX"]), _equal(2, 0)]),
            *(
                _allowed("socket", args=[*_socket(calls.AF_NETLINK, k), _equal(2, calls.NETLINK_ROUTE)])
                for k in calls.NETLINK_KINDS
            ),
            _allowed("clone", args=[_masked(0, calls.NAMESPACE_FLAGS, 0)]),
            # The C library tries clone3 first and takes ENOSYS, and only that, as a reason to use clone.
            {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": ENOSYS, "args": []},
            *(
                _allowed(name, args=[_masked(index, calls.FILE_KIND_MASK, kind)])
                for name, index in (("mknod", 1), ("mknodat", 2))
                for kind in calls.FILE_KINDS.values()
            ),
            _allowed("preadv2", args=[_masked(5, calls.RWF_NOWAIT, 0)]),
            *(_allowed("fadvise64", args=[_equal(3, advice)]) for advice in calls.ADVICE.values()),
            *(_allowed("sched_setscheduler", args=[_equal(1, policy)]) for policy in calls.POLICIES.values()),
            *(_allowed("personality", args=[_equal(0, value)]) for value in calls.PERSONALITIES),
        ],
    }


@cache
def security_option() -> str:
    """Return the profile as the engine's API takes it."""
    return "seccomp=" + json.dumps(profile(), separators=(",", ":"))


def _socket(family: int, kind: int) -> list[dict[str, Any]]:
    return [_equal(0, family), _masked(1, calls.KIND_MASK, kind)]


def _allowed(*names: str, args: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    return {"names": list(names), "action": "SCMP_ACT_ALLOW", "args": args or []}


def _equal(index: int, value: int) -> dict[str, Any]:
    return {"index": index, "value": value, "valueTwo": 0, "op": "SCMP_CMP_EQ"}


def _masked(index: int, mask: int, value: int) -> dict[str, Any]:
    return {"index": index, "value": mask, "valueTwo": value, "op": "SCMP_CMP_MASKED_EQ"}
