"""A bare Debian server in a virtual machine: a kernel of its own, and no network but what is forwarded to it.

What `bare_server.py` runs in a container, here is the machine itself: the distribution's kernel is started, systemd is
its first process, and the playbook comes in by ssh. The packages of the roles that are played are there before, and
nothing of them has run: that they come from a bundle is what the servers in containers show.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml

from hub_config.bundle.debian_packages import MIRRORS
from hub_config.processes import REPOSITORY
from tests.functional.bare_server import BARE, CACHE, SUITES, Server, run
from tests.patience import PATIENCE
from tests.ports import free_port

#: What is started here, by the package that it comes from.
PROGRAMS = {
    **{"qemu-system-x86_64": "qemu-system-x86", "mmdebstrap": "mmdebstrap", "mke2fs": "e2fsprogs"},
    **{"ansible-playbook": "ansible-core", "ssh": "openssh-client"},
}
#: A machine has its kernel and a way in; Ansible stays outside.
MACHINE = (
    *(name for name in BARE if name != "ansible-core"),
    *("udev", "kmod", "e2fsprogs", "linux-image-amd64", "initramfs-tools", "openssh-server"),
    *("chrony", "unattended-upgrades", "auditd", "nftables", "cron", "logrotate", "docker.io", "iptables"),
)
#: What the playbook starts, and nobody before it.
RESTS = ("docker.service", "docker.socket", "containerd", "chrony", "auditd", "nftables")
#: The doors that are led in from outside; behind the second one somebody listens, and the packet filter shuts it.
SSH, SHUT = 22, 8080
NETWORK = "[Match]\nType=ether\n[Network]\nAddress=10.0.2.15/24\nLinkLocalAddressing=no\n"
FSTAB = "/dev/vda / ext4 defaults 0 1\n"
#: How ssh gets in: one connection for all that follows.
KNOWN = (
    *("-o", "UserKnownHostsFile={folder}/known", "-o", "StrictHostKeyChecking=accept-new", "-o", "ConnectTimeout=60"),
    *("-o", "ControlMaster=auto", "-o", "ControlPath={folder}/%C", "-o", "ControlPersist=600"),
)


def with_kvm() -> bool:
    """Say whether the processor itself runs the machine; a KVM without it starts no distribution's kernel."""
    has = re.search(r"^flags\s*:.*\b(vmx|svm)\b", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    return has is not None and os.access("/dev/kvm", os.R_OK | os.W_OK)


#: How many times longer everything takes where the processor is emulated.
SLOWER = 1 if with_kvm() else 15


def look_for_programs() -> None:
    """Fail, and say what to install, where something is missing that a virtual machine takes."""
    path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
    lacking = sorted(package for program, package in PROGRAMS.items() if shutil.which(program, path=path) is None)
    if lacking:
        pytest.fail(f"a virtual machine needs: apt-get install --no-install-recommends {' '.join(lacking)}")
    if os.geteuid() != 0:
        pytest.fail("making the disk of a virtual machine needs root")


@dataclass(frozen=True, slots=True)
class Image:
    """A disk with a bare server on it, the kernel that starts it, and the key that lets in."""

    disk: Path
    kernel: Path
    initrd: Path
    key: Path


def machine_image(release: str) -> Image:
    """Return the disk of a bare server, made on first use; that takes some minutes and the network."""
    recipe = json.dumps([MACHINE, RESTS, MIRRORS, NETWORK, FSTAB])
    made = CACHE / f"machine-{release}-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"
    image = Image(made / "disk", made / "vmlinuz", made / "initrd.img", made / "key")
    if image.disk.exists():
        return image
    made.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=made) as folder:
        root = Path(folder) / "root"
        command = ["mmdebstrap", "--variant=apt", f"--include={','.join(MACHINE)}", SUITES[release], str(root)]
        run([*command, *(line.format(suite=SUITES[release]) for line in MIRRORS)])
        image.key.unlink(missing_ok=True)
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(image.key)])
        prepare(root, image.key.with_suffix(".pub").read_text(encoding="utf-8"))
        for target in (image.kernel, image.initrd):
            shutil.copy(next((root / "boot").glob(f"{target.name}-*")), target)
        disk = Path(folder) / "disk"
        run(["mke2fs", "-q", "-t", "ext4", "-d", str(root), str(disk), "8G"])
        disk.rename(image.disk)
    return image


def prepare(root: Path, key: str) -> None:
    """Give a tree what whoever installs a server gives it: a name, a disk, an address and a way in."""
    (root / "etc/hostname").write_text("zone\n", encoding="utf-8")
    (root / "etc/hosts").write_text("127.0.0.1 localhost\n127.0.1.1 zone\n::1 localhost\n", encoding="utf-8")
    (root / "etc/fstab").write_text(FSTAB, encoding="utf-8")
    (root / "etc/systemd/network/lan.network").write_text(NETWORK, encoding="utf-8")
    (root / "root/.ssh").mkdir(mode=0o700, exist_ok=True)
    (root / "root/.ssh/authorized_keys").write_text(key, encoding="utf-8")
    run(["systemctl", f"--root={root}", "enable", "systemd-networkd", "ssh"])
    run(["systemctl", f"--root={root}", "disable", *RESTS])


@dataclass(frozen=True, slots=True)
class VirtualServer(Server):
    """A server in a virtual machine that runs; `folder` has what its console said."""

    folder: Path
    way_in: Path
    ports: Mapping[int, int]

    def do(self, *words: str, check: bool = True, seconds: int = 600) -> subprocess.CompletedProcess[str]:
        """Run a command on the server as root."""
        command = [*self._ssh(), shlex.join(words)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds * SLOWER)
        if check:
            assert done.returncode == 0, f"{words}: {done.stdout[-3000:]}{done.stderr[-3000:]}"
        return done

    def play(self, playbook: str, *options: str, given: Mapping[str, Any], inventory: str = "one-host") -> str:
        """Play a playbook, by its path in the repository, from this machine over ssh; return what it says."""
        listed = REPOSITORY / "ansible" / "inventories" / inventory / "hosts.yml"
        hosts = yaml.safe_load(listed.read_text(encoding="utf-8"))
        reached = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": self.ports[SSH]}
        entered = {"ansible_user": "root", "ansible_ssh_common_args": shlex.join(self._options())}
        hosts["all"]["vars"] |= {**reached, **entered, "ansim_ssh_port": SSH}
        mine = self.folder / "hosts.yml"
        mine.write_text(yaml.safe_dump(hosts), encoding="utf-8")
        command = ["ansible-playbook", "-i", str(mine), str(REPOSITORY / playbook), "-e", json.dumps(given), *options]
        configuration = {"ANSIBLE_CONFIG": str(REPOSITORY / "ansible" / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"}
        patience = {"ANSIBLE_TIMEOUT": "120", "ANSIBLE_HOME": str(self.folder / "ansible"), "LC_ALL": "C.UTF-8"}
        environment = {**os.environ, **configuration, **patience}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{done.stdout[-6000:]}{done.stderr[-2000:]}"
        return done.stdout

    def write(self, path: str, text: str) -> None:
        """Write a file on the server."""
        command = [*self._ssh(), shlex.join(["install", "-D", "-m", "644", "/dev/stdin", path])]
        subprocess.run(command, input=text, text=True, check=True)

    def send(self, archive: Path, target: str) -> None:
        """Unpack an archive of this machine in a directory of the server."""
        self.do("mkdir", "-p", target)
        with archive.open("rb") as packed:
            subprocess.run([*self._ssh(), f"tar -xf - -C {shlex.quote(target)}"], stdin=packed, check=True)

    def started(self) -> str:
        """Return what tells one start of the machine from another; nothing where it does not answer."""
        return self.do("cat", "/proc/sys/kernel/random/boot_id", check=False).stdout.strip()

    def wait(self, *, unlike: str = "") -> None:
        """Wait until the machine has started, another time than it is told."""
        deadline = time.monotonic() + PATIENCE * SLOWER
        while self.started() in ("", unlike):
            assert time.monotonic() < deadline, self.console()
            time.sleep(1)
        while self.do("systemctl", "is-system-running", check=False).stdout.strip() not in ("running", "degraded"):
            assert time.monotonic() < deadline, self.do("systemctl", "list-jobs", check=False).stdout
            time.sleep(1)

    def console(self) -> str:
        """Return the end of what the machine said on its console."""
        return (self.folder / "console").read_text(encoding="utf-8", errors="replace")[-3000:]

    def _options(self) -> list[str]:
        return ["-i", str(self.way_in), *(word.format(folder=self.folder) for word in KNOWN)]

    def _ssh(self) -> list[str]:
        return ["ssh", "-q", "-p", str(self.ports[SSH]), *self._options(), "root@127.0.0.1"]


@contextmanager
def virtual_server(release: str) -> Iterator[VirtualServer]:
    """Run a bare server with a kernel of its own; what it writes goes with it."""
    look_for_programs()
    image = machine_image(release)
    with TemporaryDirectory(prefix="machine-", dir="/var/tmp") as place:
        folder = Path(place)
        ports = {inside: free_port() for inside in (SSH, SHUT)}
        server = VirtualServer("zone", "", folder, image.key, ports)
        machine = subprocess.Popen(qemu(image, folder, ports), stdin=subprocess.DEVNULL)
        try:
            server.wait()
            yield server
        finally:
            machine.terminate()
            machine.wait()


def qemu(image: Image, folder: Path, ports: Mapping[int, int]) -> Sequence[str]:
    """Return the command of a machine without a way out, whose disk forgets what was written."""
    forwarded = ",".join(f"hostfwd=tcp:127.0.0.1:{outside}-10.0.2.15:{inside}" for inside, outside in ports.items())
    return (
        *("qemu-system-x86_64", "-display", "none", "-serial", f"file:{folder}/console", "-smp", "2", "-m", "4G"),
        *(("-accel", "kvm", "-cpu", "host") if with_kvm() else ("-accel", "tcg,thread=multi", "-cpu", "max")),
        *("-kernel", str(image.kernel), "-initrd", str(image.initrd)),
        *("-append", "root=/dev/vda rw console=ttyS0 panic=5"),
        *("-drive", f"file={image.disk},format=raw,if=virtio,cache=unsafe,snapshot=on"),
        *("-netdev", f"user,id=lan,restrict=on,{forwarded}", "-device", "virtio-net,netdev=lan"),
        *("-device", "virtio-rng-pci"),
    )
