"""The catalogue of audit events as a page for readers: what each means, who writes it, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from audit.catalogue import CATALOGUE, ActionSpec
from audit.outward.classes import OCSF_VERSION
from audit.outward.meanings import Meaning, meaning_of
from audit.text import Language, Text
from portal.records import FAMILIES

TITLE = Text("감사 사건 목록", "Audit events")
OTHER = Text("[English](audit-events.md)", "[한국어](audit-events.ko.md)")
LEAD = Text(
    "목록에 없는 행위는 기록할 수 없으므로 할 수도 없습니다. 모든 사건에는 법이 정한 다섯 가지, 곧 누가, 언제,"
    " 어디에서, 누구의 정보에 대하여, 무엇을 했는지가 있습니다(개인정보의 안전성 확보조치 기준 제2조).",
    "An action that is not listed cannot be recorded, and so cannot be done. Every event says the five things that the"
    " law asks for: who, when, from where, whose data, and what (Korean safety standards for personal data, art. 2).",
)
LEGEND = Text(
    "**대상**은 무엇에 한 일인지, **정보주체**는 누구의 정보인지입니다. **경보**는 사람이 바로 보아야 하는지를 뜻하며"
    f" `is_alert`로 나갑니다. **OCSF** {OCSF_VERSION} 클래스와 활동은"
    " [SIEM으로 보내는 형식](../how-to/send-the-record-to-a-siem.ko.md)입니다.",
    "**About** is what was acted on, **data subjects** whose data it concerns. **Alert** says whether a person should"
    f" look at it now; it goes out as `is_alert`. **OCSF** {OCSF_VERSION} class and activity are what a"
    " [SIEM receives](../how-to/send-the-record-to-a-siem.md).",
)
HEADS = (
    Text("행위", "action"),
    Text("뜻", "meaning"),
    Text("기록하는 프로세스", "written by"),
    Text("대상", "about"),
    Text("정보주체", "data subjects"),
    Text("보존", "kept as"),
    Text("OCSF", "OCSF"),
    Text("경보", "alert"),
)

WORDS: Mapping[str, Text] = MappingProxyType(
    {
        "access": Text("접속기록", "access"),
        "rights": Text("권한 이력", "rights"),
        "pseudonymisation": Text("가명처리 기록", "pseudonymisation"),
        "never": Text("–", "–"),
        "failure": Text("실패할 때", "when it fails"),
        "always": Text("항상", "always"),
        "none": Text("없음", "none"),
        "person": Text("사용자", "person"),
        "project": Text("과제", "project"),
        "dataset": Text("데이터셋", "dataset"),
        "grant": Text("접근권한", "grant"),
        "membership": Text("참여 권한", "membership"),
        "workspace": Text("분석환경", "workspace"),
        "request": Text("반출신청", "egress request"),
        "file": Text("파일", "file"),
        "image": Text("이미지", "image"),
        "log": Text("감사 기록", "log"),
        "zone": Text("안심구역", "zone"),
        "policy": Text("정책", "policy"),
        "session": Text("로그인 시도", "sign-in"),
        "route": Text("경로", "route"),
        "portal": Text("포털", "portal"),
        "hub": Text("허브", "hub"),
        "gate": Text("게이트", "gate"),
        "worker": Text("자동 처리", "worker"),
        "cli": Text("명령줄", "command line"),
    }
)


def events_page(language: Language) -> str:
    """Return the catalogue in one language, a table for each family of actions."""
    lines = [f"# {TITLE.say(language)}\n", f"{OTHER.say(language)}\n"]
    lines += [f"{LEAD.say(language)}\n", f"{LEGEND.say(language)}\n"]
    families: dict[str, list[ActionSpec]] = {}
    for spec in CATALOGUE.values():
        families.setdefault(spec.action.partition(".")[0], []).append(spec)
    for family, specs in families.items():
        lines.append(f"## {FAMILIES[family].text(language) if family in FAMILIES else family}\n")
        lines.append("| " + " | ".join(head.say(language) for head in HEADS) + " |")
        lines.append("|" + "---|" * len(HEADS))
        lines += [_row(spec, meaning_of(spec.action), language) for spec in specs]
        lines.append("")
    return "\n".join(lines)


def _row(spec: ActionSpec, meaning: Meaning, language: Language) -> str:
    def said(words: tuple[str, ...]) -> str:
        return ", ".join(WORDS[word].say(language) for word in words)

    cells = (
        f"`{spec.action}`",
        spec.say(language),
        said(meaning.by),
        said(meaning.objects),
        said(meaning.subjects),
        said((spec.retention,)),
        f"{meaning.ocsf.name} ({meaning.ocsf.uid}): {meaning.activity}",
        said((meaning.alert,)),
    )
    return "| " + " | ".join(cells) + " |"
