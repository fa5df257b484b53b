"""A release package proves itself offline: no byte of it can change unnoticed."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.note import Verifier, sign_note
from egress_review.package import DOCUMENT, RECEIPT, RELEASE_KEY, SIGNATURE, Part, dump, signed_text, write_zip
from egress_review.verify_package import PackageCheck, verify_package
from tests.databases import database_in
from tests.integration.egress_review.egress_house import Zone, open_zone

KEYS = {"log.vkey", "trusted-keys", RELEASE_KEY}
READERS = {"cover.pdf", "ro-crate-metadata.json", "verify.py", "ansim_verify.py"}
PACKED = {"log.vkey", "trusted-keys", "README.ko.md", "README.en.md", *READERS}
REQUIRED = {DOCUMENT, SIGNATURE, RECEIPT, *KEYS, *READERS, "README.ko.md", "README.en.md", "files/table.csv"}


@pytest.fixture(scope="module")
def released(usual_databases: None, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Verifier]:
    """A package as it was released, and the key of the log."""
    home = tmp_path_factory.mktemp("zone")
    zone = open_zone(database_in(home), home)
    request = zone.released()
    return zone.desk.package_of(request.ref), zone.log_key


@pytest.fixture
def package(released: tuple[Path, Verifier], tmp_path: Path) -> tuple[Path, Verifier]:
    """A copy that a test may spoil."""
    copy = tmp_path / released[0].name
    shutil.copytree(released[0], copy)
    for path in copy.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return copy, released[1]


def check(package: tuple[Path, Verifier]) -> PackageCheck:
    return verify_package(*package)


def paths(directory: Path) -> set[str]:
    return {path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file()}


def test_a_package_holds_the_files_the_record_the_proof_and_how_to_check_them(package: tuple[Path, Verifier]) -> None:
    assert paths(package[0]) == REQUIRED
    result = check(package)
    assert result.ok
    assert result.files == ("files/table.csv",)


@pytest.mark.long
def test_every_changed_byte_is_noticed_and_its_file_named(package: tuple[Path, Verifier]) -> None:
    directory = package[0]
    for name in sorted(REQUIRED):
        path = directory / name
        original = path.read_bytes()
        step = max(1, len(original) // 150)
        for position in range(0, len(original), step):
            for flipped in {original[position] ^ 0x01, original[position] ^ 0x20, 0x0D}:
                if flipped == original[position]:
                    continue
                path.write_bytes(original[:position] + bytes([flipped]) + original[position + 1 :])
                result = check(package)
                assert result.verdict == "tampered", (name, position, flipped)
                assert result.file == name, (name, position, flipped, result)
        path.write_bytes(original)
    assert check(package).ok


@pytest.mark.parametrize("name", sorted(REQUIRED))
def test_a_byte_more_or_less_is_noticed_at_either_end(package: tuple[Path, Verifier], name: str) -> None:
    path = package[0] / name
    original = path.read_bytes()
    for spoilt in (original + b"\n", original + b"x", b"\n" + original, original[:-1], original[1:], b""):
        path.write_bytes(spoilt)
        result = check(package)
        assert (result.verdict, result.file) == ("tampered", name), spoilt[-20:]


@pytest.mark.parametrize("name", sorted(REQUIRED))
def test_a_missing_file_makes_it_incomplete_and_is_named(package: tuple[Path, Verifier], name: str) -> None:
    (package[0] / name).unlink()
    assert (check(package).verdict, check(package).file) == ("incomplete", name)


@pytest.mark.parametrize("name", ["extra.txt", "files/extra.csv", "files/table.csv.bak", ".hidden"])
def test_an_added_file_is_noticed(package: tuple[Path, Verifier], name: str) -> None:
    (package[0] / name).write_text("")
    assert (check(package).verdict, check(package).file) == ("tampered", name)


def test_a_link_or_a_directory_in_the_package_is_noticed(package: tuple[Path, Verifier]) -> None:
    (package[0] / "files" / "link").symlink_to("/etc/passwd")
    assert check(package).file == "files/link"
    (package[0] / "files" / "link").unlink()
    (package[0] / "more").mkdir()
    assert check(package).file == "more"


def test_an_extra_signature_is_noticed_in_signature_and_receipt(package: tuple[Path, Verifier]) -> None:
    for name in (SIGNATURE, RECEIPT):
        path = package[0] / name
        original = path.read_text()
        other = sign_note("a\n", "someone.else/key", Ed25519PrivateKey.generate()).splitlines()[-1]
        path.write_text(original + other + "\n")
        assert check(package).file == name
        path.write_text(original)


def test_the_receipt_of_another_release_proves_nothing_here(
    package: tuple[Path, Verifier], usual_database: None, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    zone = open_zone(database_in(other), other)
    request = zone.released()
    receipt = zone.desk.package_of(request.ref) / RECEIPT
    (package[0] / RECEIPT).write_bytes(receipt.read_bytes())
    assert (check(package).verdict, check(package).file) == ("tampered", RECEIPT)


def test_a_package_signed_anew_with_another_key_does_not_fit_its_receipt(
    package: tuple[Path, Verifier],
) -> None:
    directory, _ = package
    forger = Ed25519PrivateKey.generate()
    verifier = Verifier("ansim.example/audit/release", forger.public_key().public_bytes_raw())
    (directory / RELEASE_KEY).write_text(verifier.vkey() + "\n")
    document = json.loads((directory / DOCUMENT).read_bytes())
    for part in document["package"]:
        if part["path"] == RELEASE_KEY:
            data = (directory / RELEASE_KEY).read_bytes()
            part |= {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
    data = dump(document)
    (directory / DOCUMENT).write_bytes(data)
    packed = [Part.of(name, (directory / name).read_bytes()) for name in PACKED]
    text = signed_text(document["request"]["ref"], hashlib.sha256(data).hexdigest(), packed)
    (directory / SIGNATURE).write_text(sign_note(text, verifier.name, forger))
    assert (check(package).verdict, check(package).file) == ("tampered", RECEIPT)


def test_a_package_that_nobody_trusted_vouches_for_is_not_intact(package: tuple[Path, Verifier]) -> None:
    directory, key = package
    stranger = Verifier(key.name, Ed25519PrivateKey.generate().public_key().public_bytes_raw())
    assert verify_package(directory, stranger).verdict == "untrusted"
    assert verify_package(directory, None).verdict == "untrusted"


def test_the_record_names_roles_and_never_people(released: tuple[Path, Verifier]) -> None:
    text = (released[0] / DOCUMENT).read_text()
    document = json.loads(text)
    assert [vote["role"] for vote in document["votes"]] == ["checker", "checker"]
    assert not re.search(r'"p_[a-z2-7]{16}', text)
    assert document["policy"]["name"] == "kr-default"
    assert document["datasets"] == [{"id": "omop", "version": 1, "people": 2694}]


def test_two_zips_of_one_package_are_the_same_bytes(zone: Zone) -> None:
    request = zone.released()
    again = zone.home / "again.zip"
    write_zip(zone.desk.package_of(request.ref), again)
    assert again.read_bytes() == zone.desk.zip_of(request.ref).read_bytes()
