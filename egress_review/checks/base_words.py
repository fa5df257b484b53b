"""What a column of whole numbers is called that others are shares of: those who were tested, asked or invited."""

from __future__ import annotations

import re

from egress_review.checks.counts import whole
from egress_review.checks.tables import Table

_BASE = re.compile(
    r"(?:n(?:o|um|umber)?[ _]?(?:of[ _])?)?(?:total[ _])?(?:candidates?|applicants?|applications|examinees?|sitters|"
    r"entrants|entries|"
    r"test[ _-]?takers|attendees|invitees|enrolees|enrollees|starters|registrants|trainees|tested|screened|examined|"
    r"surveyed|sampled|invited|contacted|assessed|eligible|enrolled|inspected|sat|registered|checked|offered|approached|"
    r"interviewed|recruited|randomi[sz]ed|treated|followed(?:[ _]up)?|referred|admitted|attended|started|entered|"
    r"assigned|issued|posted|sent|evaluable|evaluated|denominator|denom|base|cohort(?:[ _]size)?|respondents|roll|"
    r"on[ _]roll|headcount|caseload|at[ _]risk)|"
    r"(?:전체|총)?\s?(?:응시|지원|접수|신청|검사|검진|수검|조사|설문|발송|초대|등록|모집|참여|참가|대상|입학|재적|재학|정원|모수|분모|"
    r"평가|면접|채용지원|의뢰|상담|수강|이수대상|응답)\s?(?:자|생|원)?\s?(?:수|인원|건수)?(?:\((?:명|건|인)\))?",
    re.IGNORECASE,
)


def bases_named(table: Table) -> dict[int, int]:
    """What each row is of, by its number: the one column that is called so and holds whole numbers alone."""
    found = [index for index, name in enumerate(table.names) if _BASE.fullmatch(name.strip())]
    if len(found) != 1:
        return {}
    cells = [(number, whole(cell)) for number, cell in zip(table.numbers, table.column(found[0]), strict=True)]
    if not all(value is not None for _, value in cells):
        return {}
    return {number: value for number, value in cells if value}
