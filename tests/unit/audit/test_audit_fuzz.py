"""Fuzz: every parser of bytes that somebody else wrote reads them or refuses them, in one family of errors.

Each is given noise, and valid inputs with a few edits: what breaks parsers looks almost right.
"""

from __future__ import annotations

import contextlib
import importlib.util
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from audit import wire
from audit.body import parse as parse_body
from audit.canonical import decode
from audit.checkpoint import Checkpoint, parse_text, unverified_checkpoint
from audit.errors import AuditError, NotDurable
from audit.event import Actor, Event, Object, Source, Subjects
from audit.export.layout import pack, parse_path, unpack
from audit.export.manifest import Manifest, parse_manifest
from audit.export.standalone import _FILE
from audit.note import Verifier, parse_note, parse_vkey, sign_note
from audit.proof import format_proof, parse_proof, verify_receipt
from audit.timestamps.tokens import decode as decode_token
from audit.timestamps.tokens import stamped_bytes
from audit.trusted import TrustedKeys
from audit.verifying.quick import Reader
from audit.witness import protocol
from audit.witness.policy import WitnessPolicy

KEY = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
ORIGIN = "ansim.example/audit"
TRUSTED = Verifier(ORIGIN, KEY.public_key().public_bytes_raw())
HEAD = Checkpoint(ORIGIN, 1, b"\x07" * 32)
NOTE = sign_note(HEAD.text(), ORIGIN, KEY)
WITNESS = Verifier("w.example", b"\x09" * 32, b"\x04").vkey()
BODY = (
    b'{"action":"cell.sent","actor":{"kind":"person","ref":"p_aaaaaaaaaaaaaaaa"},"c":{"source.ip":"%s"},'
    b'"component":"gate","detail":{"bytes":3,"files":["%s"],"n":{"a":[1,null,true]}},'
    b'"id":"019aa000-0000-7000-8000-000000000001","object":{"kind":"workspace","ref":"ws_aaaaaaaaaaaaaaaa"},'
    b'"outcome":"ok","source":{"host":"zone"},"subjects":{"kind":"none"},"ts":"2026-11-21T00:00:00.000001Z","v":1}'
) % (b"ab" * 32, b"cd" * 32)
EVENT = Event("cell.sent", Actor.service("gate"), Object("log", "audit"), Subjects.none(), Source("192.0.2.1", "zone"))
RECEIPT = format_proof(0, [b"\x05" * 32], NOTE, BODY)
MANIFEST = Manifest(origin=ORIGIN, size=1, root="07" * 32)
POLICY = f"log {TRUSTED.vkey()}\nwitness W {WITNESS}\ngroup G any W\nquorum G\n"


def as_text(parse: Callable[[str], object]) -> Callable[[bytes], object]:
    return lambda data: parse(data.decode("utf-8", "surrogateescape"))


@dataclass(frozen=True, slots=True)
class Parser:
    """One parser of untrusted bytes, and an input that it takes."""

    name: str
    parse: Callable[[bytes], object]
    valid: bytes


PARSERS = (
    Parser("note", as_text(parse_note), NOTE.encode()),
    Parser("checkpoint", as_text(unverified_checkpoint), NOTE.encode()),
    Parser("text of a checkpoint", as_text(parse_text), HEAD.text().encode()),
    Parser("verifier key", as_text(parse_vkey), TRUSTED.vkey().encode()),
    Parser("trusted keys", as_text(TrustedKeys.parse), f"# ours\n{TRUSTED.vkey()} from=3 to=9\n".encode()),
    Parser("checkpoint under trusted keys", as_text(TrustedKeys.of(TRUSTED).open), NOTE.encode()),
    Parser("receipt", as_text(parse_proof), RECEIPT.encode()),
    Parser("receipt with its entry", as_text(lambda text: verify_receipt(text, TRUSTED)), RECEIPT.encode()),
    Parser("canonical JSON", decode, BODY),
    Parser("body", parse_body, BODY),
    Parser("body, read quickly", lambda data: Reader().read([data]), BODY),
    Parser("request to the service", wire.parse_request, wire.request_line(wire.Request(EVENT))),
    Parser("answer of the service", wire.parse_answer, wire.index_line(7)),
    Parser("error of the service", wire.parse_answer, wire.error_line(NotDurable("disk"))),
    Parser("bundle of entries", unpack, pack([BODY, BODY])),
    Parser("path of a tile", as_text(parse_path), b"tile/entries/x001/x234/067.p/8"),
    Parser("manifest", as_text(parse_manifest), MANIFEST.text().encode()),
    Parser("policy", as_text(WitnessPolicy.parse), POLICY.encode()),
    Parser(
        "request to a witness", protocol.parse_request, protocol.AddCheckpoint(0, (b"\x05" * 32,), NOTE).text().encode()
    ),
    Parser("size that a witness knows", protocol.parse_known_size, b"17\n"),
    Parser("time stamp", decode_token, b"\x30\x03\x02\x01\x00"),
    Parser("stamped text", as_text(stamped_bytes), NOTE.encode()),
)


@st.composite
def edited(draw: st.DrawFn, valid: bytes) -> bytes:
    """Return a valid input with up to three edits."""
    data = bytearray(valid)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(data)))
        match draw(st.integers(0, 4)):
            case 0:
                data[at:at] = draw(st.binary(max_size=4))
            case 1:
                del data[at : at + draw(st.integers(1, 40))]
            case 2 if at < len(data):
                data[at] ^= 1 << draw(st.integers(0, 7))
            case 3:
                data[at:at] = data[: draw(st.integers(0, 60))]
            case _:
                data[at:at] = draw(
                    st.sampled_from(
                        [b"\n", b"\n\n", b"0", b"-1", b"9" * 30, b"[" * 5000, b"\xff", b"\0", "감".encode()]
                    )
                )
    return bytes(data)


@pytest.mark.parametrize("parser", PARSERS, ids=lambda parser: parser.name)
def test_anything_is_read_or_refused_in_one_family(parser: Parser) -> None:
    @settings(max_examples=60, deadline=None, database=None)
    @given(st.binary(max_size=300) | edited(parser.valid))
    def attempt(data: bytes) -> None:
        with contextlib.suppress(AuditError):
            parser.parse(data)

    attempt()


STANDALONE = {
    "read_keys": TRUSTED.vkey().encode(),
    "read_note": NOTE.encode(),
    "satisfies": POLICY.encode(),
    "read_body": BODY,
}


@pytest.mark.parametrize("name", STANDALONE)
def test_the_self_contained_verifier_refuses_in_one_family_too(name: str) -> None:
    spec = importlib.util.spec_from_file_location("standalone_fuzzed", _FILE)
    assert spec is not None
    assert spec.loader is not None
    program: Any = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = program
    spec.loader.exec_module(program)
    # Of a policy, the caller's own file, whatever is wrong with it is wrong usage.
    family = (program.Wrong, LookupError, ValueError) if name == "satisfies" else (program.Wrong,)

    @settings(max_examples=80, deadline=None, database=None)
    @given(st.binary(max_size=300) | edited(STANDALONE[name]))
    def attempt(data: bytes) -> None:
        given = data if name == "read_body" else data.decode("utf-8", "replace")
        more = (NOTE,) if name == "satisfies" else ()
        with contextlib.suppress(*family):
            getattr(program, name)(given, *more)

    attempt()
