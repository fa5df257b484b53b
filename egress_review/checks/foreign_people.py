"""Names of people in Latin letters without a word that calls them so: a known given name before a surname.

Capitals alone may be anything. A given name that is hardly a word, before another capitalised word, is a person, unless
the line is of the authors of the work, of a bibliography, or the whole is the name of an institution or a place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from egress_review.checks.given_names import GIVEN

LONGEST_LINE = 4_000
TITLE_LINES = 15
"""Lines at the beginning of a text in which those that hold nothing but names are of its authors."""

_SURNAME = r"(?:(?:O['’]|Mc|Mac|De|Di|La|Le|Von|Van)[A-Z][a-z]{2,20}|[A-Z][a-zà-ÿ]{2,20})(?:-[A-Z][a-zà-ÿ]{2,20})?"
_PARTICLE = r"(?:(?:van|von|de|der|den|del|della|da|dos|la|bin|al|el)\s){0,2}"
_PAIR = re.compile(
    rf"(?<![\w@./\\'’-])(?P<given>[A-Z][a-zà-ÿ]{{2,14}})(?:-[A-Z][a-z]{{2,14}})? (?:[A-Z]\.? ){{0,2}}{_PARTICLE}"
    rf"(?P<family>{_SURNAME})(?![\w@])(?P<rest>(?: (?:of|for|and) [A-Z][a-z]{{2,20}}| [A-Z][a-z]{{2,20}}){{0,3}})"
)
_SHOUTED = re.compile(r"(?<![\w@./-])(?P<given>[A-Z]{3,14}) (?P<family>[A-Z]{3,20})(?![\w@])")
_TURNED = re.compile(
    rf"(?P<family>{_SURNAME}|[A-Z]{{3,20}}), ?(?P<given>[A-Z][a-z]{{2,14}}|[A-Z]{{3,14}})(?: [A-Z]\.?)?"
)
_POLITE = re.compile(rf"(?<![\w-])(?:M(?:rs|r|s)\.?|Miss) (?:[A-Z]\.? ?){{0,3}}{_PARTICLE}{_SURNAME}(?![\w-])")
_KOREAN_FAMILY = (
    r"(?:Kim|Lee|Park|Pak|Choi|Choe|Jung|Jeong|Chung|Kang|Cho|Yoon|Yun|Jang|Lim|Han|Seo|Shin|Kwon|Hwang|Ahn|Song|Ryu|Yoo|"
    r"Jeon|Hong|Moon|Yang|Bae|Baek|Heo|Nam|Noh|Kwak|Oh|Ko|Son|Min)"
)
_SYLLABLE = (
    r"(?:min|soo|su|ji|young|yeong|hye|jin|hyeon|hyun|joon|jun|seong|sung|seok|suk|seo|yeon|kyung|gyeong|jae|woo|dong|eun|hee|"
    r"sang|tae|chul|won|hwan|bin|chan|yoon|yun|jeong|jung|kwang|myung|sun|soon|geun|keun|hoon|hun|wook|beom|gyu|kyu|"
    r"ho|mi|na|ra|in|ki|gi|ha|da|so|yu|do|ah|ja|ok)"
)
_KOREAN_GIVEN = rf"(?i:{_SYLLABLE}-{_SYLLABLE}|{_SYLLABLE}{{2}})"
_KOREAN = re.compile(
    rf"(?<![\w.@/-])(?:(?=[A-Z]){_KOREAN_GIVEN} {_KOREAN_FAMILY}|{_KOREAN_FAMILY},? (?=[A-Z]){_KOREAN_GIVEN})(?![\w-])"
)
_THINGS = (
    "hospital hospitals university institute institution foundation centre center school college trust clinic award "
    "prize park library test tests scale inventory index criteria criterion press fund grant fellowship scholarship "
    "laboratory lab laboratories street road lane avenue drive square court house hall tower bridge county city town "
    "village island islands bay beach springs river lake mount mountain north south east west northern southern state "
    "province region district airport station score scores classification method methods model algorithm distribution "
    "inference theorem syndrome disease procedure project study cohort trial register registry database committee "
    "council company corporation inc ltd llc group sans serif font gothic roman light bold italic hand table figure "
    "january february march april may june july august september october november december monday tuesday wednesday "
    "thursday friday saturday sunday and or the was were had has not total mean curve plot memorial medical health "
    "cross cathedral church parish borough ward sound formation theory rule law effect paradox transform"
)
_THING = frozenset(_THINGS.split())
_PLACED = re.compile(
    r"(?:\b(?:San|Santa|Santo|Saint|St\.?|Port|Fort|Mount|Lake|Prince|King|Queen|Cape|Los|Las|the)|[&/]) ?$"
)
_OF_WORK = re.compile(
    r"author|written by|(?:prepared|reviewed|checked|approved|compiled|created|maintained|drawn|made|"
    r"programmed|analy[sz]ed|"
    r"presented|edited|supervised) by|(?:analysis|code|script|report|tables?|figures?|program(?:ming)?) by|"
    r"\bby:|analyst|statistician|programmer|maintainer|copyright|©|licen[sc]e|correspond|contact|investigator|\bPIs?\b|"
    r"supervisor|contributor|affiliat|department of|faculty of|\bet al\b|\bdoi\b|https?://|packages?\b|citation|orcid|"
    r"ph\.?d|\bm\.?d\.?(?![\w-])|\bmph\b|\bmsc\b|prof(?:essor)?\b|\bdr\.?(?= )|editor|journal|attende|chair|minutes|"
    r"(?:19|20)\d\d[a-z]?[;,.)].{0,120}\d{1,4}\s?\(\d{1,3}\)\s?:|\(\s?(?:19|20)\d\d[a-z]?\s?\)|\bpp?\. ?\d|@|"
    r"in memory of|named (?:after|for)|저자|작성자|분석자|연구책임|교신",
    re.IGNORECASE,
)
_THANKS = re.compile(r"thank|acknowledg|grateful|감사", re.IGNORECASE)
_OF_DATA = re.compile(
    r"patient|participant|respondent|interview|subject|child|family|case\b|died|death|withdr|diagnos|"
    r"admitted|lost to|oldest|"
    r"youngest|outlier|record|treated|resident|complain|환자|대상자|참여자|응답자|사망|탈락",
    re.IGNORECASE,
)
_OF_NAME = re.compile(r"[A-Z][\w'’-]{0,30}\.?[*†‡§¹²³⁴⁵⁶⁷⁸⁹]{0,4}|[*†‡§¹²³⁴⁵⁶⁷⁸⁹]{1,4}|\d{1,2}|and|van|von|de|der")
_BETWEEN = re.compile(r"[\s,;&·]+")
_NOT_OF_DATA = re.compile(
    r"author|investigator|analyst|reviewer|reference|citation|source|stud(?:y|ies)|statistician|editor|speaker|title|universit|"
    r"hospital|school|facilit|drug|trial|journal|저자|출처|문헌",
    re.IGNORECASE,
)


def people_in_lines(lines: Sequence[str]) -> Iterator[int]:
    """Lines (from 1) of a text that name somebody who is none of its authors."""
    of_data = False
    for number, line in enumerate(lines, 1):
        said = line[:LONGEST_LINE]
        of_data = of_data or _OF_DATA.search(said) is not None
        if not _may_name(said) or not _names_somebody(said) or _is_of_work(said):
            continue
        alone = number <= TITLE_LINES and not of_data and _holds_only_names(said)
        if not alone:
            yield number


def _holds_only_names(said: str) -> bool:
    words = [word for word in _BETWEEN.split(said.strip("#* \t")) if word]
    return all(map(_OF_NAME.fullmatch, words))


def is_person(cell: str, heading: str = "") -> bool:
    """Whether a cell of a table, or a string by itself, names somebody."""
    said = cell.strip()[:LONGEST_LINE]
    if not _may_name(said) or _NOT_OF_DATA.search(heading) or _is_of_work(f"{heading} {said}"):
        return False
    turned = _TURNED.fullmatch(said)
    if turned and turned["given"].lower() in GIVEN and turned["family"].lower() not in _THING:
        return True
    return _names_somebody(said)


def _may_name(said: str) -> bool:
    return _CAPITALS.search(said) is not None


_CAPITALS = re.compile(r"[A-Z][A-Za-zà-ÿ.'’-]{1,20},? (?:[a-z]{2,5} ){0,2}[A-Z]")


def _is_of_work(said: str) -> bool:
    if _THANKS.search(said):
        return _OF_DATA.search(said) is None
    return _OF_WORK.search(said) is not None


def _names_somebody(said: str) -> bool:
    if _POLITE.search(said) or _KOREAN.search(said):
        return True
    return any(_is_pair(said, match) for pattern in (_PAIR, _SHOUTED) for match in pattern.finditer(said))


def _is_pair(said: str, match: re.Match[str]) -> bool:
    given, family = match["given"].lower(), match["family"].lower()
    if given not in GIVEN or family in _THING or _PLACED.search(said[: match.start()]):
        return False
    rest = match.groupdict().get("rest") or ""
    return not any(word.lower() in _THING for word in rest.split() if word[0].isupper())
