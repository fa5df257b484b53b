"""The pictures of where everything runs, drawn from the inventories that the playbook is given as examples."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import yaml

from hub_config.processes import REPOSITORY
from hub_config.settings import Settings, parse_settings
from hub_config.systemd.units import TARGET, all_units

WIDE, HIGH, LINE, LEFT, TOP = 420, 28, 22, 250, 64
FRONT = "nginx: 443, 80 → 443 · TLS, HSTS"
RUNS: Mapping[str, Sequence[str]] = {
    "front": (FRONT, "구역의 자료 없음 · nothing of the zone lies here"),
    "database": ("PostgreSQL · 감사 기록은 덧붙이기만 · the log can only grow",),
    "witness": ("ansim-witness · 다른 기관이 운영 · run by others",),
}
"""What the roles start on the servers of a group, as `ansible/site.yml` gives them; of the hub it is `of_the_hub`."""
UNITS: Mapping[str, str] = {
    "ansim-gate.service": "ansim-gate: 127.0.0.1 · 게이트 · gate",
    "ansim-hub.service": "ansim-hub · 허브 · hub",
    "ansim-portal.service": "ansim-portal · 포털 · portal",
    "ansim-worker.service": "ansim-worker · 자동 처리 · worker",
    "ansim-audit.service": "ansim-audit · 감사 기록 · audit log",
    "ansim-homes.service": "ansim-homes · 암호화된 홈 · encrypted homes",
    "ansim-engine.service": "ansim-engine → Docker · 엔진 도우미 · engine helper",
    "ansim-probe.timer": "ansim-probe.timer · 매일 벽 점검 · daily probe of the walls",
}
"""What each unit is called in the picture, in this order."""
WORKSPACES = "분석환경(네트워크 없음) · workspaces (no network)"
GAUGES = "127.0.0.1:{port} · 지표 · gauges"
PROMETHEUS = "Prometheus: 127.0.0.1:9090 · 경보 규칙 · alert rules"
BACKUPS = "restic → {repository} · 백업 · backups"
KEYS = "age → {directory} · 백업의 키 · their keys"
ROLES = REPOSITORY / "ansible" / "roles"


@dataclass(frozen=True, slots=True)
class Server:
    """One server of an inventory, with the groups it is in and what runs on it."""

    name: str
    groups: tuple[str, ...]
    runs: tuple[str, ...]


def servers_of(inventory: Mapping[str, Any]) -> list[Server]:
    """Return the servers of an inventory, those of the first group first."""
    groups: dict[str, list[str]] = {}
    for group, content in inventory["all"]["children"].items():
        for name in content["hosts"]:
            groups.setdefault(name, []).append(group)
    runs = {**RUNS, "hub": of_the_hub(inventory)}
    return [
        Server(name, tuple(held), tuple(line for group in held for line in runs[group]))
        for name, held in groups.items()
    ]


def of_the_hub(inventory: Mapping[str, Any]) -> list[str]:
    """Return what runs on the hub: the units that these settings give it, and what else the inventory chooses."""
    defaults = yaml.safe_load((ROLES / "ansim" / "defaults" / "main.yml").read_text(encoding="utf-8"))
    chosen = {**defaults, **inventory["all"]["vars"]}
    settings = settings_of(chosen)
    laid_down = {unit.name for unit in all_units(settings)} - {TARGET}
    laid_down |= {one.name.removesuffix(".j2") for one in (ROLES / "zone" / "templates").glob("*.timer.j2")}
    if unknown := laid_down - UNITS.keys():
        raise KeyError(f"no words in the picture for {sorted(unknown)}")
    lines = [FRONT, *(said for unit, said in UNITS.items() if unit in laid_down), WORKSPACES]
    if settings.metrics.on:
        lines.append(GAUGES.format(port=settings.metrics.port))
    if chosen["ansim_prometheus"]:
        lines.append(PROMETHEUS)
    if settings.backup.repository:
        lines.append(BACKUPS.format(repository=settings.backup.repository))
    if settings.backup.keys_directory:
        lines.append(KEYS.format(directory=settings.backup.keys_directory))
    return lines


def settings_of(chosen: Mapping[str, Any]) -> Settings:
    """Return the settings that the playbook writes for an inventory, as far as they say what runs."""
    document: dict[str, dict[str, Any]] = {"machine": {"run_by": "systemd"}, "metrics": {"on": chosen["ansim_metrics"]}}
    for name, section in {"backup": chosen["ansim_backup"], **chosen.get("ansim_settings", {})}.items():
        document[name] = {**document.get(name, {}), **section}
    return parse_settings(yaml.safe_dump(document), home=Path("/nonexistent"))


def picture(name: str) -> str:
    """Return the picture of one inventory as SVG, labelled in Korean and English."""
    text = (REPOSITORY / "ansible" / "inventories" / name / "hosts.yml").read_text(encoding="utf-8")
    return drawn(name, yaml.safe_load(text))


def drawn(name: str, inventory: Mapping[str, Any]) -> str:
    """Return the picture of an inventory."""
    servers = servers_of(inventory)
    domain = str(inventory["all"]["vars"]["ansim_domain"])
    parts: list[str] = []
    tops: dict[str, int] = {}
    at = TOP
    for server in servers:
        tall = HIGH + LINE * len(server.runs) + 16
        tops[server.name] = at
        parts += _server(server, at, tall)
        at += tall + 70
    parts += _links(servers, tops)
    parts += _browsers(domain)
    said = "; ".join(f"{one.name}: {', '.join(one.runs)}" for one in servers)
    title = f"구역의 배치 · where a zone runs ({name})"
    return _svg(LEFT + WIDE + 30, at - 40, title, said, parts)


def _server(server: Server, top: int, tall: int) -> Iterable[str]:
    yield _box(LEFT, top, WIDE, tall, "#f3f7f8", "#334e5c")
    yield _text(LEFT + 16, top + 24, f"{server.name} ({', '.join(server.groups)})", bold=True)
    for number, line in enumerate(server.runs):
        yield _text(LEFT + 16, top + 24 + LINE * (number + 1), line)


BEHIND: Mapping[str, str] = {
    "hub": "443 TLS 1.3, 구역의 인증기관 · the zone's own authority",
    "database": "5432 TLS 1.3, verify-full",
}
"""What a server is asked by that stands right above it, where it stands on its own."""


def _links(servers: Sequence[Server], tops: Mapping[str, int]) -> Iterable[str]:
    first = servers[0]
    hub = next(one for one in servers if "hub" in one.groups)
    yield _arrow(LEFT - 70, TOP + 40, LEFT, TOP + 40)
    yield _text(LEFT - 66, TOP + 30, "443 TLS")
    for one in servers:
        for group, said in BEHIND.items():
            if group in one.groups and one is not first and not (group != "hub" and "hub" in one.groups):
                x = LEFT + 60
                yield _arrow(x, tops[one.name] - 70, x, tops[one.name])
                yield _text(x + 12, tops[one.name] - 30, said)
        if "witness" in one.groups:
            begin, end = tops[hub.name] + 40, tops[one.name] + 24
            x = LEFT + WIDE
            yield _path(f"M{x} {begin}L{x + 16} {begin}L{x + 16} {end}L{x} {end}")
            yield _text(LEFT + 72, tops[one.name] - 30, "8610 · 서명된 체크포인트만 · signed checkpoints only")


def _browsers(domain: str) -> Iterable[str]:
    yield _box(20, TOP, 160, 96, "#e7f3e7", "#2f7a3d")
    yield _text(34, TOP + 24, "브라우저 · browsers", bold=True)
    for number, name in enumerate(("zone", "work", "preview")):
        yield _text(34, TOP + 24 + LINE * (number + 1), f"{name}.{domain}", small=True)


def _box(x: int, y: int, wide: int, tall: int, fill: str, stroke: str) -> str:
    return f'<rect x="{x}" y="{y}" width="{wide}" height="{tall}" rx="10" fill="{fill}" stroke="{stroke}"/>'


def _text(x: int, y: int, said: str, *, bold: bool = False, small: bool = False) -> str:
    look = ' font-weight="600"' if bold else ' font-size="11"' if small else ""
    return f'<text x="{x}" y="{y}"{look}>{escape(said)}</text>'


def _arrow(x: int, y: int, to_x: int, to_y: int) -> str:
    return _path(f"M{x} {y}L{to_x} {to_y}")


def _path(steps: str) -> str:
    return f'<path d="{steps}" fill="none" stroke="#334e5c" stroke-width="2" marker-end="url(#tip)"/>'


def _svg(wide: int, tall: int, title: str, said: str, parts: Iterable[str]) -> str:
    tip = '<marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto">'
    fonts = "system-ui, 'Noto Sans KR', 'NanumGothic', sans-serif"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {tall}" role="img"'
        f' aria-labelledby="title desc" font-family="{fonts}" font-size="13" fill="#16303c">\n'
        f'<title id="title">{escape(title)}</title>\n<desc id="desc">{escape(said)}</desc>\n'
        f'<defs>{tip}<path d="M0 0L10 5L0 10z" fill="#334e5c"/></marker></defs>\n'
        f'<rect width="{wide}" height="{tall}" fill="#ffffff"/>\n{_text(20, 34, title, bold=True)}\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )
