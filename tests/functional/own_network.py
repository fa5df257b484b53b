"""A machine of its own without a container engine: processes in name spaces of their own, Debian packages unpacked.

It shares this machine's kernel and files, sees its own `/etc`, `/usr` and `/var` above them, and has loopback alone.
What is written there is gone with it, and nothing is installed here.
"""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

BEGIN = """
set -e
unpacked="$1"; shift
mount -t tmpfs tmpfs /mnt
for place in etc usr var; do
  mkdir -p "$unpacked/$place" "/mnt/$place/new" "/mnt/$place/work"
  above="lowerdir=$unpacked/$place:/$place,upperdir=/mnt/$place/new,workdir=/mnt/$place/work"
  mount -t overlay overlay -o "$above" "/$place"
done
mount -t tmpfs tmpfs /run
ip link set lo up
printf '%s\\n' '127.0.0.1 localhost' "$@" >/etc/hosts
echo begun
exec sleep infinity
"""


def unpack(packages: Sequence[str], place: Path) -> Path:
    """Unpack Debian packages with what this machine lacks for them, with lists of their own, and return where."""
    for made in ("lists/partial", "archives/partial", "unpacked"):
        (place / made).mkdir(parents=True)
    apt = ["apt-get", "-q", "-y", "-o", f"Dir::State::lists={place}/lists", "-o", f"Dir::Cache={place}"]
    apt += ["-o", f"Dir::Cache::archives={place}/archives", "-o", "APT::Sandbox::User=root", "-o", "Debug::NoLocking=1"]
    run([*apt, "update"])
    run([*apt, "--no-install-recommends", "--download-only", "install", *packages])
    for package in sorted((place / "archives").glob("*.deb")):
        run(["dpkg", "-x", str(package), str(place / "unpacked")])
    return place / "unpacked"


def run(command: Sequence[str]) -> str:
    """Run a command and return what it says; its complaint is part of the failure."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command[:4]}: {done.stdout[-3000:]}{done.stderr[-3000:]}"
    return done.stdout


@dataclass(frozen=True, slots=True)
class OwnNetwork:
    """Processes in name spaces of their own; `first` is the process that holds them."""

    first: int

    def inside(self, *words: str, environment: Mapping[str, str] | None = None) -> list[str]:
        """Return the command that runs another one there."""
        given = [f"{name}={value}" for name, value in (environment or {}).items()]
        # With its own process number it is nsenter's child, and would outlive it.
        ends_with_it = ("setpriv", "--pdeathsig", "TERM")
        return ["nsenter", "-t", str(self.first), "-n", "-m", "-p", *ends_with_it, "env", *given, *words]

    def do(self, *words: str, environment: Mapping[str, str] | None = None) -> str:
        """Run a command there and return what it says."""
        return run(self.inside(*words, environment=environment))

    def begin(self, *words: str, log: Path, environment: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        """Begin a process there that goes on; it ends with the others."""
        with log.open("ab") as told:
            return subprocess.Popen(self.inside(*words, environment=environment), stdout=told, stderr=told)

    def talk(self, *words: str) -> subprocess.Popen[str]:
        """Begin a process there that is spoken with, line by line."""
        return subprocess.Popen(
            self.inside(*words), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )

    def write(self, path: str, text: str, mode: str = "644") -> None:
        """Write a file there."""
        words = self.inside("install", "-D", "-m", mode, "/dev/stdin", path)
        subprocess.run(words, input=text, text=True, check=True)


@contextmanager
def own_network(unpacked: Path, names: Mapping[str, str]) -> Iterator[OwnNetwork]:
    """Hold the name spaces until the block ends, and with it all that runs there; `names` lead to their addresses."""
    lines = [f"{address} {name}" for name, address in names.items()]
    command = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    holder = subprocess.Popen(
        [*command, "sh", "-c", BEGIN, "sh", str(unpacked), *lines], stdout=subprocess.PIPE, text=True
    )
    try:
        assert told(holder.stdout) == "begun"
        children = Path(f"/proc/{holder.pid}/task/{holder.pid}/children").read_text().split()
        yield OwnNetwork(int(children[0]))
    finally:
        holder.send_signal(signal.SIGKILL)
        holder.wait()


def told(stream: IO[str] | None) -> str:
    """Read a line of a process."""
    assert stream is not None
    return stream.readline().strip()


def join(one: tuple[OwnNetwork, str], other: tuple[OwnNetwork, str]) -> None:
    """Lay a cable between two machines that have these addresses, each of them with its prefix."""
    ends = ["netns", str(one[0].first), "type", "veth", "peer", "name", "cable", "netns", str(other[0].first)]
    run(["ip", "link", "add", "name", "cable", *ends])
    for machine, address in (one, other):
        machine.do("ip", "address", "add", address, "dev", "cable")
        machine.do("ip", "link", "set", "cable", "up")
