"""E-mail addresses that are written to be read by people and not by programs: with words for their marks.

hana(at)example[dot]com, hana 골뱅이 네이버 닷컴, hana @ example.com. Each rule has its sign for the `@`, and what
a text must hold for it; the dots may be words in all of them, where a known ending follows.
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


_SIGNS = r"[골앳aAdD@](?:뱅이|(?<=앳) ?[)\]}>]|(?<=[aA])[tT] ?[)\]}>]|(?<=@) ?[)\]}>]|(?<=[dD])[oO][tT] )"
"""What one of the words for a mark begins with; one search for the three rules that need them."""

SPELT_EMAILS: tuple[Recogniser, ...] = (
    _rule(
        "at-brackets",
        rf" ?{_OPEN} ?(?:[aA][tT]|@|골뱅이|앳) ?{_SHUT} ?",
        f"{_PLAIN}|{_READ}",
        local=_LOCAL_READ,
        gate=_SIGNS,
    ),
    _rule("at-korean", " ?골뱅이 ?", f"{_PLAIN}|{_LOOSE}|(?:{_NAMED})", local=_LOCAL_READ, gate=_SIGNS),
    _rule("at-word", " (?:at|AT) ", _READ.replace(r"(?:\.|", "(?:", 1), score=0.6, gate=_SIGNS),
    _rule("at-apart", "(?: @ ?|(?<! )@ )", f"{_PLAIN}|{_READ}", score=0.6, gate="@(?:(?<= .)| )"),
    _rule(
        "dots",
        "@",
        f"{_LOOSE}|(?:{_NAMED}){_END}",
        gate=rf"@(?:{_NAMED}|{_ATOM}(?:\.{_ATOM}){{0,3}}(?:,|{_WORDED}| [.,]|\. ))",
        local=rf"{_LOCAL}(?:(?: \. |,)[A-Za-z0-9_%+'-]{{1,40}}){{0,2}}",
    ),
)
"""In groups by what a text must hold for them."""
