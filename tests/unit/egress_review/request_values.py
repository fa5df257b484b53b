"""Requests as values, for decisions that need no database."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from egress_review.model import Request, RequestFile
from egress_review.workflow import State

AT = datetime(2026, 10, 5, 3, tzinfo=UTC)


def request_of(*names: str, size: int = 100) -> Request:
    """A request in review with files of these names."""
    return Request(
        ref="er_aaaaaaaaaaaaaaaa",
        project="study",
        author_ref="p_aaaaaaaaaaaaaaaa",
        workspace_ref="ws_aaaaaaaaaaaaaaaa",
        title="Title",
        purpose="Purpose",
        context="Context of twenty characters",
        controls="",
        state=State.IN_REVIEW,
        round=1,
        policy_name="kr-default",
        policy_digest="0" * 64,
        files=tuple(RequestFile(name, hashlib.sha256(name.encode()).hexdigest(), size) for name in names),
        datasets=(),
        created_at=AT,
        submitted_at=AT,
        changed_at=AT,
        released_at=None,
        approved_event=None,
        release_index=None,
        packaged=False,
        attempts=0,
        retry_at=None,
        version=1,
    )
