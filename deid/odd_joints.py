"""Numbers whose parts are held apart by a mark that nobody expects there, and whose hidden digits are drawn as one.

010→3345→9087, 010#3345#9087, 「010」「3345」「9087」, 850101-1……, 850101-1♥♥♥♥♥♥. Which mark does not matter, only
that it is the same each time: so no list of marks is kept. A joint becomes a semicolon, which the recognisers
of `loose_numbers` judge by the words and the arithmetic around it; what hides digits becomes asterisks.
"""

from __future__ import annotations

import re

from deid.spelt_numbers import Edit

_PLATE = "가나다라마거너더러머버서어저고노도로모보소오조구누두루무부수우주바사아자배하허호"
# Marks as ranges, without those that the recognisers know already: a search for a class of ranges is the fast one.
_ODD = (
    "[!#$%&?@`\u00a1-\u00a9\u00ab-\u00b6\u00b8-\u00bf×÷\u02c2-\u02df\u2010-\u2e7f\u3001-\u303f\u30fb\u3141"
    "\ufe10-\uff65\U0001f000-\U0001faff]"
)
_BEHIND = rf"[ \n]?(?:[0-9]|[A-Z{_PLATE}] ?[^\w\s])"
_FOLLOWED = rf"(?:(?=[^\w\s]{{0,4}}{_BEHIND})|(?=[^\w\s]{{2}}|ㅁㅁ)|(?<=[…⋯‥]))"
_ODD_AT = re.compile(rf"{_ODD}(?:(?<=[0-9{_PLATE}].)|(?<=[0-9A-Z{_PLATE}] .)|(?<=[-A-Z].)){_FOLLOWED}")
# Told by what is known in the lowest plane of Unicode: such a class is looked up, a class of other planes gone through.
_NOT_KNOWN = "[^\t\n\r \"'()*+,./0-9:;<=>A-Z\\[\\\\\\]^_a-z{|}~·가-힣-]"
HINT = rf" ?-?{_NOT_KNOWN}{_FOLLOWED}"
"""What follows a digit in every text that holds an odd joint, as a pattern."""
_JOINT = rf" ?(?=[^\w\s]{{0,4}}{_ODD})[^\w\s]{{1,5}}[ \n]?"
_FIRST = (
    rf"[0-9]{{2,3}}[{_PLATE}]|[A-Z]?[0-9]{{3}}[A-Z](?![0-9A-Z])"
    r"|[0-9]{1,14}(?:[-. ][0-9]{1,8}){0,2}|[A-Z][0-9]{0,9}"
)
_CHAIN = re.compile(
    rf"(?<![0-9A-Za-z])(?:{_FIRST})(?P<joint>{_JOINT})(?:{_FIRST}|[{_PLATE}])"
    rf"(?:(?P=joint)(?:{_FIRST}|[{_PLATE}])){{0,20}}(?![0-9A-Za-z])"
)
_LETTERED = re.compile(rf"[0-9]{{2,3}}[{_PLATE}][0-9]{{4}}|[MSRODG][0-9]{{3}}[A-Z][0-9]{{4}}")
_HALVES = re.compile(
    "[0-9]{6}-[0-9]{7}|[MSRODG][0-9]{3}-[0-9A-Z][0-9]{4}|[1-9][0-9]?-[0-9]{9,10}|01[016789]-[0-9]{3,4}-?[0-9]{4}"
)
_HALF_BEFORE = re.compile("[0-9]{6}(?:[-~. ]{0,3}[1-8]|-)[0-9]{0,2}$")
_HIDDEN = re.compile(r"(?P<one>[^\w\s]|ㅁ)(?P=one){0,6}(?![0-9A-Za-z])")
_SHORT = "…⋯‥"
"""Marks of which one stands for several characters."""
FEWEST = 9
"""Digits of the shortest number, but for the plate of a vehicle."""
_FEWEST_HIDDEN = 3
_BACK, _AHEAD = 48, 96


def odd_joints(text: str) -> list[Edit]:
    """Return the edits, in order and apart, for every odd joint and every odd mark over digits; mostly none."""
    edits: list[Edit] = []
    done = 0
    for hit in _ODD_AT.finditer(text):
        place = hit.start()
        if place < done:
            continue
        found = _hidden(text, place) or _joints(text, place, done)
        if found:
            edits += found
            done = found[-1][1]
    return edits


def _hidden(text: str, place: int) -> list[Edit]:
    """Return the marks over the second half of a resident number as asterisks."""
    if _HALF_BEFORE.search(text, max(0, place - 12), place) is None:
        return []
    run = _HIDDEN.match(text, place)
    if run is None or (len(run[0]) < _FEWEST_HIDDEN and run["one"] not in _SHORT):
        return []
    return [(*run.span(), "*" * max(len(run[0]), 6))]


def _joints(text: str, place: int, done: int) -> list[Edit]:
    """Return the joints of the chain in which a mark stands."""
    for chain in _CHAIN.finditer(text, max(done, place - _BACK), place + _AHEAD):
        if chain.end() > place:
            return _edits(chain) if chain.start() < place and _is_number(chain) else []
    return []


def _is_number(chain: re.Match[str]) -> bool:
    joint, text = chain["joint"], chain.string
    marks = joint.strip()
    behind = text[chain.end() : chain.end() + 1]
    if behind and behind == marks[0] and text[chain.start() - 1 : chain.start()] != marks[-1]:
        return False  # 12% → 34%: a unit
    parts = chain[0].split(joint)
    bare = "".join(parts)
    digits = sum(map(str.isdigit, bare))
    if _LETTERED.fullmatch(bare) is not None:
        return True
    return digits >= FEWEST - 1 and (len(parts) > 2 or _HALVES.fullmatch("-".join(parts)) is not None)


def _edits(chain: re.Match[str]) -> list[Edit]:
    joint, text = chain["joint"], chain.string
    edits: list[Edit] = []
    place = text.find(joint, chain.start())
    while 0 <= place < chain.end():
        edits.append((place, place + len(joint), ";"))
        place = text.find(joint, place + len(joint))
    return edits
