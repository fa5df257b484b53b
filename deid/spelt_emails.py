"""E-mail addresses that are written to be read by people and not by programs: with words for their marks.

hana(at)example[dot]com, hana 골뱅이 네이버 닷컴, h a n a @ e x a m p l e . c o m.

Each rule has its sign for the `@`, and what a text must hold for it; the dots may be words in all of them, where a
known ending follows.
"""

from __future__ import annotations

import re

from deid.recogniser import Recogniser, fixed

_OPEN, _SHUT = r"[(\[{<]", r"[)\]}>]"
_DOT_WORDS = "dot|DOT|Dot|점|쩜|닷|도트"
_WORDED = rf"(?: ?{_OPEN} ?(?:{_DOT_WORDS}|\.) ?{_SHUT} ?| ?(?:점|쩜|닷|도트) ?| (?:dot|DOT) )"
_APART = r"(?: ?[.,] ?)"
_ENDING = r"(?:com|net|org|kr|edu|io|me|info|biz|jp|cn|us|uk|COM|NET|ORG|KR|컴|넷|케이알|한국)"
_NAMED = "네이버|다음|한메일|지메일|구글|네이트|핫메일|카카오|아웃룩|야후|한국"
_ATOM = rf"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{{0,61}}[A-Za-z0-9])?|{_NAMED})"
_LOCAL = (
    r"[A-Za-z0-9](?<![A-Za-z0-9._%+-].)(?:[A-Za-z0-9._%+'-]{0,62}[A-Za-z0-9_+-])?"
    rf"(?:{_WORDED}[A-Za-z0-9_%+'-]{{1,40}}){{0,3}}"
)
_LOCAL_READ = rf"(?:{_LOCAL}|[가-힣](?<![가-힣].)[가-힣]{{0,11}}[0-9]{{0,6}})"
_END = r"(?![A-Za-z0-9])"
_PLAIN = rf"(?:{_ATOM}\.){{1,4}}[A-Za-z]{{2,24}}{_END}"
_READ = rf"{_ATOM}(?:(?:\.|{_WORDED}){_ATOM}){{0,3}}(?:\.|{_WORDED}){_ENDING}{_END}"
_SPACED = rf"{_ATOM}(?:(?: \. ?| ?\. ){_ATOM}){{0,3}}(?: \. ?| ?\. )(?:com|net|org|kr|edu|io|COM|NET|ORG|KR){_END}"
"""Where both the sign and the dots stand apart, only endings that are no English words count."""
_AT_APART = "@(?:(?<= .)| )"
_LOOSE = rf"{_ATOM}(?:(?:{_WORDED}|{_APART}){_ATOM}){{0,3}}(?:{_WORDED}|{_APART}){_ENDING}{_END}"


def _rule(
    name: str, sign: str, hosts: str, *, score: float = 0.9, local: str = _LOCAL, hint: str = "", gate: str = ""
) -> Recogniser:
    return Recogniser(
        f"email-{name}",
        "EMAIL",
        re.compile(f"{local}{sign}(?:{hosts})"),
        fixed(score),
        hint=hint,
        gate=re.compile(gate) if gate else None,
    )


_SIGNS = (
    r"[골앳aAdD@](?:뱅이|(?<=앳) ?[)\]}>*_~|\"']|(?<=[aA])[tT] ?[)\]}>*_~|\"']|(?<=@) ?[)\]}>*]|(?<=[dD])[oO][tT] )"
)
"""What one of the words for a mark begins with; one search for the three rules that need them."""

SPELT_EMAILS: tuple[Recogniser, ...] = (
    _rule(
        "at-brackets",
        rf" ?(?:{_OPEN}|[*_~|\"']{{1,2}}) ?(?:[aA][tT]|@|골뱅이|앳) ?(?:{_SHUT}|[*_~|\"']{{1,2}}) ?",
        f"{_PLAIN}|{_READ}",
        local=_LOCAL_READ,
        gate=_SIGNS,
    ),
    _rule("at-korean", " ?골뱅이 ?", f"{_PLAIN}|{_LOOSE}|(?:{_NAMED})", local=_LOCAL_READ, gate=_SIGNS),
    _rule("at-word", " (?:at|AT) ", _READ.replace(r"(?:\.|", "(?:", 1), score=0.6, gate=_SIGNS),
    _rule(
        "at-apart",
        "(?: @ ?|(?<! )@ )",
        f"{_PLAIN}|{_READ}|{_SPACED}",
        score=0.6,
        hint="@",
        gate=_AT_APART,
        local=rf"{_LOCAL}(?: \. [A-Za-z0-9_%+'-]{{1,40}}){{0,2}}",
    ),
    *(
        Recogniser(
            "email-letters-apart",
            "EMAIL",
            re.compile(
                rf"[A-Za-z0-9](?<![A-Za-z0-9._%+-].)(?: {{1,2}}[A-Za-z0-9._%+-]){{1,40}} {{0,2}}{sign} {{0,2}}"
                rf"[A-Za-z0-9](?: {{1,2}}(?:[A-Za-z0-9.-]|점|쩜|닷)){{3,60}}(?<=[A-Za-z]){_END}"
            ),
            fixed(0.85),
            hint=hint,
            gate=gate,
        )
        for sign, hint, gate in (("@", "@", re.compile(_AT_APART)), ("골뱅이", "골뱅이", None))
    ),
    _rule(
        "dots",
        "@",
        f"{_LOOSE}|(?:{_NAMED}){_END}",
        hint="@",
        gate=rf"@(?:{_NAMED}|{_ATOM}(?:\.{_ATOM}){{0,3}}(?:,|{_WORDED}| [.,]|\. ))",
        local=rf"{_LOCAL}(?:(?: \. |,)[A-Za-z0-9_%+'-]{{1,40}}){{0,2}}",
    ),
)
"""In groups by what a text must hold for them."""

_NAMED_HOSTS = {
    "네이버": "naver.com",
    "다음": "daum.net",
    "한메일": "hanmail.net",
    "지메일": "gmail.com",
    "구글": "gmail.com",
    "네이트": "nate.com",
    "핫메일": "hotmail.com",
    "카카오": "kakao.com",
    "아웃룩": "outlook.com",
    "야후": "yahoo.com",
}
_ENDINGS = {"컴": "com", "넷": "net", "케이알": "kr"}
_SIGN = re.compile(
    rf" ?(?:{_OPEN}|[*_~|\"']{{1,2}}) ?(?:at|골뱅이|앳|@) ?(?:{_SHUT}|[*_~|\"']{{1,2}}) ?| ?골뱅이 ?| at | ?@ ?"
)
_DOTS = re.compile(rf"{_WORDED}|{_APART}", re.IGNORECASE)


def plain_email(written: str) -> str:
    """Return an address as programs write it, in lower case: the words for its marks as marks, named hosts by name."""
    lowered = written.lower()
    if (
        lowered.isascii()
        and " " not in lowered
        and "@" in lowered
        and lowered.replace("@", "").replace(".", "").isalnum()
    ):
        return lowered
    if " @ " in f" {lowered}" and re.search(r"(?:^|\s)[a-z0-9] ", lowered) and _one_by_one(lowered):
        lowered = lowered.replace(" ", "")
    local, sign, host = _SIGN.sub("@", lowered, count=1).partition("@")
    local, host = (_DOTS.sub(".", part) for part in (local, host))
    *front, last = host.replace(" ", "").split(".")
    last = _ENDINGS.get(last, last)
    if not front:
        return f"{local}{sign}{_NAMED_HOSTS.get(last, last)}"
    return f"{local}{sign}{'.'.join([*(_bare_host(part) for part in front), last])}"


def _bare_host(part: str) -> str:
    return _NAMED_HOSTS.get(part, part).partition(".")[0]


def _one_by_one(written: str) -> bool:
    """Return whether every letter stands alone, as in h a n a @ n a v e r . c o m."""
    return all(len(word) == 1 for word in written.split() if word not in ("골뱅이", "(at)", "[at]"))
