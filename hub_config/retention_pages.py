"""Retention as a page for readers: periods, floors and their sources, reasons, and the roles of the database."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from audit.retention import erasure, holding
from audit.retention.database_roles import GRANTS
from audit.retention.policy import FLOORS, MANY_PEOPLE, POLICIES, YEARS, RetentionPolicy, shipped
from audit.retention.state import CLASS_NAMES
from audit.text import Language, Text
from deid.records import tables
from deid.records.forgetting import LEAST_YEARS

TITLE = Text("보유기간", "Retention")
OTHER = Text("[English](retention.md)", "[한국어](retention.ko.md)")
LEAD = Text(
    "감사 기록의 보유기간은 정책 파일이 정하며, `ansim.yaml`의 `retention.policy`가 그 이름(또는 ANSIM_HOME을 기준으로"
    " 한 `.yaml` 파일)을 가리킵니다. 구역은 시작할 때 파일을 검사하고, 알 수 없는 항목이나 출처가 없는 기간, 법정 최소"
    " 기간보다 짧은 기간이 있으면 그 줄을 알리고 시작하지 않습니다. 바뀐 정책은 `policy.loaded`로 기록됩니다."
    " 이 문서는 법률 자문이 아닙니다. 조문과 기간은 담당 법무 부서가 확인하십시오.",
    "A policy file says how long the record is kept; `retention.policy` in `ansim.yaml` names it, or a `.yaml` file"
    " relative to ANSIM_HOME. The file is checked when the zone starts: an unknown key, a period without its source or"
    " one below the legal floor stops the start and is named with its line. A policy that changed is recorded as"
    " `policy.loaded`. This page is no legal advice; have your counsel confirm articles and periods.",
)
FLOOR_HEAD = Text("법정 최소 기간", "Legal floors")
FLOOR_LEAD = Text(
    f"선택할 수 있는 기간은 {', '.join(map(str, YEARS))}년입니다. `sensitive`가 `true`이면, 곧 민감정보나 고유식별정보"
    f" 또는 {MANY_PEOPLE:,}명 이상의 정보를 다루면 접속기록의 최소 기간이 길어집니다. 구역에 그런 데이터셋이 있는데"
    " 정책이 아니라고 하면 거부합니다.",
    f"Periods of {', '.join(map(str, YEARS))} years can be chosen. With `sensitive: true`, that is for sensitive data,"
    f" unique identifiers or the data of {MANY_PEOPLE:,} people or more, the floor for access records is higher; a"
    " policy that denies it although the zone holds such a dataset is refused.",
)
FLOOR_ROWS = (Text("구분", "class"), Text("최소", "floor"), Text("최소 (sensitive)", "floor (sensitive)"))
SOURCE = Text("근거", "source")
AFTER = Text(
    "가명처리 기록의 기간은 과제가 종료된 때부터 셉니다. 어떤 행위가 어느 구분인지는"
    " [감사 사건 목록](audit-events.ko.md)에 있고, 이 버전이 모르는 행위는 가장 긴 기간 동안 보관합니다.",
    "The period of records of pseudonymisation begins when their project is closed. Which action is of which class"
    " stands in the [list of audit events](audit-events.md); an action unknown to this version is kept longest.",
)
RECORD_HEAD = Text("가명처리 기록의 표", "Tables of the record of pseudonymisation")
RECORD_LEAD = Text(
    "추출본의 기록은 감사 기록 밖의 표에도 있습니다. 추출본을 파기한 날부터 `pseudonymisation`의 기간"
    f"(최소 {LEAST_YEARS}년)이 지나면 자동 처리가 그 행을 지우고 `extract.record_removed`로 기록합니다. 데이터셋, 과제,"
    " 관여한 사람, 감사 기록 전체 가운데 하나에 보존 조치가 있으면 지우지 않습니다. 그 전에는 트리거가 변경과 삭제를"
    " 막습니다.",
    "The record of an extract also stands in tables outside the log. Once the period of `pseudonymisation` (at least"
    f" {LEAST_YEARS} years) has passed since the extract was destroyed, the worker removes its rows and records"
    " `extract.record_removed`; not while a legal hold is on the dataset, the project, somebody who dealt with it or"
    " the whole log. Until then triggers refuse every change and removal.",
)
RECORD_ROWS = (Text("테이블", "table"), Text("담는 것", "holds"), Text("기간", "kept"))
RECORD_TABLES: Mapping[str, Text] = MappingProxyType(
    {
        "deid_extract": Text("목적, 항목, 제공받는 자, 기간", "purpose, items, recipients, period"),
        "deid_extract_run": Text("처리 내용, 수준, 위험도", "what was done, levels, risk"),
        "deid_extract_move": Text("단계와 담당자", "steps and who took them"),
        "deid_extract_review": Text("적정성 검토", "adequacy reviews"),
        "deid_extract_version": Text("데이터셋의 버전", "the version of the dataset"),
        "deid_extract_destruction": Text("파기 기록", "the record of destruction"),
        "deid_extract_removal": Text("기록을 지웠다는 사실", "that the record was removed"),
    }
)
_AFTER_DESTRUCTION = Text("파기 후 {years}년", "{years} years after destruction")
_FOR_EVER = Text("계속", "for ever")
FILE = Text("제공되는 정책: {name}", "Shipped policy: {name}")
REASON_HEAD = Text("사유", "Reasons")
REASON_ROWS = (Text("명령", "for"), Text("값", "value"), Text("뜻", "meaning"))
ROLE_HEAD = Text("PostgreSQL 역할", "PostgreSQL roles")
ROLE_LEAD = Text(
    "`ansim audit roles --sql`이 출력하는 문장을 테이블의 소유자로 실행합니다. 다시 실행해도 됩니다. 표에 없는 권한은"
    " 없습니다. 마이그레이션, 파기(`erase`), 기록 정리(`prune`)는 소유자로 실행합니다. 플레이북으로 설치한 서버에서는"
    " 구역의 역할이 파기할 수 있고, 기록 정리는 root가 소유자로 접속하여 합니다(`sudo ansim audit prune`). 업무"
    " 테이블(`registry_*`, `egress_*`)의 권한은 따로 주십시오.",
    "Run what `ansim audit roles --sql` prints as the owner of the tables; running it again is harmless. What is not in"
    " the table a role may not do. Migrations, `erase` and `prune` run as the owner; on a server of the playbook the"
    " zone's role may erase, and root connects as the owner to prune (`sudo ansim audit prune`). Rights on the tables"
    " of the business (`registry_*`, `egress_*`) are given separately.",
)
ROLE_ROWS = (Text("역할", "role"), Text("권한", "rights"), Text("테이블", "tables"))


def retention_page(language: Language) -> str:
    """Return the page in one language."""
    parts = [
        f"# {TITLE.say(language)}\n\n{OTHER.say(language)}\n\n{LEAD.say(language)}",
        f"## {FLOOR_HEAD.say(language)}\n\n{FLOOR_LEAD.say(language)}\n\n{_floors(language)}\n\n{AFTER.say(language)}",
        f"## {RECORD_HEAD.say(language)}\n\n{RECORD_LEAD.say(language)}\n\n{_records(language)}",
        *(_policy(name, language) for name in shipped()),
        f"## {REASON_HEAD.say(language)}\n\n{_reasons(language)}",
        f"## {ROLE_HEAD.say(language)}\n\n{ROLE_LEAD.say(language)}\n\n{_roles(language)}",
    ]
    return "\n\n".join(parts) + "\n"


def _floors(language: Language) -> str:
    rows = [_row(*(head.say(language) for head in (*FLOOR_ROWS, SOURCE))), "|---|---|---|---|"]
    for name, title in CLASS_NAMES.items():
        low, high = FLOORS[False][name], FLOORS[True][name]
        sources = dict.fromkeys((low.source.say(language), high.source.say(language)))
        rows.append(_row(f"`{name}` {title.say(language)}", str(low.years), str(high.years), "; ".join(sources)))
    return "\n".join(rows)


def _records(language: Language) -> str:
    rows = [_row(*(head.say(language) for head in RECORD_ROWS)), "|---|---|---|"]
    removable = {table.name for table in tables.RECORD}
    kept = _AFTER_DESTRUCTION.format(years=FLOORS[False]["pseudonymisation"].years)
    for name, holds in RECORD_TABLES.items():
        rows.append(_row(f"`{name}`", holds.say(language), (kept if name in removable else _FOR_EVER).say(language)))
    return "\n".join(rows)


def _policy(name: str, language: Language) -> str:
    policy = RetentionPolicy.load(name)
    text = (POLICIES / f"{name}.yaml").read_text(encoding="utf-8")
    title = FILE.format(name=name).say(language)
    return f"## {title}\n\n{policy.title.say(language)}\n\n```yaml\n{text.rstrip()}\n```"


def _reasons(language: Language) -> str:
    rows = [_row(*(head.say(language) for head in REASON_ROWS)), "|---|---|---|"]
    for command, reasons in (("erase", erasure.REASONS), ("hold set", holding.REASONS)):
        rows += [_row(f"`ansim audit {command}`", f"`{code}`", text.say(language)) for code, text in reasons.items()]
    return "\n".join(rows)


def _roles(language: Language) -> str:
    rows = [_row(*(head.say(language) for head in ROLE_ROWS)), "|---|---|---|"]
    for role, grants in GRANTS.items():
        rows += [
            _row(f"`{role}`", rights, ", ".join(f"`{table}`" for table in tables)) for rights, tables in grants.items()
        ]
    return "\n".join(rows)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
