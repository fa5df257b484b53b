"""The filter of system calls: a closed table, tighter than the engine's own, with a reason for every difference."""

from __future__ import annotations

import json
import os
import re

import pytest

from hub_config import system_calls as calls
from hub_config.seccomp import ENOSYS, profile, security_option

#: Calls that only somebody with a capability, or an attacker, has a use for.
NEVER = [
    "ptrace",
    "process_vm_readv",
    "process_vm_writev",
    "bpf",
    "perf_event_open",
    "userfaultfd",
    "io_uring_setup",
    "keyctl",
    "add_key",
    "request_key",
    "mount",
    "umount2",
    "pivot_root",
    "chroot",
    "unshare",
    "setns",
    "open_tree",
    "fsopen",
    "move_mount",
    "mount_setattr",
    "init_module",
    "finit_module",
    "delete_module",
    "kexec_load",
    "reboot",
    "swapon",
    "settimeofday",
    "clock_settime",
    "syslog",
    "open_by_handle_at",
    "name_to_handle_at",
    "memfd_create",
    "execveat",
    "setuid",
    "setgid",
    "setgroups",
    "capset",
    "modify_ldt",
    "vmsplice",
    "pidfd_getfd",
    "kcmp",
    "acct",
    "iopl",
    "ioperm",
    "sync",
]
#: Without these a notebook does not run.
ALWAYS = [
    "read",
    "write",
    "openat",
    "mmap",
    "futex",
    "clock_gettime",
    "fork",
    "execve",
    "epoll_wait",
    "poll",
    "sendmsg",
    "recvmsg",
    "eventfd2",
    "pipe2",
    "fsync",
    "syncfs",
]


def allowed(name: str) -> list[list[dict[str, object]]]:
    """Return the conditions under which a call is allowed; none at all if it is refused."""
    rules = profile("x86_64")["syscalls"]
    return [rule["args"] for rule in rules if name in rule["names"] and rule["action"] == "SCMP_ACT_ALLOW"]


def test_what_no_table_names_is_refused() -> None:
    assert profile("x86_64")["defaultAction"] == "SCMP_ACT_ERRNO"


@pytest.mark.parametrize("name", NEVER)
def test_a_call_that_only_an_attacker_needs_is_refused_whatever_its_arguments(name: str) -> None:
    assert allowed(name) == []


@pytest.mark.parametrize("name", ALWAYS)
def test_a_call_that_every_notebook_makes_is_allowed(name: str) -> None:
    assert allowed(name) == [[]]


def test_every_call_that_is_taken_from_the_engines_list_has_a_reason_and_is_not_allowed_as_well() -> None:
    removed = calls.removed()
    assert len(removed) > 60
    assert all(len(reason) > 20 for reason in removed.values())
    assert set(removed) & set(calls.needed()) == set()


def test_a_name_stands_once() -> None:
    for rows in (calls.NEEDED.values(), [names for _, names in calls.REMOVED]):
        names = [name for words in rows for name in words.split()]
        assert len(names) == len(set(names))
        assert all(re.fullmatch(r"_?[a-z0-9_]+", name) for name in names)


def test_only_the_calling_convention_of_the_machine_is_known() -> None:
    assert profile("x86_64")["architectures"] == ["SCMP_ARCH_X86_64"]
    assert profile("aarch64")["architectures"] == ["SCMP_ARCH_AARCH64"]


def test_sockets_are_of_three_families_and_never_raw_but_for_the_list_of_addresses() -> None:
    triples = {(args[0]["value"], args[1]["valueTwo"], args[2]["value"]) for args in allowed("socket")}
    raw = 3
    assert {one for one in triples if one[1] == raw} == {(calls.AF_NETLINK, raw, calls.NETLINK_ROUTE)}
    assert {family for family, *_ in triples} == {1, 2, 10, calls.AF_NETLINK}


def test_sockets_are_of_the_protocols_that_a_notebook_uses_and_of_no_other() -> None:
    protocols = {(args[0]["value"], args[2]["value"]) for args in allowed("socket")}
    assert protocols == {(1, 0), (2, 0), (2, 6), (2, 17), (10, 0), (10, 6), (10, 17), (calls.AF_NETLINK, 0)}
    ((family, protocol),) = allowed("socketpair")
    assert (family["value"], protocol["index"], protocol["value"]) == (1, 2, 0)


def test_no_call_says_whether_others_read_the_same_page_or_makes_them_read_it_again() -> None:
    ((condition,),) = allowed("preadv2")
    assert condition == {"index": 5, "value": calls.RWF_NOWAIT, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}
    advice = [args[0]["value"] for args in allowed("fadvise64")]
    assert os.POSIX_FADV_DONTNEED not in advice
    assert {os.POSIX_FADV_SEQUENTIAL, os.POSIX_FADV_WILLNEED} < set(advice)


def test_clone_makes_no_namespace_and_clone3_is_said_to_be_absent() -> None:
    ((condition,),) = allowed("clone")
    assert condition == {"index": 0, "value": calls.NAMESPACE_FLAGS, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}
    (rule,) = [r for r in profile("x86_64")["syscalls"] if "clone3" in r["names"]]
    assert (rule["action"], rule["errnoRet"]) == ("SCMP_ACT_ERRNO", ENOSYS)


def test_the_engine_is_given_json() -> None:
    name, _, text = security_option().partition("=")
    assert name == "seccomp"
    assert json.loads(text)["syscalls"]
