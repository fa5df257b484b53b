"""Shares under one key, and what they are of under another, in settings and JSON: `firms: 240`, `filed_pct: 97.9`.

A share is taken for one of the only number of people in the nearest object about it that holds one; all shares of that
number must be whole numbers of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from egress_review.checks.amounts import number_in
from egress_review.checks.cells import mend
from egress_review.checks.columns import Kind, kind_of
from egress_review.checks.counts import whole
from egress_review.checks.listing import Listing
from egress_review.checks.subject import Subject
from egress_review.findings import Where
from registry.text import Text

MOST_KEYS, DEEPEST, LONGEST = 400, 12, 200
"""Keys with numbers, depth of objects, and characters of a line, up to which a file is read."""
MOST_CHANCE = 0.25
"""How likely it may be, by the widths that rounding leaves open, that shares are whole numbers of others."""
FEWEST_LINES, MOSTLY = 3, 0.6
"""Lines with a key from which, and the share of all lines at which, a text is read as settings."""

_LINE = re.compile(
    r"(?P<indent> {0,40})(?P<item>- )?(?P<key>[^\s:=#\"'\-{}\[\]|][^:=#|]{0,60}?)\s?[:=](?:\s(?P<value>.*))?"
)
_SHARE = re.compile(
    r"percent|pct|perc\b|share|proportion|prevalence|(?<![a-z])rates?(?![a-z])|퍼센트|백분율|비율|비중|구성비|%|"
    r"[가-힣][율률](?:$|[_\s(])",
    re.IGNORECASE,
)
_NO_SHARE = re.compile(
    r"change|growth|interest|inflation|tax|discount|learning|dropout_rate|drop_out|decay|sampl|split|train|test|valid|"
    r"threshold|alpha|confid|level|limit|error|accura|sensitiv|specific|precision|recall|missing_rate|cutoff|weight|"
    r"variance|explained|frame|refresh|bit_?rate|heart|pulse|exchange|scale|opacity|증감|증가|감소|성장|금리|이자|물가|세율|"
    r"할인|학습|기준|임계|오차|정확|민감|특이|유의|신뢰|표집|추출|가중|혈색소|포화|습도|농도|심박|환율|제외|단위",
    re.IGNORECASE,
)
_SIZE = re.compile(
    r"n|n_?(?:total|obs)|total|base|denominator|sample(?:[ _]?size)?|cohort(?:[ _]?size)?|응답자?|표본|대상자?|"
    r"전체|모수",
    re.IGNORECASE,
)

_IMPLIED = Text(
    ko="비율과 다른 항목에 적힌 기준 수 {base}를 곱하면 {value}명으로, 최소 셀 {least}보다 작습니다.",
    en="The share and the number under another key, {base}, imply a count of {value}; the smallest cell is {least}.",
)

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One number: the objects that it stands in, its key, how it is written and where."""

    within: Path
    key: str
    text: str
    where: Where


def check_keyed_shares(subject: Subject, listing: Listing) -> None:
    """Multiply the shares of settings and JSON with the number of people that stands beside or above them."""
    entries = list(_of_json(subject.json) if subject.type == "json" else _of_settings(subject.lines))
    if not 1 < len(entries) <= MOST_KEYS:
        return
    sizes = [(one, value) for one in entries if (value := _size(one)) is not None]
    shares: dict[int, list[tuple[Entry, float, float]]] = {}
    for one in entries if sizes else ():
        if (share := _share(one)) and (base := _base(one, sizes)):
            shares.setdefault(base, []).append((one, *share))
    for base, found in shares.items():
        _judge(base, found, subject, listing)


def _judge(base: int, found: Sequence[tuple[Entry, float, float]], subject: Subject, listing: Listing) -> None:
    least, chance = subject.policy.min_cell, 1.0
    for _, value, slack in found:
        if abs(value * base - round(value * base)) > slack * base + 1e-6:
            return
        chance *= min(1.0, 2 * slack * base) if 0 < value < 1 else 1.0
    for one, value, slack in found if chance <= MOST_CHANCE and base >= least else ():
        small = min(round(value * base), base - round(value * base))
        if 0 < small < least and small + slack * base < least:
            message = _IMPLIED.fill(base=base, value=small, least=least)
            listing.flag("cells.percent", message, mend(subject.policy), where=one.where, number=small)


def _size(entry: Entry) -> int | None:
    """The number of people that an entry gives; None for one that gives none."""
    value = whole(entry.text)
    named = kind_of(entry.key) is Kind.COUNT or _SIZE.fullmatch(entry.key.strip()) is not None
    return value if value is not None and value > 1 and named and not _SHARE.search(entry.key) else None


def _share(entry: Entry) -> tuple[float, float] | None:
    """A share of one and half of its last place; None for an entry that gives none."""
    percent = entry.text.strip().endswith("%")
    if not (percent or _SHARE.search(entry.key)) or _NO_SHARE.search(entry.key):
        return None
    found = number_in(entry.text.strip().removesuffix("%").strip())
    if found is None or "." not in entry.text or not 0 <= found[0] <= 100:
        return None
    hundred = percent or found[0] > 1 or re.search(r"percent|pct|퍼센트|%", entry.key, re.IGNORECASE)
    return (found[0] / 100, found[1] / 100) if hundred else found


def _base(entry: Entry, sizes: Sequence[tuple[Entry, int]]) -> int | None:
    """The one number of people in the nearest object that holds any; None where it holds several."""
    for depth in range(len(entry.within), -1, -1):
        near = {value for one, value in sizes if one.within[:depth] == entry.within[:depth]}
        if near:
            return near.pop() if len(near) == 1 else None
    return None


def _of_json(value: Any, within: Path = (), path: str = "$") -> Iterator[Entry]:
    inner: Iterator[tuple[str, Any, str]] = iter(())
    if isinstance(value, Mapping):
        inner = ((str(key), one, f"{path}.{str(key)[:60]}") for key, one in list(value.items())[:MOST_KEYS])
    elif isinstance(value, list) and len(value) <= MOST_KEYS:
        inner = ((str(at), one, f"{path}[{at}]") for at, one in enumerate(value, 1))
    for key, one, at in inner:
        if isinstance(one, dict | list):
            yield from _of_json(one, (*within, key), at) if len(within) < DEEPEST else ()
        elif isinstance(one, str | int | float) and not isinstance(one, bool) and len(str(one)) <= LONGEST:
            yield Entry(within, key, str(one), Where(path=at))


def _of_settings(lines: Sequence[str]) -> Iterator[Entry]:
    """The entries of a text whose lines are keys with values, in objects by how far they are indented."""
    numbered = enumerate(lines, 1)
    filled = [(n, line) for n, line in numbered if line.strip() and not line.lstrip().startswith(("#", "---"))]
    read = [(n, _LINE.fullmatch(line.rstrip())) for n, line in filled[: 4 * MOST_KEYS] if len(line) <= LONGEST]
    if sum(match is not None for _, match in read) < max(FEWEST_LINES, MOSTLY * len(filled)):
        return
    above: list[tuple[int, str]] = []
    for number, match in read:
        if match is None:
            continue
        deep = len(match["indent"]) + 2 * bool(match["item"])
        while above and above[-1][0] >= (deep - 1 if match["item"] else deep):
            above.pop()
        if match["item"]:
            above.append((deep - 1, f"item {number}"))
        value = (match["value"] or "").split(" #")[0].strip().strip("\"'")
        if value:
            yield Entry(tuple(key for _, key in above), match["key"].strip(), value, Where(row=number))
        else:
            above.append((deep, match["key"].strip()))
