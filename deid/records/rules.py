"""What the records of extracts demand, decided on values alone: no clock, no file, no database.

Three people (PIPC guideline, step 3): who makes an extract, who reviews it and who uses it differ. What is not known of
somebody counts against them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from audit.text import Text
from deid.records.errors import Conflict, Denied, Invalid
from deid.records.model import Draft, Extract, Level, Run, Verdict
from deid.records.workflow import PARTY_TEXT, ROLES, Party

LEAST_PURPOSE = 20
"""Characters of a purpose; fewer cannot be specific. Whether more are, people judge."""
LEAST_REASON = 5
LONGEST_TEXT = 4_000

CHECKLIST: Mapping[str, Text] = MappingProxyType(
    {
        "purpose": Text(
            "목적이 구체적이고, 통계작성·과학적 연구·공익적 기록보존 가운데 하나이다.",
            "The purpose is specific, and one of statistics, scientific research and archiving.",
        ),
        "minimum": Text(
            "처리 대상은 그 목적에 필요한 최소한의 항목이다.", "The items are the fewest that serve the purpose."
        ),
        "complete": Text(
            "수준 정의표의 모든 항목이 일부가 아닌 전체 파일에서 처리되었다.",
            "Every item of the level table was processed, in the whole file and not only at its head.",
        ),
        "singular": Text(
            "특이정보(극단값, 희귀한 값)를 살펴보았고 남은 것은 수용할 수 있다.",
            "Singular values were looked at, and what remains is acceptable.",
        ),
        "risk": Text(
            "처리 후 위험이 기준을 만족하고, 계산되지 않은 항목의 까닭을 이해한다.",
            "The risk afterwards meets the criteria, and I know why something was not computed.",
        ),
        "usable": Text("처리한 자료로 목적을 이룰 수 있다.", "The purpose can be reached with what is left."),
        "separate": Text(
            "추가정보(가명 키)는 따로 보관되고 이용자가 접근할 수 없다.",
            "The additional information is kept apart, out of the reach of those who use the data.",
        ),
        "environment": Text(
            "이용 환경과 제공받는 자, 처리 기간이 적절하다.",
            "The place of use, the recipients and the period are appropriate.",
        ),
    }
)
"""What a reviewer looks at, by the guideline; adequate takes all of them."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the registry knows of somebody who acts on an extract."""

    ref: str
    roles: frozenset[str] = frozenset()
    """The roles in the zone; none for somebody unknown or not active."""
    member: bool = True
    """Whether the person is or was a member of the project that will use the extract."""
    registrar: bool = True
    """Whether the person registered the dataset or one of its versions."""


def check_draft(draft: Draft, now: datetime) -> None:
    """Accept a draft whose mandatory fields say something.

    Raises: Invalid — naming the field.
    """
    named = {
        "purpose.statement": (draft.purpose, LEAST_PURPOSE),
        "purpose.basis": (draft.basis, LEAST_REASON),
        "target.scope": (draft.scope, LEAST_REASON),
        "target.need": (draft.need, LEAST_REASON),
        "environment.protection": (draft.environment, LEAST_REASON),
    }
    for field, (text, least) in named.items():
        _check_words(field, text, least)
    if draft.people < 0:
        raise Invalid("people", Text("people은 0 이상이어야 합니다.", "people must be 0 or more."))
    if (draft.use == "third_party") != bool(draft.recipients):
        raise Invalid(
            "recipients",
            Text(
                "제3자 제공이면 제공받는 자를 적고, 아니면 비워 두십시오.",
                "Name the recipients of a provision to third parties, and nobody otherwise.",
            ),
        )
    if draft.ends_at <= now:
        raise Invalid("period", Text("처리 기간이 이미 끝났습니다.", "The processing period has ended already."))


def check_party(party: Party, standing: Standing) -> None:
    """Accept somebody who holds a role that the table of moves names for a party.

    Raises: Denied.
    """
    if ROLES[party].isdisjoint(standing.roles):
        name = PARTY_TEXT[party]
        raise Denied(
            "no_authority",
            Text(f"이 일은 {name.ko}의 역할입니다.", f"This takes the role of {name.en}."),
        )


def check_reviewer(standing: Standing, made_by: Collection[str]) -> None:
    """Accept a reviewer who neither made the extract, nor uses it, nor registered its dataset.

    Raises: Denied — with the first reason.
    """
    check_party(Party.REVIEWER, standing)
    if standing.ref in made_by:
        raise Denied(
            "own_extract",
            Text(
                "작성·처리·요청한 사람은 그 추출본의 적정성을 검토할 수 없습니다.",
                "Who drafted, made or handed in an extract cannot review it.",
            ),
        )
    if standing.member:
        raise Denied(
            "reviewer_is_member",
            Text(
                "이용할 과제의 구성원이거나 구성원이었던 사람은 검토할 수 없습니다.",
                "Who is or was a member of the project that will use the extract cannot review it.",
            ),
        )
    if standing.registrar:
        raise Denied(
            "reviewer_is_registrar",
            Text(
                "이 데이터셋을 등록한 사람은 검토할 수 없습니다.",
                "Who registered the dataset cannot review an extract for it.",
            ),
        )


def check_admission(extract: Extract, by_ref: str) -> None:
    """Accept somebody who registers an extract that another person reviewed.

    Raises: Denied.
    """
    if by_ref in {review.by_ref for review in extract.reviews}:
        raise Denied(
            "reviewer_registers",
            Text(
                "적정성을 검토한 사람은 그 추출본을 등록할 수 없습니다.",
                "Who reviewed an extract cannot register it.",
            ),
        )


def check_maker(standing: Standing) -> None:
    """Accept a maker who does not use the extract.

    Raises: Denied.
    """
    check_party(Party.MAKER, standing)
    if standing.member:
        raise Denied(
            "maker_is_member",
            Text(
                "이용할 과제의 구성원이거나 구성원이었던 사람은 가명처리할 수 없습니다.",
                "Who is or was a member of the project that will use the extract cannot make it.",
            ),
        )


def check_verdict(verdict: Verdict, reason: str, conditions: str, checked: Iterable[str]) -> None:
    """Accept a verdict with its reason; adequate takes every item of the checklist.

    Raises: Invalid.
    """
    unknown = set(checked) - set(CHECKLIST)
    missing = [name for name in CHECKLIST if name not in set(checked)]
    if unknown:
        raise Invalid("checklist", Text("알 수 없는 점검 항목입니다.", "The checklist has no such item."))
    if verdict is Verdict.ADEQUATE and missing:
        items = [CHECKLIST[one] for one in missing]
        raise Invalid(
            "checklist",
            Text(
                "확인하지 않은 점검 항목이 있어 적정으로 판정할 수 없습니다: " + " ".join(one.ko for one in items),
                "An extract is not adequate while items of the checklist are open: "
                + " ".join(one.en for one in items),
            ),
        )
    _check_words("reason", reason, LEAST_REASON)
    if len(conditions) > LONGEST_TEXT:
        raise Invalid("too_long", Text("글이 너무 깁니다: conditions", "The text is too long: conditions"))


def check_reason(reason: str) -> None:
    """Accept a reason that says something.

    Raises: Invalid.
    """
    _check_words("reason", reason, LEAST_REASON)


def check_binding(run: Run, given: str, recorded: str | None) -> None:
    """Accept a review that was meant for exactly this run, as the audit log recorded it.

    Raises: Conflict — if the run was altered since, or the review was meant for another.
    """
    if run.binding != binding_of(run) or run.binding != recorded:
        raise Conflict(
            "record_altered",
            Text(
                "처리 기록이나 위험 보고서가 감사 기록과 다릅니다. 사용하지 말고 다시 처리하십시오.",
                "The run or its risk report is not what the audit log recorded. Do not rely on it; make it anew.",
            ),
        )
    if given != run.binding:
        raise Conflict(
            "other_run",
            Text(
                "검토한 것과 다른 처리 결과입니다. 지금 결과를 다시 살펴보십시오.",
                "The review was of another run. Look at the present one.",
            ),
        )


def check_gate(run: Run) -> None:
    """Accept a run whose privacy gate every risk passed, where it has one: what was refused is never approved.

    The verdict is taken from the risks themselves, each by its own, and never from a word that sums them up.
    Raises: Conflict.
    """
    if run.synthetic is None:
        return
    tables = run.synthetic.get("tables") or {}
    verdicts = [risk.get("verdict") for table in tables.values() for risk in table.get("risks") or [{}]]
    if not verdicts or any(verdict != "below" for verdict in verdicts):
        raise Conflict(
            "risk_too_high",
            Text(
                "합성자료의 위험이 한도를 넘거나 측정되지 않아 승인할 수 없습니다.",
                "A risk of this synthetic extract is above its limit or not measured: it cannot be approved.",
            ),
        )


def check_bytes(run: Run, manifest_sha256: str) -> None:
    """Accept files that are exactly those of the run; one changed byte is another manifest.

    Raises: Conflict.
    """
    if run.manifest_sha256 != manifest_sha256:
        raise Conflict(
            "files_changed",
            Text(
                "추출본 파일이 처리한 뒤 바뀌었습니다. 다시 처리하고 검토를 받으십시오.",
                "The files of the extract changed since they were made. Make it anew and have it reviewed.",
            ),
        )


def digests_of(extract: Extract) -> list[str]:
    """Return the digest of every file of every run."""
    return [str(table["sha256"]) for run in extract.runs for table in run.tables]


def binding_of(run: Run) -> str:
    """Return the digest of everything a review of this run is about."""
    return digest(
        {
            "extract": run.ref,
            "run": run.number,
            "manifest": run.manifest_sha256,
            "policy": run.policy_sha256,
            "domain": run.linkage_domain,
            "key_version": run.key_version,
            "tables": list(run.tables),
            "levels": level_documents(run.levels),
            "risk": run.risk,
        }
    )


def level_documents(levels: Iterable[Level]) -> list[dict[str, Any]]:
    """Return the level table as plain values."""
    return [asdict(level) for level in levels]


def digest(document: Any) -> str:
    """Return the SHA-256 of a document as canonical JSON."""
    canonical = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(canonical.encode("utf-8")).hexdigest()


def _check_words(field: str, text: str, least: int) -> None:
    if len(text.strip()) < least:
        raise Invalid(
            "too_short",
            Text(f"{field}: {least}자 이상으로 구체적으로 적으십시오.", f"{field}: say it in {least} letters or more."),
        )
    if len(text) > LONGEST_TEXT:
        raise Invalid("too_long", Text(f"글이 너무 깁니다: {field}", f"The text is too long: {field}"))
