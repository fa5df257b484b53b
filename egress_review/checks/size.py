"""Budgets: how much of a result two people can be asked to read."""

from __future__ import annotations

from egress_review.checks.listing import Listing
from egress_review.checks.subject import Budget, Subject
from registry.text import Text

_SPLIT = Text(
    ko="집계 수준을 높이거나 필요한 부분만 남기고, 큰 결과는 여러 신청으로 나누십시오.",
    en="Aggregate further, keep only what is needed, or spread a large result over several requests.",
)


def check_size(subject: Subject, listing: Listing) -> None:
    """One file within the policy's size."""
    limit = subject.policy.max_file_bytes
    if subject.size > limit:
        message = Text(
            ko="파일이 {size}바이트로 한도 {limit}바이트를 넘습니다.",
            en="The file has {size} bytes; the limit is {limit}.",
        )
        listing.flag("file.size", message.fill(size=subject.size, limit=limit), _SPLIT, number=subject.size)


def check_budget(subject: Subject, budget: Budget, listing: Listing) -> None:
    """All files of a request within the policy's number and size; every file carries the finding."""
    policy = subject.policy
    if budget.files > policy.max_files:
        message = Text(
            ko="파일이 {files}개로 신청당 한도 {limit}개를 넘습니다.",
            en="The request has {files} files; the limit is {limit}.",
        )
        filled = message.fill(files=budget.files, limit=policy.max_files)
        listing.flag("request.files", filled, _SPLIT, number=budget.files)
    if budget.size > policy.max_total_bytes:
        message = Text(
            ko="파일을 모두 더하면 {size}바이트로 신청당 한도 {limit}바이트를 넘습니다.",
            en="All files together have {size} bytes; the limit is {limit}.",
        )
        filled = message.fill(size=budget.size, limit=policy.max_total_bytes)
        listing.flag("request.size", filled, _SPLIT, number=budget.size)
