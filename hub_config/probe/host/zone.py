"""The zone's own processes, files and containers."""

from __future__ import annotations

import os
import socket

from hub_config.probe.host.base import Answer, Server, as_nobody, text_of

LISTEN = "0A"  # proc(5): the state of a socket that listens
SECRET_WORDS = ("TOKEN", "SECRET", "PASSWORD", "KEY=")


def gate_user(server: Server) -> Answer:
    """Read what the kernel says of each gate that runs."""
    if not server.gate_pids:
        return None, "no gate runs"
    seen, held = [], True
    for pid in server.gate_pids:
        status = dict(line.partition(":")[::2] for line in (text_of(f"/proc/{pid}/status") or "").splitlines())
        uids, caps = status.get("Uid", "0").split(), int(status.get("CapEff", "1").strip() or "1", 16)
        good = "0" not in uids and caps == 0 and status.get("NoNewPrivs", "").strip() == "1"
        held = held and good
        seen.append(f"uid {uids[0]}, capabilities {caps:x}, no new privileges {status.get('NoNewPrivs', '?').strip()}")
    return held, "; ".join(seen)


def gate_orders(server: Server) -> Answer:
    """Connect to the zone's control socket from its own directory: who came so far is kept out by it and its owner."""
    control = server.settings.home / "run" / "gate.sock"
    if not control.exists():
        return None, "the zone's gate does not run"
    here = os.open(control.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        with socket.socket(socket.AF_UNIX) as tried:
            # By name: whoever gave up being root may not go through its own /proc/self/fd, whatever the wall is.
            said = as_nobody(lambda: tried.connect("gate.sock"), within=here)
    finally:
        os.close(here)
    return said != "done", f"connect: {said}"


def home_closed(server: Server) -> Answer:
    """Open the zone's settings, keys and database as an ordinary user."""
    home = server.settings.home
    names = [
        n for n in ("ansim.yaml", "ansim.db", "keys", "vault", "datasets", "log", "workspaces") if (home / n).exists()
    ]
    tried = {n: as_nobody(lambda n=n: os.close(os.open(home / n, os.O_RDONLY))) for n in names}  # type: ignore[misc]
    return bool(tried) and "done" not in tried.values(), "; ".join(f"{n}: {said}" for n, said in tried.items())


def loopback_only(server: Server) -> Answer:
    """Look at which addresses the ports of the zone listen."""
    ports = {server.settings.zone.port, server.settings.hub.port}
    found = [(address, port) for address, port in listening() if port in ports]
    if not found:
        return None, "the zone does not run"
    # The kernel writes an address as one number of the machine: 127.0.0.1 is 0100007F where the lowest byte is first.
    foreign = [address for address, _ in found if not address.endswith("7F") and not _is_loopback_6(address)]
    return not foreign, f"{len(found)} ports of the zone listen, beyond loopback: {len(foreign)}"


def listening() -> list[tuple[str, int]]:
    """Return address (hexadecimal, as the kernel writes it) and port of every TCP socket that listens."""
    found = []
    for name in ("tcp", "tcp6"):
        for line in (text_of(f"/proc/net/{name}") or "").splitlines()[1:]:
            fields = line.split()
            if fields[3] == LISTEN:
                address, _, port = fields[1].partition(":")
                found.append((address, int(port, 16)))
    return found


def _is_loopback_6(address: str) -> bool:
    return address == "0" * 24 + "01000000"


def image_is_ours(server: Server) -> Answer:
    """Compare the image that workspaces are started from with the zone's manifest."""
    before = sum(server.before(c) for c in server.containers)
    foreign = [c["Id"][:12] for c in server.containers if c["Image"] != server.image_id and not server.before(c)]
    same = server.image.get("Id") == server.image_id
    return (
        same and not foreign,
        f"{server.image_id[7:19]}: {'known to the engine' if same else 'another'}; "
        f"earlier ones of the zone run: {before}, others: {len(foreign)}",
    )


def image_plain(server: Server) -> Answer:
    """Look at the configuration of the image."""
    config = server.image.get("Config", {})
    secrets = [e.partition("=")[0] for e in config.get("Env") or [] if any(w in e.upper() for w in SECRET_WORDS)]
    ports, volumes = config.get("ExposedPorts") or {}, config.get("Volumes") or {}
    user = config.get("User", "")
    good = not secrets and not ports and not volumes and user.partition(":")[0] not in ("", "0", "root")
    return good, f"user {user or 'root'}, secrets {len(secrets)}, ports {len(ports)}, volumes {len(volumes)}"
