"""What a hand-in must say before anybody looks at it: words for people, groups that leave nothing open."""

from __future__ import annotations

import re
from collections.abc import Mapping

from egress_review.claims import ClaimError
from egress_review.errors import Conflict, Invalid
from egress_review.model import Draft, Group, Request, claims_of
from registry.text import Text

LONGEST_TITLE = 200
LONGEST_TEXT = 20_000
"""Characters of a title, and of purpose, context or controls."""
LONGEST_GROUP = 64
"""Characters of the name of a group."""


def check_draft(draft: Draft, least_context: int) -> None:
    """Refuse a draft that no reviewer could judge (invariant I7; a quarter of refusals are for lack of context).

    Raises: Invalid
    """
    check_lengths(draft)
    for name, value in ((_TITLE, draft.title), (_PURPOSE, draft.purpose), (_CONTEXT, draft.context)):
        if not value.strip():
            raise invalid("missing", f"{name.ko}: 입력이 필요합니다.", f"The {name.en} is missing.")
    if len(draft.context.strip()) < least_context:
        raise invalid(
            "context_short",
            f"설명을 {least_context}자 이상 적으십시오: 무엇을 누구에게서 어떻게 셌는지, 변수의 뜻, 대상자 수.",
            f"Describe the result in at least {least_context} characters: what was counted, of whom and how.",
        )
    check_controls(draft.controls)
    for group_name, group in draft.groups.items():
        if len(group.context.strip()) < max(1, least_context):
            raise invalid(
                "context_short",
                f"묶음 {group_name}: 설명을 {least_context}자 이상 적으십시오.",
                f"Group {group_name}: describe its files in at least {least_context} characters.",
            )
        check_controls(group.controls)
    _check_groups(draft.groups, {*draft.files, *draft.supporting})


def check_lengths(draft: Draft) -> None:
    """Refuse what cannot even be kept.

    Raises: Invalid
    """
    texts = [
        (_TITLE, draft.title, LONGEST_TITLE),
        (_PURPOSE, draft.purpose, LONGEST_TEXT),
        (_CONTEXT, draft.context, LONGEST_TEXT),
        (_CONTROLS, draft.controls, LONGEST_TEXT),
    ]
    for group in draft.groups.values():
        texts += [(_CONTEXT, group.context, LONGEST_TEXT), (_CONTROLS, group.controls, LONGEST_TEXT)]
    for name, value, longest in texts:
        if len(value) > longest:
            raise invalid("too_long", f"{name.ko}: {longest}자까지 쓸 수 있습니다.", f"The {name.en} is too long.")
        if _UNSEEN.search(value):
            raise invalid(
                "unseen_characters",
                f"{name.ko}: 보이지 않거나 글의 방향을 바꾸는 문자가 있습니다. 지우고 다시 적으십시오.",
                f"The {name.en} holds characters that do not show, or turn text round. Type it without them.",
            )
    for group_name in draft.groups:
        plain = group_name.isprintable() and group_name == group_name.strip()
        if not group_name or len(group_name) > LONGEST_GROUP or not plain:
            raise invalid("bad_group", f"묶음 이름은 {LONGEST_GROUP}자까지입니다.", "A group needs a short plain name.")


def check_controls(controls: str) -> None:
    """Refuse declarations that cannot be understood.

    Raises: Invalid
    """
    try:
        claims_of(controls)
    except ClaimError as error:
        raise Invalid("bad_controls", error.reason) from None


def check_leaves(request: Request) -> None:
    """Refuse what only a request to take something out can do: it has an outbox, and a package.

    Raises: Conflict
    """
    if request.direction != "egress":
        reason = Text(
            ko="반입신청에는 할 수 없습니다. 반입할 파일은 올려서 제출하고, 승인되면 /inbox에서 읽습니다.",
            en="Not for a file that comes in: it is handed in by uploading it, and read in /inbox.",
        )
        raise Conflict("comes_in", reason)


def invalid(code: str, ko: str, en: str) -> Invalid:
    """An error about what was handed in."""
    return Invalid(code, Text(ko=ko, en=en))


def _check_groups(groups: Mapping[str, Group], names: set[str]) -> None:
    """Refuse groups that leave open what was said about a file."""
    seen: set[str] = set()
    for name, group in groups.items():
        if not group.files or set(group.files) - names or set(group.files) & seen:
            raise invalid(
                "bad_group",
                f"묶음 {name}: 신청한 파일을 하나 이상, 한 묶음에만 넣으십시오.",
                f"Group {name}: name files of the request, at least one, and each in one group only.",
            )
        seen |= set(group.files)


_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""What makes reviewers read something else than was written, or cannot be kept at all."""

_TITLE = Text("제목", "title")
_PURPOSE = Text("목적", "purpose")
_CONTEXT = Text("설명", "context")
_CONTROLS = Text("통계적 통제", "controls")
