"""The desk of egress review as the rest of the zone sees it: one object with every use case.

request = desk.submit(author, workspace, draft, source=source)      # SCANNING
desk.scan(request.ref)                                              # IN_REVIEW, BLOCKED or SCAN_FAILED
desk.vote(checker, request.ref, votes, comment, 1, code, source=source)
desk.release(request.ref)                                           # RELEASED, with a package and a receipt
desk.collect(author, request.ref, source=source)
"""

from __future__ import annotations

from egress_review.bringing import Bringing, Incoming
from egress_review.drafting import Drafting
from egress_review.governing import Governing
from egress_review.guarding import Guarding
from egress_review.interests import Declaring
from egress_review.looking import Looking
from egress_review.model import Action, Choice, Draft, Request, RequestView
from egress_review.rechecking import Rechecking
from egress_review.reminding import Reminding
from egress_review.screen import Screening
from egress_review.simulating import Simulating
from egress_review.tidying import Tidying
from egress_review.workflow import State

__all__ = ["Action", "Choice", "Draft", "EgressDesk", "Incoming", "Request", "RequestView", "State"]


class EgressDesk(
    Bringing, Drafting, Declaring, Tidying, Screening, Governing, Reminding, Simulating, Rechecking, Guarding, Looking
):
    """How a result leaves the zone, and how a file comes in.

    Every move is one transaction with its audit event: if the event cannot be written, nothing moved.
    """
