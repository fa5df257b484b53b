"""Korean personal names: what one looks like, and the words that say that one stands here.

A name is a surname and one or two more syllables, and so are very many words. So a find needs a reason: a label
before it (성명: …), a title or 씨, 님 behind it, a telephone number or an age in brackets behind it, or a list of
such names. A name once found with a reason is found again wherever it stands in the same text.

The syllables are those that Korean given names are made of, by place; the words are those that look like names and
are none. Both were written for this project; texts of evaluation sets were not used.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from deid.recogniser import NEVER


def _words(name: str) -> frozenset[str]:
    return frozenset((Path(__file__).parent / "words" / name).read_text(encoding="utf-8").split())


SURNAMES = frozenset(
    "김이박최정강조윤장임한오서신권황안송류유전홍고문양손배백허남심노하곽성차주우구민진지엄채원천방공현함"
    "변염여추도소석선설마길연위표명기반라왕금옥육인맹제모탁국어은편용예경봉사부가복태목형피두감호음빈동온"
)
"""Surnames of one syllable; the first thirty make up nine people in ten."""
COMMON_SURNAMES = frozenset("김이박최정강조윤장임한오서신권황안송류유전홍고문양손배백허남심노")
DOUBLE_SURNAMES = ("남궁", "황보", "제갈", "선우", "사공", "서문", "독고", "동방", "어금", "망절")

_FIRST = (
    "가강건겸경계고공관광교구국권규균근금기길나남노다단달담대덕도동두라란래려련렬로루류리린림마만매면명모"
    "목무묵문미민바반방배백범별병보복봉부빈사산삼상새샘서석선설섭성세소솔송수숙순슬승시신아안애양언여연열"
    "영예오옥온완왕용우욱운웅원월위유윤율은을의이익인일임자장재전정제조종주준중지진차찬창채천철청초추춘충"
    "치칠태택판평포필하학한해향혁현형혜호홍화환회효훈휘희"
)
_SECOND = (
    "가강건걸겸경고곤관광교구국군권규균근금기길나남녀년노담대덕도동두라란람랑래량려련렬령례로록루류리린림"
    "만매명모목무묵문미민배백범별병보복봉분빈산삼상서석선설섭성세솔송수숙순슬승식신실아안애양언연열엽영예"
    "오옥온완용우욱운웅원월유윤율은을의이익인일임자장재전정제조종주준중지진찬창채천철초춘충치칠태택표필하"
    "학한해향헌혁현형혜호홍화환황회효후훈휘희"
)
GIVEN_FIRST, GIVEN_SECOND = frozenset(_FIRST), frozenset(_SECOND)

NOT_NAMES = _words("not_names.txt")
"""Words that have the shape of a name; three syllables each, as such words stand in official texts."""

COMMON_GIVEN = _words("common_given.txt")
"""Given names in wide use, of several generations."""

_SYLLABLE = "[가-힣]"
_STARTS = "".join(sorted(SURNAMES | {double[0] for double in DOUBLE_SURNAMES}))
_DOUBLES = "|".join(f"(?<={double[0]}){double[1]}" for double in DOUBLE_SURNAMES)
# The character class stands first: the search for it is the fast one.
_GIVEN = f"(?:[{_FIRST}][{_SECOND}]|[{''.join(sorted({*_FIRST, *_SECOND}))}])"
_NAME = f"[{_STARTS}](?<![가-힣].)(?:(?:{_DOUBLES}){_GIVEN}|{_GIVEN})"
_SPACED = f"[{_STARTS}](?<![가-힣].) {_SYLLABLE} {_SYLLABLE}(?![가-힣])"
_PARTICLE = (
    "(?:은|는|이|가|을|를|의|와|과|도|만|이요|요|인데요|인데|이다|이라서|이라|라서|으로|로|에게서|에게|에게는|께서는|께서|께|한테|이라고|라고|이라는|라는"
    "|으로부터|로부터|이며|이고|입니다|이에요|예요|이었|였|이나|이랑|랑|측|네)?"
)
_LABELS = (
    "성 ?명|이 ?름|성 ?함|환자(?:성명|이름|명)?|보호자(?:성명|명)?|신청인|신청자|대표자|대표이사|대표"
    "|담당자|담당의|담당|작성자|수신인|수신자|수신|발신인|발신자|발신|예금주|계약자|피보험자|보험계약자"
    "|민원인|고객(?:성명|명)|고객|수령인|수령자|받는 ?사람|받는 ?분|보내는 ?사람|보내는 ?분|기안자|기안"
    "|검토자|검토|결재자|결재|접수자|처리자|원고|피고인|피고|피해자|가해자|피의자|참고인|증인|소유자"
    "|임대인|임차인|매도인|매수인|배우자|부친|모친|자녀|세대주|학생명|학생|교사|담임교사|담임|주치의"
    "|진료의|집도의|의사|간호사|검사자|판독의|상담원|상담사|상담자|강사|신고인|신고자|진정인|청구인"
    "|대리인|법정대리인|책임자|연구책임자|위원장|위원|회장|총무|감사|직원명|사원명|참석자|응시자|지원자"
    "|추천인|보증인|연대보증인|채무자|채권자|수급자|대상자|이용자명|회원명|회원|승객|탑승자|운전자|차주"
    "|입주자|세입자|집주인|임대차인|근로자|사용자|사업주|점검자|확인자|승인자|요청자|의뢰인|의뢰자|제보자"
    "|목격자|사망자|상속인|피상속인|유족|아버지|어머니|남편|아내|name|patient|customer|contact|from|to"
    "|author"
)
_TITLES = (
    "씨|님|군|양|선생님|선생|교수님|교수|박사님|박사|원장님|원장|의사|간호사|과장님|과장|부장님|부장"
    "|차장님|차장|대리님|대리|사원|주임님|주임|팀장님|팀장|실장님|실장|국장님|국장|계장|주무관님|주무관"
    "|사무관|서기관|서기|대표님|대표이사|대표|사장님|사장|이사님|이사|상무|전무|회장님|회장|위원장|위원님"
    "|위원|의원님|의원|변호사님|변호사|검사|판사|기자|작가|감독|환자분|환자님|환자|학생|고객님|고객"
    "|어르신|할머니|할아버지|어머니|어머님|아버지|아버님|여사님|여사|경위|경감|경정|경사|경장|순경|형사"
    "|소방관|소방사|소방교|대위|중위|소위|대령|중령|소령|병장|상병|일병|이병|하사|중사|상사|목사님|목사"
    "|신부님|스님|조교|연구원님|연구원|연구사|약사님|약사|강사님|강사|코치|선수|배우|가수|매니저님|매니저"
    "|프로|책임|선임|수석|주치의|전문의|전공의|사회복지사|요양보호사|상담사|상담원|설계사|기사님|기사"
    "|반장|이장|통장|동장|조합원|회원님|회원|본인|명의|앞"
)


def _by_first(alternatives: str) -> str:
    """Return alternatives so that a class of their first characters stands first, which is quick to search for."""
    rests: dict[str, list[str]] = {}
    for one in re.split(r"\|(?![^(]*\))", alternatives):
        rests.setdefault(one[0], []).append(one[1:])
    branches = "|".join(f"(?<={first})(?:{'|'.join(rest)})" for first, rest in rests.items())
    return f"[{''.join(rests)}](?<![가-힣A-Za-z].)(?:{branches})"


_AFTER_NAME = (
    r"(?:만 ?)?[0-9]|남[,/)성]|여[,/)성]|[♂♀]|[MF][,/)]|☎|T\.|Tel|H\.?P|주민|연락|전화|휴대|핸드폰|생년|이하 ?[\"'“‘]"
)
_SIGNED = r"드림|올림|배상|拜上|귀하|귀중|\(인\)|\(서명\)|서명|인\)|님께|께서"
_BETWEEN = r"(?P<between>(?:\([^)\n]{0,12}\))? ?(?:[:=|/,\[(\t]{1,2} ?| ))"
_ASKED = r"[^\n]{0,20}\?[ \n]{1,2}(?:고객|환자|민원인|나|답)?[ :>]{0,3}"
_TITLE_WORDS = frozenset(_TITLES.split("|"))
_HANGUL = re.compile(_SYLLABLE)
_ENDS = re.compile(rf"(?:님|씨)?{_PARTICLE}(?![가-힣])")
_REACH = 40
_COMMAS = frozenset(",·/、")

_CANDIDATE = re.compile(
    rf"{_NAME}(?= ?(?:{_TITLES})(?:[은는이가을를의와과도]|에게|께서|께|한테|입니다|이|님)?(?![가-힣])"
    rf"|{_PARTICLE}(?![가-힣])| ?(?:{_SIGNED}))"
)
_IN_PIECES = re.compile(_SPACED)
_LABEL = re.compile(rf"{_by_first(_LABELS)}{_BETWEEN}", re.IGNORECASE)
_TITLE = re.compile(rf"(?P<space> ?)(?P<title>{_TITLES})(?={_PARTICLE}(?![가-힣]))")
_BRACKET = re.compile(rf" ?[(\[](?={_AFTER_NAME})")
_NEXT = re.compile(rf"[,·/、] ?(?P<name>{_NAME})")
_PREVIOUS = re.compile(rf"(?P<name>{_SYLLABLE}{{3}})[,·/、] ?$")
_INTRODUCED = re.compile(r"(?:안녕하세요|안녕하십니까|저는|저|이름은|나는|본인은|본인)[,.!]? $")
_INTRODUCES = re.compile("입니다|이에요|예요|이라고|라고|인데요|이라 합|이고요|이며|이고")
_SIGNS = re.compile(rf" ?(?:{_SIGNED})(?![가-힣])")
_QUESTION = re.compile(rf"(?:성함|이름){_ASKED}$")


# One look at what follows tells which of the reasons can hold.
_FOLLOWED = re.compile(rf" ?(?:{_TITLES}|{_SIGNED})| ?[(\[]|[,·/、]|입니다|이에요|예요|이라|라고|인데|이고|이며")
_RULES_ALONE = ("name-label", "name-list", "name-asked", "name-alone")
_RULES_FOLLOWED = (*_RULES_ALONE, "name-title", "name-brackets", "name-introduced", "name-signed")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A word that could be a name, and what stands around it."""

    text: str
    start: int
    end: int
    label: str | None
    """What stands between a label and the word, if a label stands before it."""

    @property
    def name(self) -> str:
        """Return the word without spaces inside it."""
        return self.text[self.start : self.end].replace(" ", "")

    def after(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Return whether a pattern stands right behind it."""
        return pattern.match(self.text, self.end)

    def before(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Return whether a pattern stands right before it; the pattern ends with `$`."""
        return pattern.search(self.text[max(0, self.start - _REACH) : self.start])


def plausible(name: str) -> bool:
    """Return whether a word could be a name: a surname, then syllables that given names have at that place."""
    for double in DOUBLE_SURNAMES:
        if name.startswith(double) and len(name) in (3, 4) and _given(name[len(double) :]):
            return True
    if len(name) not in (2, 3) or name[0] not in SURNAMES or name in NOT_NAMES or name in _TITLE_WORDS:
        return False
    return _given(name[1:])


def find_names(text: str, heading: str = "") -> Iterator[tuple[int, int, float, str]]:
    """Yield (start, end, score, rule) of every word that something shows to be a name.

    `heading` is what stands over the text; as 성명 or 이름 it is a reason for all of it.
    """
    headed = any(word in heading for word in CONTEXT)
    labels = {match.end(): match["between"] for match in _LABEL.finditer(text)}
    for match in _CANDIDATE.finditer(text):
        candidate = Candidate(text, *match.span(), labels.get(match.start()))
        if plausible(candidate.name):
            score, rule = _best_reason(candidate)
            if headed:
                score = max(score, 0.8)
            yield match.start(), match.end(), score, rule
    for match in _IN_PIECES.finditer(text):
        candidate = Candidate(text, *match.span(), labels.get(match.start()))
        if plausible(candidate.name) and (score := _labelled(candidate)):
            yield match.start(), match.end(), score, "name-label"


def _best_reason(candidate: Candidate) -> tuple[float, str]:
    """Return the strongest reason; what follows the word is looked at once, to see which reasons there can be."""
    found = _FOLLOWED.match(candidate.text, candidate.end)
    rules = _RULES_ALONE if found is None else _RULES_FOLLOWED
    return max((REASONS[rule](candidate), rule) for rule in rules)


def again(text: str, names: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Yield where names that were found with a reason stand once more."""
    for name in names:
        if len(name) < 3:
            continue
        start = text.find(name)
        while start >= 0:
            end = start + len(name)
            if not (start and _HANGUL.match(text, start - 1)) and _ENDS.match(text, end):
                yield start, end
            start = text.find(name, end)


def _given(syllables: str) -> bool:
    if len(syllables) == 1:
        return syllables in GIVEN_FIRST or syllables in GIVEN_SECOND
    return syllables[0] in GIVEN_FIRST and syllables[1] in GIVEN_SECOND


def _labelled(candidate: Candidate) -> float:
    if candidate.label is None:
        return NEVER
    if any(mark in candidate.label for mark in ":=|\t,[(/"):
        return 0.95 if len(candidate.name) > 2 else 0.8
    return 0.8 if len(candidate.name) > 2 else 0.4


def _titled(candidate: Candidate) -> float:
    found = candidate.after(_TITLE)
    if found is None:
        return NEVER
    name = candidate.name
    if len(name) == 2:
        return 0.5 if found["title"] in ("씨", "님") and found["space"] else 0.3
    if found["title"] in ("군", "양", "앞", "프로", "책임", "감사", "검사") and name[0] not in COMMON_SURNAMES:
        return 0.4
    return 0.9 if name[0] in COMMON_SURNAMES else 0.75


def _bracketed(candidate: Candidate) -> float:
    if candidate.after(_BRACKET) is None:
        return NEVER
    return 0.9 if len(candidate.name) > 2 else 0.3


def _listed(candidate: Candidate) -> float:
    if len(candidate.name) < 3:
        return NEVER
    neighbour = candidate.after(_NEXT)
    if neighbour is None and candidate.text[max(0, candidate.start - 2) : candidate.start].strip(" ")[-1:] in _COMMAS:
        neighbour = candidate.before(_PREVIOUS)
    if neighbour is None or not plausible(neighbour["name"]):
        return NEVER
    return 0.85


def _introduced(candidate: Candidate) -> float:
    return 0.85 if candidate.after(_INTRODUCES) and candidate.before(_INTRODUCED) else NEVER


def _signed(candidate: Candidate) -> float:
    return 0.85 if candidate.after(_SIGNS) else NEVER


def _asked(candidate: Candidate) -> float:
    asked = "?" in candidate.text[max(0, candidate.start - 16) : candidate.start]
    return 0.85 if asked and candidate.before(_QUESTION) else NEVER


def _alone(candidate: Candidate) -> float:
    name = candidate.name
    if len(name) != 3 or name[0] not in COMMON_SURNAMES:
        return NEVER
    return 0.55 if name[1:] in COMMON_GIVEN else 0.3


CONTEXT = ("성명", "이름", "성함", "환자명", "name")
"""Words over a column or before a value that make names likely under it."""

REASONS: Mapping[str, Callable[[Candidate], float]] = MappingProxyType(
    {
        "name-label": _labelled,
        "name-title": _titled,
        "name-brackets": _bracketed,
        "name-list": _listed,
        "name-introduced": _introduced,
        "name-signed": _signed,
        "name-asked": _asked,
        "name-alone": _alone,
    }
)
"""What may show that a word is a name, and how sure that makes it."""
