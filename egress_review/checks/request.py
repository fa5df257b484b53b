"""What the request says beside its files: enough context to judge a result by."""

from __future__ import annotations

from egress_review.checks.listing import Listing
from egress_review.terms import Policy
from registry.text import Text

_DESCRIBE = Text(
    ko="무엇을 누구에게서 어떻게 셌는지, 변수의 뜻, 대상자 수, 이전 반출과의 관계를 적으십시오.",
    en="Say what was counted, of whom and how, what the variables mean, and which releases came before.",
)
_EVIDENCE = Text(
    ko="근거 자료와 원자료는 기계가 대조하지 않았습니다.",
    en="Evidence and source files were not compared by the machine.",
)
_READ = Text(ko="심사자가 직접 대조하십시오.", en="A reviewer compares them.")


def check_request(policy: Policy, context: str | None, has_evidence: bool, listing: Listing) -> list[str]:
    """Judge the description; name the rules that were applied."""
    applied: list[str] = []
    if context is not None:
        applied.append("request.context")
        length = len(context.strip())
        if length < policy.min_context:
            message = Text(
                ko="설명이 {length}자로 최소 {least}자보다 짧습니다.",
                en="The description has {length} characters; at least {least} are needed.",
            )
            filled = message.fill(length=length, least=policy.min_context)
            listing.flag("request.context", filled, _DESCRIBE, number=length)
    if has_evidence:
        applied.append("request.evidence")
        listing.skip("request.evidence", _EVIDENCE, _READ)
    return applied
