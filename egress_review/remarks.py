"""Remarks: what reviewers tell each other and the author, about a request, a group or a file; nothing is ever deleted.

A remark moves nothing. Who reads it is decided in `review.reads_message`; the text is sealed in the log.
"""

from __future__ import annotations

from sqlalchemy import Connection

from audit.event import Source
from egress_review import store
from egress_review.desk import Record, as_actor
from egress_review.draft_rules import LONGEST_TEXT
from egress_review.errors import Invalid
from egress_review.model import Message, Request, Visibility
from egress_review.review import AUTHOR, REMARK
from egress_review.reviewing import Reviewing, role_of
from egress_review.standing import independent
from egress_review.workflow import ANSWERED, check_state
from registry import queries
from registry.model import Person
from registry.text import Text


class Remarking(Reviewing):
    """What people say about a request without deciding."""

    def comment(
        self,
        person: Person,
        ref: str,
        text: str,
        *,
        source: Source,
        visibility: Visibility = Visibility.REVIEWERS,
        group: str = "",
        file: str = "",
    ) -> Message:
        """Say something about a request, one of its groups or one of its files (by name).

        A reviewer's remark is for reviewers, or shared with the author, who reads it when the turn has ended. What
        the author says is for everybody who reviews.
        Raises: NotFound, Denied, Conflict, Invalid.
        """
        with self._db.begin() as tx:
            request = store.load(tx, ref, lock=True)
            by_author = person.ref == request.author_ref
            speaker = queries.person_by_ref(tx, person.ref) if by_author else independent(tx, person, request)
            check_state(request.state, ANSWERED)
            _check_place(request, group, file)
            message = Message(
                round=request.round,
                by_ref=speaker.ref,
                by_role=AUTHOR if by_author else role_of(speaker),
                kind=REMARK,
                text=_said(text),
                at=self._clock(),
                visibility=Visibility.ALL if by_author else visibility,
                group=group,
                file=file,
            )
            self._remark(tx, request, speaker, message, source)
            return message

    def _remark(self, tx: Connection, request: Request, speaker: Person, message: Message, source: Source) -> None:
        about = next((one.sha256 for one in request.files if one.name == message.file), None)
        detail = {"visibility": message.visibility.value} | ({"file": about} if about else {})
        record = Record(actor=as_actor(speaker), source=source, detail=detail, sealed={"comment": message.text})
        self._record(tx, request, REMARK, record)
        store.insert_message(tx, request, message)


def _check_place(request: Request, group: str, file: str) -> None:
    known = (not group or group in request.groups) and (not file or file in {one.name for one in request.files})
    if not known or (group and file):
        raise Invalid(
            "bad_place",
            Text(
                ko="이 신청의 묶음이나 파일 하나를 고르십시오.",
                en="Choose one group or one file of this request, or none.",
            ),
        )


def _said(text: str) -> str:
    said = text.strip()
    if not said:
        raise Invalid("missing", Text(ko="의견을 적으십시오.", en="Write what you want to say."))
    if len(said) > LONGEST_TEXT:
        raise Invalid("too_long", Text(ko="글이 너무 깁니다.", en="The text is too long."))
    return said
