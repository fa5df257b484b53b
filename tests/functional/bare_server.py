"""A bare Debian server in a container: systemd, no network, no privileged mode, and a bundle to install from.

A kernel of its own it has not; everything else of the playbook runs as on a machine.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from hub_config.bundle import making
from hub_config.bundle.debian_packages import MIRRORS, fetch, index, wanted
from hub_config.bundle.making import RELEASES
from hub_config.bundle.manifest import seal, signing_key
from hub_config.images import build_all
from hub_config.processes import REPOSITORY
from tests.patience import PATIENCE

CACHE = REPOSITORY / "build" / "bare-server"
BUNDLE = "/opt/bundle"
ONE_HOST = "/root/ansible/inventories/one-host"
#: What a server has on which somebody is about to run the playbook.
BARE = (
    *("systemd", "systemd-sysv", "dbus", "python3", "python3-apt", "ansible-core", "ca-certificates", "iproute2"),
    *("procps", "sudo", "passwd", "tzdata"),
)
SUITES = {number: release.suite for number, release in RELEASES.items()}
#: systemd mounts, the engine makes name spaces and cgroups, a unit can have no right that the container has not: none
#: of it needs the whole of privileged mode. The engine maps users: their name space gets `/proc` and `/sys` only where
#: nothing of them is covered, as on a machine, and to hand mounts into it takes the right to look at its processes.
RIGHTS = (
    *("--cap-add", "SYS_ADMIN", "--cap-add", "NET_ADMIN", "--cap-add", "DAC_READ_SEARCH"),
    *("--cap-add", "SYS_PTRACE"),
    *("--security-opt", "seccomp=unconfined", "--security-opt", "systempaths=unconfined"),
    *("--security-opt", "apparmor=unconfined", "--cgroupns=private"),
    *("--tmpfs", "/run", "--tmpfs", "/run/lock", "--tmpfs", "/tmp"),
)
#: The network of a server that has none; others are given with `docker network create --internal`.
ALONE = ("--network", "none")
#: Files as disks, for homes with file systems of their own: what is made below is the machine's, as on any server.
LOOPS = ("--device", "/dev/loop-control", "--device-cgroup-rule", "b 7:* rmw")
#: The hierarchies come read-only, one mount or, on older kernels' layout, one for each controller. On a server systemd
#: finds a root whose mounts the units see as well; in a container it leaves that to whoever made the container.
INIT = (
    "awk '$2 ~ \"^/sys/fs/cgroup\" {print $2}' /proc/mounts"
    ' | while read -r at; do mount -o remount,bind,rw "$at"; done; mount --make-rshared /;'
    " for n in $(seq 0 63); do mknod -m 660 /dev/loop$n b 7 $n; done; chgrp disk /dev/loop*; exec /sbin/init"
)


def image(release: str, packages: tuple[str, ...] = BARE) -> str:
    """Return the image of a bare server, made on first use; that takes some minutes and the network."""
    recipe = json.dumps([packages, MIRRORS])
    tag = f"ansim-test/bare-{release}:{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"
    if subprocess.run(["docker", "image", "inspect", tag], capture_output=True, check=False).returncode == 0:
        return tag
    CACHE.mkdir(parents=True, exist_ok=True)
    tar = CACHE / f"{release}.tar"
    command = ["mmdebstrap", "--variant=apt", f"--include={','.join(packages)}", SUITES[release], str(tar)]
    run([*command, *(line.format(suite=SUITES[release]) for line in MIRRORS)])
    run(["docker", "import", str(tar), tag])
    tar.unlink()
    return tag


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle, and the public key that it was signed with."""

    directory: Path
    key: str


def bundle(release: str) -> Bundle:
    """Return a bundle of the program as it lies here, as `ansim bundle make` makes it; what is the same is kept."""
    made = CACHE / f"bundle-{release}"
    made.mkdir(parents=True, exist_ok=True)
    of = RELEASES[release]
    once(made / making.WHEELS, (REPOSITORY / "requirements.lock").read_text(), partial(fetch_wheels, of))
    once(made / making.DEBIAN, json.dumps([wanted(of.suite), MIRRORS]), partial(fetch_packages, of))
    making.pack(made / making.SOURCE)
    built = build_all(CACHE, say=print)  # of the program as it lies here: the server looks for exactly these
    references = " ".join(sorted(info.reference for info in built.values()))
    once(made / making.IMAGES, references, lambda target: making.save_images(target, CACHE))
    making.write_about(made, of, CACHE)
    seal(made, signing_key(CACHE / "bundle.pem"))
    return Bundle(made, (CACHE / "bundle.pem.pub").read_text())


def fetch_wheels(release: making.Release, target: Path) -> None:
    making.fetch_wheels(target, release)


def fetch_packages(release: making.Release, target: Path) -> None:
    fetch(release.suite, target)
    index(target)


def once(target: Path, of: str, make: Callable[[Path], None]) -> None:
    """Make something unless it was made of the same before; a note beside the bundle says of what."""
    note = target.parent.with_name(f"{target.parent.name}.{target.name}.of")
    said = hashlib.sha256(of.encode()).hexdigest()
    if note.exists() and note.read_text() == said:
        return
    shutil.rmtree(target) if target.is_dir() else target.unlink(missing_ok=True)
    note.unlink(missing_ok=True)
    make(target)
    note.write_text(said)


def run(command: list[str]) -> str:
    """Run a command and return what it says; its complaint is part of the failure."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command[:4]}: {done.stderr[-2000:]}"
    return done.stdout


@dataclass(frozen=True, slots=True)
class Server:
    """A bare server that runs, and the key of the bundle that lies on it."""

    name: str
    key: str

    def do(self, *words: str, check: bool = True, seconds: int = 1800) -> subprocess.CompletedProcess[str]:
        """Run a command on the server as root."""
        command = ["docker", "exec", self.name, *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds)
        if check:
            assert done.returncode == 0, f"{words}: {done.stdout[-3000:]}{done.stderr[-3000:]}"
        return done

    def play(self, playbook: str, *options: str, given: Mapping[str, Any], inventory: str = ONE_HOST) -> str:
        """Run a playbook on the server itself and return what it says."""
        words = ["ansible-playbook", "-i", inventory, f"/root/ansible/{playbook}"]
        words = ["env", "ANSIBLE_CONFIG=/root/ansible/ansible.cfg", "ANSIBLE_NOCOLOR=1", *words]
        brought = {"ansim_bundle": BUNDLE, "ansim_bundle_key": self.key}
        return self.do(*words, "-e", json.dumps({**brought, **given}), *options).stdout

    def write(self, path: str, text: str) -> None:
        """Write a file on the server."""
        command = ["docker", "exec", "-i", self.name, "install", "-D", "-m", "644", "/dev/stdin", path]
        subprocess.run(command, input=text, text=True, check=True)

    def wait_until_up(self) -> None:
        """Wait until systemd has started what it starts."""
        deadline = time.monotonic() + PATIENCE
        while self.do("systemctl", "is-system-running", check=False).stdout.strip() not in ("running", "degraded"):
            assert time.monotonic() < deadline, self.do("systemctl", "list-jobs", check=False).stdout
            time.sleep(0.5)

    def cut_power(self) -> None:
        """Kill everything on the server at once, as without power, and start it again."""
        run(["docker", "kill", "--signal", "KILL", self.name])
        run(["docker", "start", self.name])
        self.wait_until_up()

    def as_zone(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command as the zone's user, as a process of the zone that was taken over would."""
        become = ("setpriv", "--reuid", "ansim", "--regid", "ansim", "--init-groups", "--reset-env")
        return self.do(*become, *words, check=check)


@contextmanager
def bare_server(
    release: str, *, packages: tuple[str, ...] = BARE, network: Sequence[str] = ALONE, name: str = "zone"
) -> Iterator[Server]:
    """Run a bare server; its engine keeps its images on a volume of its own, which goes with it."""
    brought = bundle(release)
    server = Server(f"ansim-bare-{secrets.token_hex(4)}", brought.key)
    mounts = ["-v", "/var/lib/docker", "-v", f"{brought.directory}:{BUNDLE}:ro"]
    loops = LOOPS if Path("/dev/loop-control").exists() else ()
    start = ["docker", "run", "-d", "--name", server.name, "--hostname", name, *RIGHTS, *network, *loops, *mounts]
    run([*start, image(release, packages), "sh", "-c", INIT])
    try:
        server.wait_until_up()
        run(["docker", "cp", f"{REPOSITORY}/ansible", f"{server.name}:/root/ansible"])
        yield server
    finally:
        if not os.environ.get("ANSIM_KEEP_SERVER"):
            subprocess.run(["docker", "rm", "-f", "-v", server.name], capture_output=True, check=False)
