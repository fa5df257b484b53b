"""What the privacy policy of the institution has to say of pseudonymised data (개인정보 처리방침의 가명정보 부분).

The guideline asks for purpose, period, provision, entrustment, items and safety measures (PIPA art. 30, 28-4). All but
the entrustment follows from the record; that is left for the institution to write.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from audit.text import Language, Text
from deid.records.forms import Form, Section
from deid.records.model import KIND_TEXT, USE_TEXT, Extract
from deid.records.workflow import State

KOREAN_TIME = ZoneInfo("Asia/Seoul")
_NOT_THERE = frozenset({State.DRAFT, State.DESTROYED})
_TITLE = Text("개인정보 처리방침: 가명정보의 처리", "Privacy policy: processing of pseudonymised data")
_PURPOSE = Text("처리 목적", "Purpose")
_ITEMS = Text("처리하는 가명정보의 항목", "Items of pseudonymised data")
_PERIOD = Text("처리 및 보유 기간", "Period of processing")
_PROVISION = Text("제공", "Provision")
_ENTRUSTED = Text("처리의 위탁", "Entrustment")
_BY_HAND = Text("기관이 적는 항목", "for the institution to fill in")
_MADE_BY_HAND = Text("직접 만든 파일", "Files made by hand")
_SAFETY = Text("안전성 확보조치", "Safety measures")
_PLACE = Text(
    "가명정보는 네트워크가 없는 분석환경에서만 이용하고, 결과는 두 사람이 심사한 뒤 반출합니다.",
    "The data is used only in workspaces without a network; results leave after a review by two people.",
)
_ENVIRONMENT = Text("이용 환경", "Place of use")
_MEASURES = (
    Text(
        "가명정보를 원래 상태로 되돌리는 추가정보(키)는 가명정보와 따로 보관하며, 이용이 끝나면 파기합니다.",
        "The additional information that leads back to people (keys) is kept apart and destroyed when use ends.",
    ),
    _PLACE,
    Text(
        "가명처리한 사람, 적정성을 검토한 사람, 이용하는 사람은 서로 다릅니다.",
        "Who pseudonymised the data, who reviewed it and who uses it are different people.",
    ),
    Text(
        "처리와 접근은 사후에 고칠 수 없는 기록으로 남기며, 특정 개인을 알아보기 위한 처리는 금지합니다.",
        "Processing and access are in a record that cannot be rewritten; identifying a person is forbidden.",
    ),
)
_NOTHING = Text("안심구역에 지금 있는 가명정보 추출본이 없습니다.", "No pseudonymised extract is in the zone now.")
_NOT_IN_IT = Text(
    "이 글에는 안심구역의 추출본만 있습니다. `ansim deid apply`로 직접 만든 파일은 없으므로,"
    " 쓰고 있다면 따로 적으십시오(`ansim deid keys uses`로 확인).",
    "This text tells of extracts of the zone only, and of no file that was made by hand with `ansim deid apply`: add"
    " those in use (`ansim deid keys uses` lists them).",
)


def notice_form(extracts: Sequence[Extract], language: Language) -> Form:
    """Return the text for all pseudonymised extracts that are there, reviewed or not; synthetic ones are not told.

    What another institution was given is used where its own rules say, so nothing is promised of that place.
    """
    there = (one for one in extracts if one.state not in _NOT_THERE)
    told = [one for one in there if one.run is not None and one.run.synthetic is None]
    sections = [_of(one, language) for one in reversed(told)]
    if not sections:
        sections = [Section(_NOTHING.say(language))]
    elsewhere = any(one.draft.use == "third_party" for one in told)
    texts = [text for text in _MEASURES if not (elsewhere and text is _PLACE)]
    measures = tuple((str(number), text.say(language)) for number, text in enumerate(texts, start=1))
    missing = Section(_BY_HAND.say(language), ((_MADE_BY_HAND.say(language), _NOT_IN_IT.say(language)),))
    return Form(_TITLE.say(language), "", (*sections, Section(_SAFETY.say(language), measures), missing))


def _of(extract: Extract, language: Language) -> Section:
    draft = extract.draft
    levels = extract.run.levels if extract.run else ()
    items = ", ".join(f"{level.table}.{level.column}" for level in levels if level.action != "drop")
    # A period ends at midnight after its last day.
    days = (at.astimezone(KOREAN_TIME) for at in (extract.at, draft.ends_at - timedelta(microseconds=1)))
    started, ends = (f"{day:%Y-%m-%d}" for day in days)
    provided = USE_TEXT[draft.use].say(language) + (f": {', '.join(draft.recipients)}" if draft.recipients else "")
    facts = {
        _PURPOSE: f"{KIND_TEXT[draft.kind].say(language)} · {draft.purpose}",
        _ITEMS: items,
        _PERIOD: f"{started} ~ {ends}",
        _PROVISION: provided,
        _ENTRUSTED: _BY_HAND.say(language),
        **({_ENVIRONMENT: draft.environment} if draft.use == "third_party" else {}),
    }
    return Section(draft.title.say(language), tuple((label.say(language), value) for label, value in facts.items()))
