"""`ansim support-bundle`: how the zone stands, in one file that may be given away.

Exit codes: 0 done · 2 wrong usage or input · 3 the file cannot be written.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import tarfile
from collections.abc import Iterable
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audit.cli_context import Context, language_of
from audit.text import Text
from hub_config.errors import NotWritten

if TYPE_CHECKING:
    from hub_config.probe.standing import Standing
    from hub_config.settings import Settings

NAME = re.compile(r"[a-z][a-z0-9_.-]{1,40}")
_DONE = Text(
    "{path}에 썼습니다. 데이터, 이름, 주소, 비밀값, 로그의 문장은 들어 있지 않습니다.",
    "Written to {path}. No data, name, address, secret or sentence of a log is in it.",
)


_JOURNAL = Text(
    "`journalctl --output json`이 출력한 구역 유닛의 기록(-는 표준 입력). 세기만 하고 옮기지 않습니다",
    "what `journalctl --output json` printed of the zone's units (- for standard input); counted, not copied",
)


def add_parser(subparsers: Any) -> None:
    """Add `support-bundle`; it sets `func`, a handler of (arguments, context)."""
    texts = Text(
        "지원 담당자에게 보낼, 데이터가 없는 파일 만들기", "a file without data for those who help from outside"
    )
    command = subparsers.add_parser("support-bundle", help=texts.say(language_of()))
    command.add_argument("--output", type=Path, default=None, help="the file to write (.tar.gz)")
    command.add_argument(
        "--journal",
        type=argparse.FileType("r", encoding="utf-8", errors="replace"),
        default=None,
        metavar="FILE",
        help=_JOURNAL.say(language_of()),
    )
    command.add_argument("--json", action="store_true")
    command.set_defaults(func=run)


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Write the file; one that is there already is left alone."""
    from hub_config.settings import load_settings

    now = datetime.now(UTC)
    path: Path = arguments.output or Path(f"ansim-support-{now:%Y%m%dT%H%M%SZ}.tar.gz")
    with arguments.journal or nullcontext() as journal:
        parts = collected(load_settings(context.home), journal)
    try:
        with path.open("xb") as file:
            path.chmod(0o600)
            file.write(packed(parts, now))
    except OSError as error:
        raise NotWritten(path, error) from error
    if context.json:
        context.print(json.dumps({"path": str(path), "parts": sorted(parts)}))
    else:
        context.print(_DONE.fill(path=str(path)).say(language_of()))
    return 0


def collected(settings: Settings, journal: Iterable[str] | None = None) -> dict[str, object]:
    """Return the parts by file name; `journal` are the lines that systemd keeps of a zone's processes on a server."""
    from audit.db import Database
    from hub_config.doctor import diagnose
    from hub_config.migrate import head_of, revision_of
    from hub_config.probe.standing import read_standing
    from hub_config.sbom.commands import document_of, materials
    from hub_config.status import status
    from hub_config.support import contents

    db = Database.open(settings.database_url())
    try:
        with db.read() as tx:
            entries = contents.entries_by_action(tx)
        kind = db.engine.dialect.name
    finally:
        db.close()
    stands, standing = status(settings.home), read_standing(settings)
    checks = [{"check": one.check.en.split()[0] if one.check.en.startswith("outward") else one.check.en, "ok": one.ok}
              for one in diagnose(settings.home)]  # fmt: skip
    processes = [{"name": p.name, "answers": p.answers, "restarts": p.restarts} for p in stands.processes]
    return {
        "settings.json": contents.settings_without_words(settings),
        "versions.json": contents.versions(),
        "sbom.json": document_of(*materials(settings.home)),
        "database.json": {"kind": kind, "revision": revision_of(settings.database_url()), "head": head_of()},
        "entries.json": entries,
        "status.json": {
            "running": stands.running,
            "processes": processes,
            "space": None if stands.room is None else stands.room.document(),
        },
        "doctor.json": checks,
        "probe.json": None if standing is None else named(standing),
        "logs.json": contents.logs_without_lines(settings.home / "logs")
        | contents.journal_without_lines(journal or ()),
    }


def named(standing: Standing) -> dict[str, object]:
    """Return what the last probe found, as far as its names are names of probes."""
    found = {"broken": standing.broken, "lacking": standing.lacking}
    known = {kind: [one for one in probes if NAME.fullmatch(one)] for kind, probes in found.items()}
    return {"ended": standing.ended.isoformat(), **known}


def packed(parts: dict[str, object], now: datetime) -> bytes:
    """Return an archive of the parts; who and where made it is not in it."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, part in sorted(parts.items()):
            content = (json.dumps(part, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode()
            entry = tarfile.TarInfo(f"ansim-support/{name}")
            entry.size, entry.mode, entry.mtime = len(content), 0o600, int(now.timestamp())
            archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()
