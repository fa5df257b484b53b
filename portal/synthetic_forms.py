"""What a steward writes to have a synthetic extract made: read from the form, and put together as order and policy."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from audit.text import Text as Said
from deid.records.model import USE_TEXT, Draft, Kind, Use
from portal.errors import WrongInput
from portal.formats import KOREAN_TIME
from portal.visit import Visit
from registry.model import DatasetVersion
from registry.text import Text

if TYPE_CHECKING:
    from deid.sources import Table

SUFFIXES = (".parquet", ".csv")
MOST_TABLES = 30
WORDS = ("id", "title_ko", "title_en", "project", "purpose", "basis", "scope", "need", "protection", "ends")
ENGINE_TEXT: Mapping[str, Text] = {
    "marginals": Text("Ansim (기본)", "Ansim (default)"),
    "gaussian_copula": Text("SDV 가우시안 코퓰러", "SDV Gaussian copula"),
    "ctgan": Text("SDV CTGAN", "SDV CTGAN"),
    "tvae": Text("SDV TVAE", "SDV TVAE"),
    "hma": Text("SDV HMA (표가 여럿일 때)", "SDV HMA (several tables)"),
}


@dataclass(frozen=True, slots=True)
class Chosen:
    """The files that are learnt from: tables of one version of a dataset."""

    version: DatasetVersion
    files: tuple[str, ...]

    @property
    def source(self) -> str:
        """Return the version as the form names it."""
        return f"{self.version.dataset}:{self.version.number}"

    @property
    def paths(self) -> dict[str, Path]:
        """Return the file of each table, by a name that a table may have."""
        return {_table_of(file): self.version.path / file for file in self.files}

    def tables(self) -> dict[str, Table]:
        """Open the files. Raises: DataError."""
        from deid.sources import open_table

        return {name: open_table(path) for name, path in self.paths.items()}


def tables_of(version: DatasetVersion) -> list[str]:
    """Return the files of a version that hold tables."""
    return sorted(file.path for file in version.files if file.path.lower().endswith(SUFFIXES))


def chosen(visit: Visit, source: str, files: list[str]) -> Chosen:
    """Return what was chosen; only registered files can be.

    Raises: WrongInput. NotFound.
    """
    dataset, _, number = source.partition(":")
    versions = {str(one.number): one for one in visit.zone.registry.versions(dataset)}
    if number not in versions:
        raise WrongInput(Text("원자료를 고르십시오.", "Choose the source."))
    version = versions[number]
    if not 0 < len(files) <= MOST_TABLES or not set(files) <= set(tables_of(version)):
        raise WrongInput(Text("원자료의 표를 하나 이상 고르십시오.", "Choose one table of the source or more."))
    found = Chosen(version, tuple(files))
    if len(found.paths) != len(files):
        raise WrongInput(Text("이름이 같은 표가 둘 있습니다.", "Two of the tables have the same name."))
    return found


def draft_of(visit: Visit, source: Chosen) -> Draft:
    """Return the order in the form: people and sensitivity are those of the source.

    Raises: WrongInput.
    """
    words = {name: visit.field(name) for name in WORDS}
    about = next(one for one in visit.zone.registry.datasets() if one.id == source.version.dataset)
    use: Use = next((use for use in USE_TEXT if use == visit.field("target")), "internal")
    return Draft(
        dataset=words["id"],
        project=words["project"],
        title=Said(words["title_ko"], words["title_en"]),
        owner=about.owner_org,
        people=about.people,
        sensitive=about.sensitive,
        kind=_kind(visit.field("kind")),
        purpose=words["purpose"],
        basis=words["basis"],
        scope=words["scope"],
        need=words["need"],
        use=use,
        recipients=(),
        environment=words["protection"],
        ends_at=_end(words["ends"]),
    )


def policy_of(visit: Visit, dataset: str, project: str) -> str:
    """Return the policy: what the steward wrote first, so that a line is where they see it, then what the form says.

    Raises: WrongInput.
    """
    written = visit.field("terms").replace("\r\n", "\n")
    engine = visit.field("engine")
    if engine not in ENGINE_TEXT:
        raise WrongInput(Text("엔진을 고르십시오.", "Choose an engine."))
    lines = [
        "version: 1",
        f"name: {json.dumps(visit.field('name'), ensure_ascii=False)}",
        f"dataset: {json.dumps(dataset)}",
        f"project: {json.dumps(project)}",
        f"engine: {engine}",
    ]
    if rows := visit.field("rows", required=False):
        lines.append(f"rows: {_number(rows)}")
    if epsilon := visit.field("epsilon", required=False):
        delta = visit.field("delta", required=False) or "0.00001"
        lines.append(f"privacy: {{epsilon: {_number(epsilon)}, delta: {_number(delta)}}}")
    return written.rstrip("\n") + "\n" + "\n".join(lines) + "\n"


def written_in(policy: str) -> str:
    """Return the part of a policy that the steward wrote."""
    return policy.partition("\nversion: 1\n")[0] + "\n"


def _number(given: str) -> str:
    try:
        return f"{float(given):.10f}".rstrip("0") if "." in given or "e" in given.lower() else str(int(given))
    except (ValueError, OverflowError):
        raise WrongInput(Text(f"숫자가 아닙니다: {given}", f"This is not a number: {given}")) from None


def _kind(given: str) -> Kind:
    try:
        return Kind(given)
    except ValueError:
        raise WrongInput(Text("목적의 구분을 고르십시오.", "Choose the kind of purpose.")) from None


def _end(given: str) -> datetime:
    try:
        last = date.fromisoformat(given)
    except ValueError:
        raise WrongInput(Text("날짜가 아닙니다.", "This is not a day.")) from None
    return datetime.combine(last + timedelta(days=1), time(), KOREAN_TIME).astimezone(UTC)


def _table_of(file: str) -> str:
    """Return the name of a table by its file, with nothing but letters, digits and _."""
    stem = Path(file).stem
    name = "".join(one if one.isascii() and (one.isalnum() or one == "_") else "_" for one in stem)
    return name if name.isidentifier() else f"t_{name}"
