"""C2SP trust policies: the quorum of witnesses that a checkpoint needs."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.errors import MalformedPolicy
from audit.note import signature_line
from audit.schemes import COSIGNATURE, ED25519, ML_DSA_44, tree_message
from audit.signing import Signer, sign_by_all
from audit.signing_keys import Ed25519Key, MlDsa44Key
from audit.tree_head import Checkpoint
from audit.witness.policy import WitnessPolicy

ORIGIN = "zone.example/audit"
LOG = Signer(ORIGIN, ED25519, Ed25519Key(bytes([1]) * 32))
STRANGER = Signer(ORIGIN, ED25519, Ed25519Key(bytes([2]) * 32))
WITNESSES = {
    name: Signer(f"{name}.example", COSIGNATURE, Ed25519Key(hashlib.sha256(name.encode()).digest()))
    for name in ("x1", "x2", "x3", "y1", "y2")
}
WITNESSES["z"] = Signer("z.example", ML_DSA_44, MlDsa44Key(bytes([4]) * 32))
TEXT = Checkpoint(ORIGIN, 5, b"\x01" * 32).text()
LINES = {name: signer.line(TEXT, 7) for name, signer in WITNESSES.items()}
DEFINITIONS = "".join(f"witness {name} {s.verifier.vkey()} https://{name}.example\n" for name, s in WITNESSES.items())
TWO_LEVELS = f"""# the data provider and the university each keep witnesses
log {LOG.verifier.vkey()}
{DEFINITIONS}
group X 2 x1 x2 x3
\tgroup  Y any y1   y2 z
group both all X Y
quorum both
"""


def cosigned(*names: str, log: Signer = LOG) -> str:
    return sign_by_all(TEXT, (log,), 1) + "".join(LINES[name] for name in names)


def two_levels_met(names: frozenset[str]) -> bool:
    return len(names & {"x1", "x2", "x3"}) >= 2 and bool(names & {"y1", "y2", "z"})


@given(st.frozensets(st.sampled_from(sorted(WITNESSES))))
def test_the_quorum_is_met_by_exactly_the_right_sets(names: frozenset[str]) -> None:
    assert WitnessPolicy.parse(TWO_LEVELS).satisfied_by(cosigned(*sorted(names))) == two_levels_met(names)


def test_the_log_has_to_sign_as_well() -> None:
    policy = WitnessPolicy.parse(TWO_LEVELS)
    assert policy.satisfied_by(cosigned("x1", "x2", "z"))
    assert not policy.satisfied_by(cosigned("x1", "x2", "z", log=STRANGER))


def test_a_policy_without_quorum_asks_for_nothing() -> None:
    for policy in (WitnessPolicy.none(), WitnessPolicy.parse("quorum none\n"), WitnessPolicy.load(None)):
        assert not policy.asks
        assert policy.satisfied_by(cosigned())
    assert not WitnessPolicy.parse(f"log {LOG.verifier.vkey()}\nquorum none").satisfied_by(cosigned(log=STRANGER))


def test_the_same_witness_twice_counts_once() -> None:
    policy = WitnessPolicy.parse(TWO_LEVELS)
    assert not policy.satisfied_by(cosigned("x1", "x1", "y1"))
    again = WITNESSES["x1"].line(TEXT, 8)
    assert not policy.satisfied_by(cosigned("x1", "y1") + again)


def test_a_cosignature_over_another_checkpoint_spoils_the_note() -> None:
    other = WITNESSES["x2"].line(Checkpoint(ORIGIN, 6, b"\x01" * 32).text(), 7)
    policy = WitnessPolicy.parse(TWO_LEVELS)
    assert not policy.satisfied_by(cosigned("x1", "x3", "y1") + other)


def test_a_cosignature_without_a_time_counts_for_nothing() -> None:
    signer = WITNESSES["z"]
    message = tree_message(signer.name, 0, ORIGIN, 0, 5, b"\x01" * 32)
    assert message is not None
    line = signature_line(signer.verifier, bytes(8) + signer.key.sign(message))
    assert signer.verifier.verify(TEXT, bytes(8) + signer.key.sign(message))
    assert not WitnessPolicy.parse(TWO_LEVELS).satisfied_by(cosigned("x1", "x2") + line)


def test_who_cosigned_is_named_as_the_policy_names_them() -> None:
    policy = WitnessPolicy.parse(TWO_LEVELS)
    assert [witness.name for witness in policy.cosigners(cosigned("z", "x2"))] == ["x2", "z"]
    assert {witness.url for witness in policy.witnesses} == {f"https://{name}.example" for name in WITNESSES}


KEY = WITNESSES["x1"].verifier.vkey()
OTHER = WITNESSES["x2"].verifier.vkey()


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"witness a {KEY}\n",
        f"witness a {KEY}\nquorum b\n",
        f"witness a {KEY}\nquorum a\nquorum a\n",
        f"quorum a\nwitness a {KEY}\n",
        f"witness a {KEY}\nwitness b {KEY}\nquorum a\n",
        f"witness a {KEY}\nwitness a {OTHER}\nquorum a\n",
        f"witness none {KEY}\nquorum none\n",
        f"witness a {LOG.verifier.vkey()}\nquorum a\n",
        f"log {KEY}\nquorum none\n",
        f"log {LOG.verifier.vkey()}\nlog {LOG.verifier.vkey()}\nquorum none\n",
        f"witness a {KEY}\ngroup g 0 a\nquorum g\n",
        f"witness a {KEY}\ngroup g 2 a\nquorum g\n",
        f"witness a {KEY}\ngroup g 01 a\nquorum g\n",
        f"witness a {KEY}\ngroup g some a\nquorum g\n",
        f"witness a {KEY}\ngroup g any\nquorum g\n",
        f"witness a {KEY}\ngroup g any a a\nquorum g\n",
        f"witness a {KEY}\ngroup g any a\ngroup h any a g\nquorum h\n",
        f"witness a {KEY}\ngroup g any none\nquorum g\n",
        f"group g any a\nwitness a {KEY}\nquorum g\n",
        f"witness a {KEY} https://a b\nquorum a\n",
        "quorum none\r\n",
        "quorum\vnone\n",
        "majority a\nquorum none\n",
    ],
)
def test_a_policy_with_a_mistake_is_refused_with_its_line(text: str) -> None:
    with pytest.raises(MalformedPolicy, match=r"line \d+:|no quorum"):
        WitnessPolicy.parse(text)


def test_names_may_be_korean_and_comments_stand_alone() -> None:
    policy = WitnessPolicy.parse(f"  # 증인\nwitness 감사실 {KEY}\nquorum 감사실")
    assert policy.satisfied_by(cosigned("x1"))


@given(st.text(max_size=200))
def test_arbitrary_text_is_a_policy_or_refused(text: str) -> None:
    try:
        policy = WitnessPolicy.parse(text)
    except MalformedPolicy:
        return
    assert isinstance(policy, WitnessPolicy)


@given(st.text(max_size=200))
def test_arbitrary_text_satisfies_no_quorum(text: str) -> None:
    assert not WitnessPolicy.parse(TWO_LEVELS).satisfied_by(text)
