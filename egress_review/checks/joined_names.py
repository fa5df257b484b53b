"""Names of people whose parts a program joined: `Priya.Castellano` as R names a row, `Kim_Minsu` as a key.

Variables are joined in the same way, `Sepal.Length`, so that only a known given name counts, and more than one of them.
"""

from __future__ import annotations

import re

from egress_review.checks.foreign_people import is_person
from egress_review.checks.identifiers import flag_name
from egress_review.checks.listing import Listing
from egress_review.checks.subject import Subject
from egress_review.findings import Where

RULES = ("identifier.person",)

FEWEST, FEWEST_PLAIN = 2, 3
"""Different names of a file from which they are of people, and those in small letters, as accounts are named."""
LONGEST = 4_000
"""Characters of a line that are read."""

_BEFORE, _AFTER = r"(?<![\w@/\\.$:'-])", r"(?![\w@/\\(\[=:]|[._-]\w)"
_JOINED = re.compile(rf"{_BEFORE}[A-Z][a-z]{{1,14}}[._][A-Z][a-z]{{1,20}}(?:[._-][A-Z][a-z]{{1,20}})?{_AFTER}")
_PLAIN = re.compile(rf"{_BEFORE}[a-z]{{3,14}}[._][a-z]{{3,20}}{_AFTER}")


def check_joined_names(subject: Subject, listing: Listing) -> None:
    """Flag each line with names of people that are joined by a point or an underscore."""
    for pattern, fewest in ((_JOINED, FEWEST), (_PLAIN, FEWEST_PLAIN)):
        found: dict[int, set[str]] = {}
        for number, line in enumerate(subject.lines, 1):
            said = line[:LONGEST]
            names = {match[0] for match in pattern.finditer(said)} if "." in said or "_" in said else set()
            if not names:
                continue
            rest = pattern.sub(" ", said)
            if people := {name for name in names if is_person(re.sub("[._]", " ", name).title(), rest)}:
                found[number] = people
        if len(set().union(*found.values())) >= fewest:
            for number in found:
                flag_name(Where(row=number), listing)
