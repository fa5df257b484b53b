"""The words of Korean personal names: surnames, the syllables of given names, and the words that stand beside names.

The syllables are those that Korean given names are made of, by place; the words in `words/` are those that look like
names and are none. All were written for this project; texts of evaluation sets were not used.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path


def _words(name: str) -> frozenset[str]:
    return frozenset((Path(__file__).parent / "words" / name).read_text(encoding="utf-8").split())


SURNAMES = frozenset(
    "김이박최정강조윤장임한오서신권황안송류유전홍고문양손배백허남심노하곽성차주우구민진지엄채원천방공현함"
    "변염여추도소석선설마길연위표명기반라나왕금옥육인맹제모탁국어은편용예경봉사부가복태목형피두감호음빈동온"
)
"""Surnames of one syllable; the first thirty make up nine people in ten."""
COMMON_SURNAMES = frozenset("김이박최정강조윤장임한오서신권황안송류유전홍고문양손배백허남심노")
DOUBLE_SURNAMES = ("남궁", "황보", "제갈", "선우", "사공", "서문", "독고", "동방", "어금", "망절")

FIRST = frozenset(
    "가강건겸경계고공관광교구국권규균근금기길나남노다단달담대덕도동두라란래려련렬로루류리린림마만매면명모"
    "목무묵문미민바반방배백범별병보복봉부빈사산삼상새샘서석선설섭성세소솔송수숙순슬승시신아안애양언여연열"
    "영예오옥온왕완용우욱운웅원월위유윤율은을의이익인일임자장재전정제조종주준중지진차찬창채천철청초추춘충"
    "치칠태택판평포필하학한해향혁현형혜호홍화환회효훈휘희갑귀또말분정슬으율필"
)
SECOND = frozenset(
    "가강건걸겸경고곤관광교구국군권규균근금기길나남녀년노담대덕도동두라란람랑래량려련렬령례로록루류리린림"
    "만매명모목무묵문미민배백범별병보복봉분빈산삼상서석선설섭성세솔송수숙순슬승식신실아안애양언연열엽영예"
    "오옥온완용우욱운웅원월위유윤율은을의이익인일임자장재전정제조종주준중지진찬창채천철초춘충치칠태택표필하"
    "학한해향헌혁현형혜호홍화환회효후훈휘희결늘름롱르봄뜸찬울슬립권비솜빛온샘루담새벼채단별누"
)
SINGLE = frozenset("결솔준민훈빈혁율산별찬겸은윤현진호석철건원범웅란숙희영수연아린봄샘슬강걸곤욱령선성식용우환헌후휘")
"""Syllables that are a whole given name often enough."""

NOT_NAMES = _words("not_names.txt")
"""Words that have the shape of a name, of two and of three syllables, as they stand in official texts."""
COMMON_GIVEN = _words("common_given.txt")
"""Given names in wide use, of several generations."""

_FIRSTS = Counter(given[0] for given in COMMON_GIVEN)
_SECONDS = Counter(given[1] for given in COMMON_GIVEN)
_OFTEN_FIRST, _OFTEN_SECOND = 8, 10


def usual(given: str) -> bool:
    """Return whether a given name is in wide use, or made of syllables that often are at their place."""
    if given in COMMON_GIVEN:
        return True
    return len(given) == 2 and _FIRSTS[given[0]] >= _OFTEN_FIRST and _SECONDS[given[1]] >= _OFTEN_SECOND


NAME_LABELS = _words("name_labels.txt") | {
    *("성 명", "이 름", "성 함", "받는 사람", "받는 분", "보내는 사람", "보내는 분"),
}
"""What stands before a name and before little else; a name of two syllables may follow."""
OTHER_LABELS = _words("other_labels.txt")
"""What often stands before a name and before other words too."""
ENGLISH_LABELS = frozenset(
    ("name", "patient", "customer", "contact", "from", "to", "author", "dr", "doctor", "mr", "ms")
)
COMPOUND_LABEL = 3
"""A label of this length or more may be the end of a longer word, as 책임간호사."""

TITLES = (
    "씨|님|군|양|선생님|선생|교수님|교수|박사님|박사|원장님|원장|의사|간호사|과장님|과장|부장님|부장"
    "|차장님|차장|대리님|대리|사원|주임님|주임|팀장님|팀장|실장님|실장|국장님|국장|계장님|계장|주무관님|주무관"
    "|사무관|서기관|서기|대표님|대표이사|대표|사장님|사장|이사님|이사|상무|전무|회장님|회장|위원장님|위원장|위원님"
    "|위원|의원님|의원|의장님|의장|변호사님|변호사|검사|판사|기자|작가|감독|환자분|환자님|환자|학생|고객님|고객"
    "|어르신|할머니|할아버지|어머니|어머님|아버지|아버님|여사님|여사|경위|경감|경정|경사|경장|순경|형사"
    "|소방관|소방사|소방교|대위|중위|소위|대령|중령|소령|병장|상병|일병|이병|하사|중사|상사|목사님|목사"
    "|신부님|스님|조교|연구원님|연구원|연구사|약사님|약사|강사님|강사|코치|선수|배우|가수|매니저님|매니저"
    "|프로|책임|선임|수석|주치의|전문의|전공의|사회복지사|요양보호사|상담사|상담원|설계사|기사님|기사"
    "|손해사정사|세무사|회계사|법무사|노무사|변리사|감정평가사|공인중개사|중개사|교사|교감|교장|담임"
    "|반장|이장|통장|동장|조합원|회원님|회원|본인|명의|앞|소장님|소장|센터장|본부장|지점장|점장|총무|간사|주사보|주사"
)
PARTICLES = _words("particles.txt")
"""What may be stuck to a name; the name ends before it."""
PERSONAL = frozenset(["에게서", "에게", "에게는", "께서는", "께서", "께", "한테", "한테는", "이랑", "에게도"])
"""What is stuck to people only."""
INTRODUCES = frozenset(
    [
        "입니다",
        "이에요",
        "예요",
        "이라고",
        "라고",
        "인데요",
        "이고요",
        "고요",
        "이며",
        "이고",
        "이요",
        "요",
        "이라는",
        "라는",
        "임",
    ]
)
