"""The figures of review for those who may see them: checkers without names, compliance officers with them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from egress_review.earlier import Earlier
from egress_review.errors import Denied
from egress_review.figures import ReviewFigures, figures
from egress_review.queueing import workload
from egress_review.review import CHECKER_ROLES
from registry.model import Person, Role
from registry.text import Text


class Counting(Earlier):
    """How it goes."""

    def figures(self, person: Person, since: datetime, until: datetime) -> ReviewFigures:
        """What was decided in a period.

        Raises: Denied — for who neither reviews nor reads everything.
        """
        if not person.has(*CHECKER_ROLES, Role.COMPLIANCE_OFFICER):
            raise Denied("not_a_checker", Text(ko="심사자의 화면입니다.", en="This is for reviewers."))
        with self._db.read() as tx:
            return figures(tx, since, until)

    def workload(self, officer: Person) -> Mapping[str, int]:
        """How many open requests each checker has taken.

        Raises: Denied — for anybody but a compliance officer: names of checkers are not for colleagues.
        """
        if not officer.has(Role.COMPLIANCE_OFFICER):
            raise Denied(
                "not_compliance", Text(ko="준법감시 담당자만 볼 수 있습니다.", en="Only compliance officers see this.")
            )
        with self._db.read() as tx:
            return dict(workload(tx))
