"""What votes come to: properties of the pure decision, over random ballots."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from egress_review.model import Choice, Vote
from egress_review.review import Binding, Decision, ballots, decide
from registry.model import Role

FILES = ("a" * 64, "b" * 64)
BINDING = Binding(2, "c" * 64, "d" * 64, frozenset(FILES), exceptions=False)
PEOPLE = ("p_1", "p_2", "p_3", "p_author", "p_member")
EXCLUDED = frozenset({"p_author", "p_member"})
AT = datetime(2026, 11, 21, tzinfo=UTC)


def vote(
    checker: str,
    sha256: str,
    choice: Choice = Choice.APPROVE,
    *,
    round: int = 2,
    context: str = "c" * 64,
    policy: str = "d" * 64,
    revision: int = 1,
    roles: tuple[str, ...] = ("checker",),
) -> Vote:
    return Vote(
        checker_ref=checker,
        roles=roles,
        sha256=sha256,
        choice=choice,
        round=round,
        context_hash=context,
        policy_digest=policy,
        revision=revision,
        comment="",
        at=AT,
    )


def full(checker: str, choice: Choice = Choice.APPROVE, **changes: object) -> list[Vote]:
    return [vote(checker, sha256, choice, **changes) for sha256 in FILES]  # type: ignore[arg-type]


def outcome(votes: list[Vote], binding: Binding = BINDING, required: int = 2) -> Decision:
    return decide(ballots(votes, binding), binding, required, EXCLUDED)


VOTES = st.lists(
    st.builds(
        vote,
        st.sampled_from(PEOPLE),
        st.sampled_from((*FILES, "e" * 64)),
        st.sampled_from(list(Choice)),
        round=st.sampled_from((1, 2, 3)),
        context=st.sampled_from(("c" * 64, "f" * 64)),
        policy=st.sampled_from(("d" * 64, "0" * 64)),
        revision=st.integers(1, 3),
    ),
    max_size=40,
)


@given(VOTES)
def test_approved_means_two_independent_people_approved_every_file_as_it_is(votes: list[Vote]) -> None:
    if outcome(votes) is not Decision.APPROVED:
        return
    for sha256 in FILES:
        people = {
            v.checker_ref
            for v in votes
            if (v.sha256, v.round, v.context_hash, v.policy_digest, v.choice)
            == (sha256, 2, "c" * 64, "d" * 64, Choice.APPROVE)
        }
        assert len(people - EXCLUDED) >= 2


@given(VOTES)
def test_votes_that_bind_to_anything_else_change_nothing(votes: list[Vote]) -> None:
    bound = [v for v in votes if (v.round, v.context_hash, v.policy_digest) == (2, "c" * 64, "d" * 64)]
    assert outcome(votes) is outcome(bound)


@given(VOTES, st.sampled_from(sorted(EXCLUDED)), st.sampled_from(list(Choice)))
def test_the_author_and_members_change_nothing(votes: list[Vote], who: str, choice: Choice) -> None:
    assert outcome(votes) is outcome([*votes, *full(who, choice, revision=9)])


@given(VOTES)
def test_a_standing_dissent_is_never_outvoted(votes: list[Vote]) -> None:
    assert outcome([*votes, *full("p_1", Choice.CHANGES, revision=9)]) is not Decision.APPROVED


@given(st.integers(2, 4))
def test_one_person_is_one_person_however_often_they_vote(required: int) -> None:
    many = [v for revision in range(1, 9) for v in full("p_1", revision=revision)]
    assert outcome(many, required=required) is Decision.OPEN


def test_a_ballot_counts_only_when_it_is_complete() -> None:
    assert outcome([*full("p_1"), vote("p_2", FILES[0])]) is Decision.OPEN


def test_overruling_a_rule_takes_a_senior_checker() -> None:
    flagged = Binding(2, "c" * 64, "d" * 64, frozenset(FILES), exceptions=True)
    two = [*full("p_1"), *full("p_2")]
    assert outcome(two, flagged) is Decision.NEEDS_SENIOR
    assert outcome([*two, *full("p_3", roles=(Role.SENIOR_CHECKER.value,))], flagged) is Decision.APPROVED


def test_a_request_without_files_is_never_approved() -> None:
    assert outcome(full("p_1"), Binding(2, "c" * 64, "d" * 64, frozenset(), exceptions=False)) is Decision.OPEN
