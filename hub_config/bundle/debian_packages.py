"""The Debian packages of an installation, as a small repository that apt reads from a directory."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from audit.text import Text
from hub_config.bundle.manifest import digest
from hub_config.errors import EnvironmentMissing

#: What the roles install, and what Ansible itself needs on a server.
WANTED = (
    *("docker.io", "iptables", "postgresql", "nginx-light", "chrony", "unattended-upgrades", "auditd", "nftables"),
    *("restic", "age", "rsyslog", "rsyslog-gnutls", "openssl", "cron", "logrotate", "fonts-nanum", "python3-venv"),
    *("mmdebstrap", "debian-archive-keyring", "certbot", "prometheus", "ca-certificates", "procps", "python3-apt"),
    *("postgresql-client", "runsc", "python3", "ansible-core"),
)
#: What a server has before, and has newer from nowhere else: the playbook upgrades what is installed (`upgrade.yml`).
KEPT_UP = (
    *("linux-image-amd64", "systemd-sysv", "libpam-systemd", "udev", "dbus", "sudo", "openssh-server"),
    *("cryptsetup-initramfs", "iproute2", "tzdata"),
)
#: What earlier releases have in another package.
WANTED_SINCE = {"trixie": ("docker-cli",)}
MIRRORS = (
    "deb http://deb.debian.org/debian {suite} main",
    "deb http://deb.debian.org/debian {suite}-updates main",
    "deb http://deb.debian.org/debian-security {suite}-security main",
)


def wanted(suite: str) -> tuple[str, ...]:
    """Return the packages that an installation on a release begins with."""
    return (*WANTED, *WANTED_SINCE.get(suite, ()), *KEPT_UP)


def fetch(suite: str, target: Path, *, mirrors: Sequence[str] = MIRRORS) -> None:
    """Fetch the packages of a release with everything that they need on a server with nothing but the essential.

    A tree of that release is made for it and thrown away, so it need not be the release of this machine.

    Raises: EnvironmentMissing — without mmdebstrap, root or a network.
    """
    fetching = f"apt-get install -y -q --download-only --no-install-recommends {' '.join(wanted(suite))}"
    command = ["mmdebstrap", "--variant=apt", "--skip=cleanup/apt,cleanup/reproducible", "--quiet"]
    command += [f"--customize-hook=chroot \"$1\" sh -c '{fetching}'"]
    # Those of the tree itself too: a server may lack one of them in the version that another needs.
    command += [f'--customize-hook=copy-out /var/cache/apt/archives "{target.parent}"', suite, "/dev/null"]
    command += [line.format(suite=suite) for line in mirrors]
    run(command)
    fetched = target.parent / "archives"
    target.mkdir(parents=True, exist_ok=True)
    for package in sorted(fetched.glob("*.deb")):
        package.rename(target / package.name.replace("%3a", "."))  # an epoch's colon, which apt does not need
    for path in sorted(fetched.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    fetched.rmdir()


def index(directory: Path) -> int:
    """Write `Packages`, by which apt finds what lies in a directory; return how many packages it names."""
    entries = []
    for path in sorted(directory.glob("*.deb")):
        control = run(["dpkg-deb", "--field", str(path)]).strip()
        entries.append(f"{control}\nFilename: ./{path.name}\nSize: {path.stat().st_size}\nSHA256: {digest(path)}\n")
    (directory / "Packages").write_text("\n".join(entries), encoding="utf-8")
    return len(entries)


def run(command: Sequence[str]) -> str:
    """Run a command and return what it says.

    Raises: EnvironmentMissing — it is not there, or fails.
    """
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        lacking = Text("설치되지 않은 프로그램입니다: {name}", "{name} is missing.").format(name=command[0])
        raise EnvironmentMissing(lacking, hint=f"apt-get install {command[0]}") from error
    if done.returncode != 0:
        said = done.stderr.strip()[-600:]
        raise EnvironmentMissing(
            Text("{name} 실패: {said}", "{name} failed: {said}").format(name=command[0], said=said),
            hint=Text(
                "프로그램이 한 말을 보십시오. root 권한과 네트워크가 필요합니다.",
                "Look at its words; it needs root and a network.",
            ),
        )
    return done.stdout
