"""Ways out by the network; runs inside the workspace."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Callable, Mapping

from hub_config.probe.inside.base import Facts, Seen, attack, call, connects, outcome, refused

OUTSIDE = "198.51.100.7"  # RFC 5737: no host of anybody's
OUTSIDE_6 = "2001:db8::7"
SYS_SETNS = 308
METADATA = ("169.254.169.254", "169.254.170.2", "100.100.100.200")
METADATA_6 = "fd00:ec2::254"
SILENT = ("TimeoutError", "ETIMEDOUT")
QUERY = struct.pack(">6H", 4711, 0x0100, 1, 0, 0, 0) + b"\x05probe\x07invalid\x00" + struct.pack(">2H", 1, 1)


def unsent(tried: Mapping[str, str]) -> Seen:
    """Hold if nothing left: where there is no network the kernel says so at once, so one who waits in vain has sent."""
    return refused({name: "done: left, unanswered" if said in SILENT else said for name, said in tried.items()})


@attack("net.interfaces")
def interfaces(facts: Facts) -> Seen:
    """List the interfaces in two ways."""
    found = {name for _, name in socket.if_nameindex()} if hasattr(socket, "if_nameindex") else set()
    found |= set(os.listdir("/sys/class/net")) if os.path.isdir("/sys/class/net") else set()
    return Seen(found <= {"lo"}, "interfaces: " + ", ".join(sorted(found)))


@attack("net.routes")
def routes(facts: Facts) -> Seen:
    """Read the tables of routes."""
    with open("/proc/net/route") as file:
        four = [line.split()[0] for line in file.readlines()[1:]]
    six = []
    if os.path.exists("/proc/net/ipv6_route"):
        with open("/proc/net/ipv6_route") as file:
            six = [line.split()[-1] for line in file]
    found = {name for name in four + six if name != "lo"}
    return Seen(not found, f"{len(four)} IPv4 and {len(six)} IPv6 routes; other than loopback: {sorted(found)}")


@attack("net.host_loopback")
def host_loopback(facts: Facts) -> Seen:
    """Connect to what listens on the loopback address of the machine."""
    return unsent({f"127.0.0.1 #{n}": connects(("127.0.0.1", p)) for n, p in enumerate(facts["host_ports"], 1)})


@attack("net.host_addresses")
def host_addresses(facts: Facts) -> Seen:
    """Connect to the machine by each of its addresses."""
    port = facts["open_port"]
    tried = {f"address {n}": connects((a, port)) for n, a in enumerate(facts["host_addresses"], 1)}
    return unsent(tried) if tried else Seen(None, "the machine has no address but loopback")


@attack("net.outside")
def outside(facts: Facts) -> Seen:
    """Connect outwards, by TCP and UDP, IPv4 and IPv6."""
    return unsent(
        {
            "tcp 80": connects((OUTSIDE, 80)),
            "tcp 443": connects((OUTSIDE, 443)),
            "udp 443": connects((OUTSIDE, 443), kind=socket.SOCK_DGRAM),
            "tcp6 443": connects((OUTSIDE_6, 443), socket.AF_INET6),
            "udp6 443": connects((OUTSIDE_6, 443), socket.AF_INET6, socket.SOCK_DGRAM),
        }
    )


@attack("net.metadata")
def metadata(facts: Facts) -> Seen:
    """Connect to the addresses where clouds hand out credentials; UDP needs a way there, and nobody who answers."""
    tried = {f"tcp {a}": connects((a, 80)) for a in METADATA}
    tried |= {f"udp {a}": connects((a, 80), kind=socket.SOCK_DGRAM) for a in METADATA}
    tried[f"tcp {METADATA_6}"] = connects((METADATA_6, 80), socket.AF_INET6)
    tried[f"udp {METADATA_6}"] = connects((METADATA_6, 80), socket.AF_INET6, socket.SOCK_DGRAM)
    return unsent(tried)


@attack("net.dns_names")
def dns_names(facts: Facts) -> Seen:
    """Ask the system for names."""
    tried = {}
    for name in ("example.com", "metadata.google.internal", "host.docker.internal"):
        tried[name] = _resolves(name)
    return refused(tried)


def _resolves(name: str) -> str:
    try:
        socket.getaddrinfo(name, 80)
    except OSError as error:
        return type(error).__name__
    return "done"


@attack("net.dns_servers")
def dns_servers(facts: Facts) -> Seen:
    """Send a query by UDP and by TCP to every name server that could answer."""
    tried = {}
    for server in ("127.0.0.1", "127.0.0.11", "127.0.0.53", OUTSIDE, *facts["name_servers"]):
        tried[f"udp {server}"] = _asks(server)
        tried[f"tcp {server}"] = connects((server, 53), seconds=0.5)
    return unsent(tried)


def _asks(server: str, port: int = 53) -> str:
    def action() -> None:
        with socket.socket(socket.AF_INET6 if ":" in server else socket.AF_INET, socket.SOCK_DGRAM) as asking:
            asking.settimeout(0.5)
            asking.connect((server, port))
            asking.send(QUERY)
            asking.recv(512)

    return outcome(action)


@attack("net.dns_encrypted")
def dns_encrypted(facts: Facts) -> Seen:
    """Reach name servers that speak TLS or HTTPS, and those found by multicast."""
    return unsent(
        {
            "tls 853": connects((OUTSIDE, 853)),
            "quic 853": connects((OUTSIDE, 853), kind=socket.SOCK_DGRAM),
            "mdns": _sends("224.0.0.251", 5353),
            "llmnr": _sends("224.0.0.252", 5355),
            "broadcast": _sends("255.255.255.255", 53),
        }
    )


def _sends(address: str, port: int) -> str:
    def action() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sending:
            sending.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            sending.sendto(QUERY, (address, port))

    return outcome(action)


@attack("net.raw_sockets")
def raw_sockets(facts: Facts) -> Seen:
    """Open sockets that write packets themselves."""
    kinds = {
        "icmp": (socket.AF_INET, socket.SOCK_RAW, 1),
        "ping": (socket.AF_INET, socket.SOCK_DGRAM, 1),
        "icmp6": (socket.AF_INET6, socket.SOCK_RAW, 58),
        "tcp": (socket.AF_INET, socket.SOCK_RAW, 6),
        "packet": (17, socket.SOCK_RAW, 0x0300),
    }
    return refused({name: outcome(_opens(*kind)) for name, kind in kinds.items()}, allowed=("ping",))


def _opens(family: int, kind: int, protocol: int = 0) -> Callable[[], None]:
    return lambda: socket.socket(family, kind, protocol).close()


@attack("net.other_families")
def other_families(facts: Facts) -> Seen:
    """Open sockets of families that go round the network: to the hypervisor, to radios, into the kernel."""
    families = {"vsock": 40, "alg": 38, "bluetooth": 31, "can": 29, "xdp": 44, "tipc": 30, "rds": 21}
    tried = {name: outcome(_opens(family, socket.SOCK_SEQPACKET)) for name, family in families.items()}
    for name, protocol in {"audit": 9, "events": 15, "filter": 12}.items():
        tried[f"netlink {name}"] = outcome(_opens(16, socket.SOCK_RAW, protocol))
    return refused(tried)


@attack("net.other_namespace")
def other_namespace(facts: Facts) -> Seen:
    """Enter another network, and make an interface in this one."""
    own = os.open("/proc/self/ns/net", os.O_RDONLY)
    message = struct.pack("=IHHII", 32, 16, 0x605, 1, 0) + struct.pack("=BxHiII", 0, 0, 0, 0, 0)

    def link() -> None:
        with socket.socket(16, socket.SOCK_RAW, 0) as netlink:
            netlink.send(message)
            answer = netlink.recv(4096)
            code = struct.unpack("=i", answer[16:20])[0]
            if code:
                raise OSError(-code, "refused")

    return refused({"setns": call(SYS_SETNS, own, 0), "new link": outcome(link)})
