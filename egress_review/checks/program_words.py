"""What comments of a program say: results that were pasted, counts that were noted, numbers of people."""

from __future__ import annotations

import re

from egress_review.checks.program_literals import names_things

_COMMENT = re.compile(
    r"\s*(?:#+['>|]?|--+|//+|%+|\*+|!+|/\*+|\"{3}|'{3}|REM\b|comment\b(?= [^=(])|notes?:(?= ))", re.IGNORECASE
)
_BEHIND = re.compile(r"(?<=[\w)\]};,'\"]) {1,8}(?:#+>?|//+|--|/\*)(?=\s)")
_OPENS = re.compile(r"/\*|\"\"\"|'''|#=(?=\s|$)")
_ENDS = {"/*": "*/", "#=": "=#"}
_CODE = re.compile(
    r"\s*(?:(?!n\b|N\b)[\w.$\[\]'\"]{1,60}\s{0,3}(?:<-|[-+*/|&]?=(?!=)|\|>|%>%)\s{0,3}\S"
    r"|(?:import|from|def|return|for|if|else|elif|while|library|require|use|gen|replace|keep|drop|proc|run|select|where|"
    r"set|by)\b.{0,200}[=<>()\[\];]"
    r"|.{0,80}[A-Za-z_.]\w{0,40}\((?!s\)|es\)).{0,200}\)\s*[;,:]?\s*$)",
    re.IGNORECASE,
)
LONGEST = 1_000
"""Characters of a line that is read."""


def words_of(text: str) -> str:
    """The comments of a program, each in its line and its place, so that columns stay columns; all else is empty."""
    said: list[str] = []
    closes = ""
    for line in text.splitlines():
        line, opened = line[:LONGEST], closes
        if closes:
            before, end, _ = line.partition(closes)
            closes = "" if end else closes
            said.append(before if not _CODE.match(before) else "")
            continue
        match = _COMMENT.match(line) or _BEHIND.search(line)
        words = line[match.end() :] if match else ""
        if (mark := _OPENS.search(line)) and not opened:
            end_of = _ENDS.get(mark[0], mark[0])
            closes = end_of if end_of not in line[mark.end() :] else ""
            words = words or (line[mark.end() :] if closes else "")
        words = words.partition("*/")[0].rstrip("-*#=;% ")
        said.append("" if _CODE.match(words) else words)
    return "\n".join(said)


_PERSON = re.compile(
    r"(?<![\w-])(?!(?:19|20)\d\d)[A-Z]{0,3}[-_]?\d{6,10}(?![\w.-]).{0,60}?(?:drop|exclu|remov|dead|died|outlier|duplicate|"
    r"withdr|consent|제외|삭제|사망|탈락|이상치|중복|철회)"
    r"|(?:drop|exclu|remov|outlier|duplicate|withdr|patient|subject|participant|환자|대상자|증례|제외|삭제)[^\n]{0,40}?"
    r"(?<![\w.-])(?!(?:19|20)\d\d(?:0[1-9]|1[0-2]))[A-Z]{0,3}[-_]?\d{6,10}(?![\w.-])",
    re.IGNORECASE,
)
_COMPARED = re.compile(
    r"(?<![A-Za-z?&/])(?<!concept_)(?<!site_)(?<!type_)(?:(?:pt|pat|patient|person|subj|subject|member|study|hosp|chart|mrn|hn|case|환자|등록|차트|회원|대상자)[_.]?"
    r"(?:id|no|num|key|번호)?|id)['\"\])]{0,4}\s{0,3}"
    r"(?:==|!=|~=|<>|=|\bn?eq?\b|\bnot in\b|\bin\b|%in%|\.isin|\.eq|,)\s{0,3}(?:c|list|set)?\s{0,2}[\[({]{0,2}\s{0,3}"
    r"(?:['\"][A-Za-z]{0,4}[-_]?\d{5,12}['\"]|[A-Za-z]{0,3}\d{5,12}(?![\w.]))",
    re.IGNORECASE,
)
_PANEL = re.compile(
    r"(?<![A-Za-z_?&/])(?:pid|hhid(?:pn)?|persnr|indid|idno|rinpersoon|개인번호|개인식별번호|가구번호|응답자번호)['\"\])]{0,4}\s{0,3}"
    r"(?:==|!=|~=|<>|=|\bn?eq?\b|\bnot in\b|\bin\b|%in%|\.isin|\.eq|,)\s{0,3}(?:c|list|set)?\s{0,2}[\[({]{0,2}\s{0,3}"
    r"['\"]?[A-Za-z]{0,4}[-_]?\d{5,12}(?![\w.])",
    re.IGNORECASE,
)
"""A person of a panel, by the words in which panels number people and households."""
_OF_ONE = re.compile(
    r"(?<![A-Za-z_])(?:(?:(?:p|hh|pat|patient|pt|person|subj|subject|case|resp|respondent|member|worker|emp|employee|"
    r"student|indiv|firm|corp|company|plant|환자|개인|가구|응답자|직원|학생|사업체|업체)[_.]?"
    r"(?:id|no|num|nr|key|번호)|persnr)['\"\])]{0,4}\s{0,3}(?:==?|\beq\b)\s{0,3}['\"]?[A-Za-z]{0,4}[-_]?\d{3,12}"
    r"|id['\"\])]{0,4}\s{0,3}(?:==?|\beq\b)\s{0,3}['\"]?[A-Za-z]{0,4}[-_]?\d{4,12})(?![\w.])['\"]?",
    re.IGNORECASE,
)
_AMOUNT = r"(?:-?\d{2,13}(?:\.\d{1,6})?L?|-?\d\.\d{1,6}|['\"](?:19|20)\d\d-\d\d-\d\d['\"])"
_PUT_RIGHT = re.compile(
    rf"^\s*(?:qui(?:etly)?:? )?replace\s{{1,5}}\w{{1,40}}\s{{0,5}}=\s{{0,5}}{_AMOUNT}\s{{1,5}}if\b.{{0,100}}\0"
    rf"|\[[^\[\]\0]{{0,80}}\0[^\[\]]{{0,80}}\]\s{{0,3}}(?:<-|:?=)\s{{0,3}}{_AMOUNT}\s*;?$"
    rf"|\b(?:if_?else|where|mask|case_when)\s?\([^()\0]{{0,80}}\0[^()]{{0,40}}[,~]\s{{0,3}}{_AMOUNT}\s*[,)]"
    rf"|^\s*\0[^~]{{0,40}}~\s{{0,3}}{_AMOUNT}\s*,?$"
    rf"|\0.{{0,60}}\bthen\s{{1,5}}(?:do;?\s{{0,5}})?(?:\w{{1,40}}\s{{0,3}}=\s{{0,3}})?{_AMOUNT}"
    rf"|^\s*(?:do )?if\s{{0,3}}\(\s{{0,3}}\0[^()]{{0,60}}\)\s{{0,3}}\w{{1,40}}\s{{0,3}}=\s{{0,3}}{_AMOUNT}\s*\.\s*$"
    rf"|\bset\s{{1,5}}\w{{1,40}}\s{{0,3}}=\s{{0,3}}{_AMOUNT}.{{0,80}}\bwhere\b.{{0,60}}\0",
    re.IGNORECASE,
)
"""A value that is written over that of one person or firm; where their number was compared, a zero byte stands."""
_IN_ROW = re.compile(
    rf"\s*(?:qui(?:etly)?:? )?replace\s{{1,5}}\w{{1,40}}\s{{0,5}}=\s{{0,5}}{_AMOUNT}\s{{1,5}}in\s{{1,5}}\d{{1,9}}\s*",
    re.IGNORECASE,
)
"""The same of one row, as Stata writes it."""
_REMARK = re.compile(r"\s(?:#|//|/\*|--)")
LONGEST_CORRECTION = 300


def _corrects(line: str) -> bool:
    """Whether a line of a program writes a value over that of one person, named by a number or by the row."""
    if "=" not in line and "<-" not in line and "~" not in line:
        return False
    if len(line) > LONGEST_CORRECTION:
        return False
    said = _REMARK.split(line, maxsplit=1)[0]
    bare, persons = _OF_ONE.subn("\0", said)
    return (persons > 0 and _PUT_RIGHT.search(bare) is not None) or _IN_ROW.fullmatch(said) is not None


_QUOTED = re.compile(
    r"(?:==|!=|<>|(?<![<>=!])=|\bin\b|%in%|\.isin|\.eq|\.loc|\.drop|inlist)"
    r"\s{0,3}(?:c|list|set)?\s{0,2}[\[({]{0,2}\s{0,3}['\"]"
    r"(?:(?:PT|PAT|PID|ID|SUB|SUBJ|MRN|HN|EMR|CASE)[-_]?\d{4,10}|[A-Z][-_]?(?!(?:19|20)\d\d(?:0[1-9]|1[0-2]))\d{6,10})['\"]",
    re.IGNORECASE,
)


_PAIR = re.compile(
    r"['\"]([A-Za-z]{1,4}[-_]?\d{4,12})['\"]\s{0,3}(?::|=|=>)\s{0,3}"
    r"(?:-?\d{1,9}(?:\.\d{1,6})?|['\"](?:19|20)\d\d-\d\d-\d\d['\"]|['\"][MFmf남여]['\"])\s{0,3}[,}\n)]"
)
FEWEST_PAIRS = 4
"""Values that are each given to a code of its own, from which the codes are of people."""


def _before(text: str, at: int) -> str:
    """What stands before a place in its line."""
    return text[max(text.rfind("\n", 0, at) + 1, at - 60) : at]


def numbers_of_people(text: str) -> list[int]:
    """Where in a program the number of a person is compared with, or stands in a comment on what befell them."""
    found = [match.start() for match in _COMPARED.finditer(text)]
    found += [match.start() for match in _PANEL.finditer(text)]
    found += [at for at, line in _with_places(text) if _corrects(line)]
    found += [match.start() for match in _QUOTED.finditer(text) if not names_things(_before(text, match.start()))]
    pairs = list(_PAIR.finditer(text))
    given = {int(re.sub(r"\D", "", match[1])) for match in pairs}
    # Codes that follow each other are of wards and items.
    if len(given) >= FEWEST_PAIRS and max(given) - min(given) > 10 * len(given):
        found.append(pairs[0].start())
    lines = [at for at, line in enumerate(words_of(text).split("\n")) if _PERSON.search(line)]
    if lines:
        starts = [at for at, _ in _with_places(text)]
        found += [starts[at] for at in lines if at < len(starts)]
    return sorted(set(found))


_END = re.compile(r"\r\n|[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")


def _with_places(text: str) -> list[tuple[int, str]]:
    """The lines of a text, each with the place at which it begins."""
    starts = [0, *(match.end() for match in _END.finditer(text))]
    return list(zip(starts, [*text.splitlines(), ""], strict=False))
