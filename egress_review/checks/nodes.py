"""Trees of decisions: the people in each of their nodes, as R and scikit-learn print and draw them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from egress_review.checks.listing import Listing
from egress_review.checks.subject import Subject
from egress_review.findings import Where
from registry.text import Text

RULES = ("model.classes",)

_RPART = re.compile(r"\s*\d+\)\s+(?:root|\S.{0,80}?(?:[<>]=?|=)\s?\S+)\s+(\d{1,12})\s+\S+")
_PARTY = re.compile(r"\(n = (\d{1,12})(?:,|\))")
_SAMPLES = re.compile(r"samples?\s*[=:]\s*(\d{1,12})(?![\d.%]|,\d{3})")
_WEIGHTS = re.compile(r"weights:\s*\[([\d., ]{1,200})\]")
_TEXT_OF_R = "node), split, n"

_ROOT = re.compile(r"^\s*1\)\s+root\s+\d", re.MULTILINE)

_SMALL = Text(
    ko="의사결정나무의 마디에 {value}명만 있어 최소 셀 {least}보다 적습니다.",
    en="A node of the tree holds {value} people; the smallest cell is {least}.",
)
_MEND = Text(
    ko="마디마다 {least}명 이상이 되게 나무를 줄이거나(minbucket, min_samples_leaf) 인원 없이 규칙만 내십시오.",
    en="Grow the tree with at least {least} people in each node (minbucket, min_samples_leaf), or publish its rules "
    "without the numbers of people.",
)


def check_nodes(subject: Subject, listing: Listing) -> None:
    """Hold the people of every node to the smallest cell."""
    least = subject.policy.min_cell
    for number, value in _nodes(subject):
        if 0 < value < least:
            message = _SMALL.fill(value=value, least=least)
            where = Where(row=number)
            listing.flag("model.classes", message, _MEND.fill(least=least), where=where, number=value)


def _nodes(subject: Subject) -> Iterator[tuple[int, int]]:
    text = subject.text
    of_r, drawn = (
        _TEXT_OF_R in text or _ROOT.search(text) is not None,
        "sample" in text and ("value" in text or "class" in text),
    )
    party, weighed = "Fitted party" in text or "Number of terminal nodes" in text, "weights: [" in text
    if not (of_r or drawn or party or weighed):
        return
    for number, line in enumerate(subject.lines, 1):
        if of_r and (found := _RPART.match(line)):
            yield number, int(found[1])
        for found in _SAMPLES.finditer(line) if drawn else ():
            yield number, int(found[1])
        for found in _PARTY.finditer(line) if party else ():
            yield number, int(found[1])
        for found in _WEIGHTS.finditer(line) if weighed else ():
            yield number, round(sum(float(word) for word in re.findall(r"\d+(?:\.\d+)?", found[1])))
