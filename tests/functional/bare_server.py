"""A bare Debian server in a container: systemd, no network, no privileged mode, the packages it may want in its cache.

A kernel of its own it has not; everything else of the playbook runs as on a machine.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub_config.images import build_all
from hub_config.processes import REPOSITORY
from tests.patience import PATIENCE

CACHE = REPOSITORY / "build" / "bare-server"
#: What a server has on which somebody is about to run the playbook.
BARE = (
    *("systemd", "systemd-sysv", "dbus", "python3", "python3-apt", "ansible-core", "ca-certificates", "iproute2"),
    *("procps", "sudo", "passwd", "tzdata"),
)
#: What the roles install; it lies in the package cache, for the server has no network.
LATER = (
    *("docker.io", "iptables", "postgresql", "nginx-light", "chrony", "unattended-upgrades", "auditd", "nftables"),
    *("restic", "age", "rsyslog", "rsyslog-gnutls", "openssl", "cron", "logrotate", "fonts-nanum", "python3-venv"),
    *("mmdebstrap", "debian-archive-keyring"),
)
MIRRORS = (
    "deb http://deb.debian.org/debian {suite} main",
    "deb http://deb.debian.org/debian {suite}-updates main",
    "deb http://deb.debian.org/debian-security {suite}-security main",
)
SUITES = {"12": "bookworm", "13": "trixie"}
#: systemd mounts, the engine makes name spaces and cgroups, a unit can have no right that the container has not: none
#: of it needs the whole of privileged mode.
RIGHTS = (
    *("--cap-add", "SYS_ADMIN", "--cap-add", "NET_ADMIN", "--cap-add", "DAC_READ_SEARCH"),
    *("--security-opt", "seccomp=unconfined"),
    *("--security-opt", "apparmor=unconfined", "--cgroupns=private", "--network", "none"),
    *("--tmpfs", "/run", "--tmpfs", "/run/lock", "--tmpfs", "/tmp"),
)
#: The hierarchies come read-only, one mount or, on older kernels' layout, one for each controller.
INIT = (
    "awk '$2 ~ \"^/sys/fs/cgroup\" {print $2}' /proc/mounts"
    ' | while read -r at; do mount -o remount,bind,rw "$at"; done; exec /sbin/init'
)


def image(release: str) -> str:
    """Return the image of a bare server, made on first use; that takes some minutes and the network."""
    script = f"apt-get update -q && apt-get install -y -q --download-only --no-install-recommends {' '.join(LATER)}"
    recipe = json.dumps([BARE, script, MIRRORS])
    tag = f"ansim-test/bare-{release}:{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"
    if subprocess.run(["docker", "image", "inspect", tag], capture_output=True, check=False).returncode == 0:
        return tag
    CACHE.mkdir(parents=True, exist_ok=True)
    tar = CACHE / f"{release}.tar"
    command = ["mmdebstrap", "--variant=apt", f"--include={','.join(BARE)}", "--skip=cleanup/apt,cleanup/reproducible"]
    command += [f"--customize-hook=chroot \"$1\" sh -c '{script}'", SUITES[release], str(tar)]
    run([*command, *(line.format(suite=SUITES[release]) for line in MIRRORS)])
    run(["docker", "import", str(tar), tag])
    tar.unlink()
    return tag


def bundle() -> Path:
    """Return a directory with what an installation without a network takes: program, wheels, images."""
    CACHE.mkdir(parents=True, exist_ok=True)
    wheels = CACHE / hashlib.sha256((REPOSITORY / "requirements.lock").read_bytes()).hexdigest()[:12]
    if not (wheels / "complete").exists():
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--require-hashes", "--no-deps"]
        run([*command, "-r", str(REPOSITORY / "requirements.lock"), "-d", str(wheels)])
        (wheels / "complete").touch()
    pack(wheels / "source.tar")
    built = build_all(CACHE, say=print)  # of the program as it lies here: the server looks for exactly these
    references = sorted(info.reference for info in built.values())
    images = wheels / f"images-{hashlib.sha256(' '.join(references).encode()).hexdigest()[:12]}.tar"
    if not images.exists():
        for old in wheels.glob("images-*.tar"):
            old.unlink()
        latest = [f"ansim/{name}:latest" for name in built]
        run(["docker", "save", "-o", str(images.with_suffix(".new")), *references, *latest])
        images.with_suffix(".new").rename(images)
    (wheels / "images.tar").unlink(missing_ok=True)
    (wheels / "images.tar").hardlink_to(images)
    return wheels


def pack(archive: Path) -> None:
    """Pack the program as `git archive` does, but as it lies here."""
    listed = run(["git", "-C", str(REPOSITORY), "ls-files", "-z", "-co", "--exclude-standard"]).split("\0")
    names = [name for name in listed if name and not name.startswith("tests/") and (REPOSITORY / name).is_file()]
    command = ["tar", "--sort=name", "--owner=0", "--group=0", "--mtime=2026-01-01", "-C", str(REPOSITORY)]
    subprocess.run([*command, "-cf", str(archive), "--null", "-T", "-"], input="\0".join(names), text=True, check=True)


def run(command: list[str]) -> str:
    """Run a command and return what it says; its complaint is part of the failure."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command[:4]}: {done.stderr[-2000:]}"
    return done.stdout


@dataclass(frozen=True, slots=True)
class Server:
    """A bare server that runs."""

    name: str

    def do(self, *words: str, check: bool = True, seconds: int = 1800) -> subprocess.CompletedProcess[str]:
        """Run a command on the server as root."""
        command = ["docker", "exec", self.name, *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds)
        if check:
            assert done.returncode == 0, f"{words}: {done.stdout[-3000:]}{done.stderr[-3000:]}"
        return done

    def play(self, playbook: str, *options: str, given: Mapping[str, Any]) -> str:
        """Run a playbook on the server itself and return what it says."""
        words = ["ansible-playbook", "-i", "/root/ansible/inventories/one-host", f"/root/ansible/{playbook}"]
        words = ["env", "ANSIBLE_CONFIG=/root/ansible/ansible.cfg", "ANSIBLE_NOCOLOR=1", *words]
        return self.do(*words, "-e", json.dumps(given), *options).stdout

    def as_zone(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command as the zone's user, as a process of the zone that was taken over would."""
        return self.do("setpriv", "--reuid", "ansim", "--regid", "ansim", "--init-groups", *words, check=check)


@contextmanager
def bare_server(release: str) -> Iterator[Server]:
    """Run a bare server; its engine keeps its images on a volume of its own, which goes with it."""
    server = Server(f"ansim-bare-{secrets.token_hex(4)}")
    mounts = ["-v", "/var/lib/docker", "-v", f"{bundle()}:/opt/bundle:ro"]
    start = ["docker", "run", "-d", "--name", server.name, "--hostname", "zone", *RIGHTS, *mounts, image(release)]
    run([*start, "sh", "-c", INIT])
    try:
        deadline = time.monotonic() + PATIENCE
        while server.do("systemctl", "is-system-running", check=False).stdout.strip() not in ("running", "degraded"):
            assert time.monotonic() < deadline, server.do("systemctl", "list-jobs", check=False).stdout
            time.sleep(0.5)
        run(["docker", "cp", f"{REPOSITORY}/ansible", f"{server.name}:/root/ansible"])
        yield server
    finally:
        if not os.environ.get("ANSIM_KEEP_SERVER"):
            subprocess.run(["docker", "rm", "-f", "-v", server.name], capture_output=True, check=False)
