#!/usr/bin/env python3
# fmt: off
# ruff: noqa: E401, I001  # close together: it is meant to be read in one sitting
"""Verifies a copy of an Ansim audit log, or a receipt of one entry, without the zone that made it and without network.

    python3 verify.py [DIRECTORY | FILE.tlog-proof] --key log.vkey [--policy FILE] [--since OLD.checkpoint] [--json]

Needs Python 3.10 or later and `cryptography`, as Debian 12 ships both, and 50 for signatures by ML-DSA; nothing of
Ansim. Written from the public texts: RFC 6962 (tree), RFC 8785 (canonical JSON), c2sp.org/signed-note (files),
/tlog-checkpoint, -tiles, -proof, -cosignature and -policy.

Get `log.vkey` from somebody you trust, on another way than this copy: a key that lies in the copy proves nothing.
Exit codes: 0 intact · 10 tampered · 11 incomplete · 12 not signed by a key you trust · 2 wrong usage · 3 cannot run.
"""
from __future__ import annotations
import argparse, base64, hashlib, json, os, re, stat, sys
from pathlib import Path
from typing import Any
try:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ed25519
except ImportError:
    sys.stderr.write("it needs cryptography: python3 -m pip install cryptography\n")
    sys.exit(3)
try:
    from cryptography.hazmat.primitives.asymmetric import mldsa
except ImportError:
    mldsa = None  # type: ignore[assignment]

UNCHECKED_SAID = "ML-DSA signature not checked: needs cryptography >= 50"
# What is found: its weight, whether it is about every entry it names, and the sentence in Korean and in English.
FOUND = {
    "entry.form": ("tampered", 1, "{0}번 기록의 형식이 올바르지 않음", "entry {0} is not of the fixed form"),
    "entry.tree": ("tampered", 1, "{0}번 기록이 해시 트리와 다름", "entry {0} is not the one in the tree"),
    "bundle.form": ("tampered", 1, "{0}번 기록부터 파일을 읽을 수 없음", "the file of entries breaks at entry {0}"),
    "tile.form": ("tampered", 0, "해시 트리 파일의 형식 오류({0}~{1})", "a tile over {0} to {1} has a wrong length"),
    "tile.root": ("tampered", 0, "해시 트리가 변경됨({0}~{1})", "a tile over entries {0} to {1} was changed"),
    "checkpoint.root": ("tampered", 0, "{0}~{1}번 기록이 서명과 다름", "entries {0} to {1} are not as signed"),
    "checkpoint.split": ("tampered", 1, "크기 {0} 체크포인트가 둘로 갈림", "two signed trees of size {0} differ"),
    "checkpoint.form": ("tampered", 1, "크기 {0}의 체크포인트 형식 오류", "the checkpoint of size {0} is malformed"),
    "checkpoint.signature": ("tampered", 1, "크기 {0} 체크포인트 서명 오류", "the signature at size {0} does not hold"),
    "receipt": ("tampered", 1, "증명서가 성립하지 않음", "the receipt does not hold"),
    "checkpoint.untrusted": ("untrusted", 1, "크기 {0}: 신뢰하는 서명 없음", "no trusted key signed at size {0}"),
    "key.unknown": ("untrusted", 1, "신뢰하는 키가 주어지지 않음", "no key that you trust was given (--key)"),
    "witness.quorum": ("untrusted", 1, "증인의 서명이 부족함", "too few witnesses signed"),
    "file.missing": ("incomplete", 1, "파일 없음({0}~{1}번 기록)", "a file about entries {0} to {1} is missing"),
    "entry.left_out": ("incomplete", 1, "{0}~{1}번 본문이 없음", "the bodies of {0} to {1} are not in this copy"),
    "copy.older": ("incomplete", 1, "사본이 체크포인트보다 짧음({0})", "the copy ends at {0}, before your checkpoint"),
    "signature.unchecked": ("note", 1, "ML-DSA 서명 미확인: cryptography >= 50 필요", UNCHECKED_SAID),
    "entry.pruned": ("note", 1, "{0}~{1}번은 기록된 대로 파기됨", "entries {0} to {1} were pruned, as declared"),
}
TIME = re.compile(r"[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]\.[0-9]{6}Z")
CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
SIZE = re.compile("[1-9][0-9]{0,18}")
Keys = list[tuple["Key", int, "int | None"]]
UNCHECKED: set[str] = set()
SIGNATURE = re.compile("\u2014 ([^\\s+\x00-\x1f]+) ([A-Za-z0-9+/]+={0,2})")

class Wrong(Exception):
    """Something is not what it claims to be; the argument is the code of what was found."""
def unbase64(text: str, code: str, length: int | None = None) -> bytes:
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except ValueError:
        raise Wrong(code) from None
    if base64.b64encode(data).decode() != text or length not in (None, len(data)):
        raise Wrong(code)  # a second spelling of the same bytes would make two files of one
    return data
def decimal(text: str, code: str) -> int:
    if not re.fullmatch("0|[1-9][0-9]{0,18}", text):
        raise Wrong(code)
    return int(text)
class Key:
    """A public key with its name, as `name+id+base64`: kind 1 signs notes, 4 and 6 cosign checkpoints with a time."""
    def __init__(self, vkey: str) -> None:
        name, _, rest = vkey.partition("+")
        key_id, _, encoded = rest.partition("+")
        material = unbase64(encoded, "key.form")
        self.vkey, self.name, self.kind, self.key = vkey, name, material[0:1], material[1:]
        self.id = hashlib.sha256(name.encode() + b"\n" + material).digest()[:4]
        if len(self.key) != {b"\1": 32, b"\4": 32, b"\6": 1312}.get(self.kind) or self.id.hex() != key_id:
            raise Wrong("key.form")
    def second(self, text: str, signature: bytes) -> int | None:
        """Return the second of a good signature (0 for kind 1, which says none), -1 if none can check it, else None."""
        message, second = text.encode(), 0
        public: Any = ed25519.Ed25519PublicKey if self.kind != b"\6" else mldsa and mldsa.MLDSA44PublicKey
        try:
            if self.kind != b"\1":
                origin, size, root = read_checkpoint(text)
                second, signature = int.from_bytes(signature[:8], "big"), signature[8:]
                message = b"cosignature/v1\ntime %d\n" % second + message
            if self.kind == b"\6":
                names = [bytes([len(name.encode())]) + name.encode() for name in (self.name, origin)]
                numbers = [number.to_bytes(8, "big") for number in (second, 0, size)]
                message = b"subtree/v1\n\0" + names[0] + numbers[0] + names[1] + numbers[1] + numbers[2] + root
            if public is None:
                raise UnsupportedAlgorithm("ML-DSA")
            public.from_public_bytes(self.key).verify(signature, message)
        except UnsupportedAlgorithm:
            UNCHECKED.add(self.vkey)
            return -1
        except (InvalidSignature, ValueError, Wrong):
            return None
        return second if second < 2**63 else None

def read_keys(text: str) -> Keys:
    """Return the keys in `<vkey> [from=SIZE] [to=SIZE]` lines, with the sizes of the tree at which they are valid."""
    keys: Keys = []
    for words in (line.split() for line in text.split("\n") if line.strip() and not line.strip().startswith("#")):
        limits = dict(word.split("=") for word in words[1:] if word.count("=") == 1)
        if not limits.keys() <= {"from", "to"} or len(limits) != len(words) - 1:
            raise Wrong("key.form")
        numbers = {name: decimal(value, "key.form") for name, value in limits.items()}
        keys.append((Key(words[0]), numbers.get("from", 0), numbers.get("to")))
    if len({key.name for key, _, _ in keys}) != 1 or len({key.vkey for key, _, _ in keys}) != len(keys):
        raise Wrong("key.form")
    return keys
def read_note(note: str) -> tuple[str, list[tuple[str, bytes, bytes]]]:
    """Return the text of a note and its signatures: name, id of the key, and value."""
    text, _, block = note.rpartition("\n\n")
    lines = [SIGNATURE.fullmatch(line) for line in block[:-1].split("\n")]
    values = [(line[1], unbase64(line[2], "checkpoint.form")) for line in lines if line]
    whole = block.endswith("\n") and len(values) == len(lines) <= 64 and all(len(value) > 4 for _, value in values)
    if not whole or len(note) > 100_000 or re.search("[\0-\x09\x0b-\x1f\ufffd]", text):
        raise Wrong("checkpoint.form")
    return text + "\n", [(name, value[:4], value[4:]) for name, value in values]
def read_checkpoint(text: str) -> tuple[str, int, bytes]:
    lines = text.split("\n")
    if len(lines) < 4 or lines.pop() or not all(lines):
        raise Wrong("checkpoint.form")
    return lines[0], decimal(lines[1], "checkpoint.form"), unbase64(lines[2], "checkpoint.form", 32)
def signers(note: str, keys: list[Key]) -> dict[str, int]:
    """Return which keys signed a note, and when; one bad signature of a known key spoils it."""
    text, signatures = read_note(note)
    known = {(key.name, key.id): key for key in keys}
    made = [(key.vkey, key.second(text, one[2])) for one in signatures if (key := known.get(one[:2]))]
    if any(second is None for _, second in made):
        raise Wrong("checkpoint.signature")
    return {vkey: second for vkey, second in made if second is not None and second >= 0}

def open_checkpoint(note: str, keys: Keys, wanted: int | None = None) -> tuple[int, bytes]:
    """Return size and root of a checkpoint that a key signed which is valid at that size."""
    origin, size, root = read_checkpoint(read_note(note)[0])
    valid = [key for key, first, last in keys if first <= size and (last is None or size <= last)]
    if not signers(note, valid) or origin != keys[0][0].name:
        raise Wrong("checkpoint.untrusted")
    if wanted not in (None, size):
        raise Wrong("checkpoint.form")
    return size, root

def satisfies(policy: str, note: str) -> bool:
    """Return whether enough witnesses signed a checkpoint: `log`, `witness`, `group` and one `quorum` line."""
    rules = [line.split() for line in policy.split("\n") if line.strip() and not line.strip().startswith("#")]
    logs = [Key(rule[1]) for rule in rules if rule[0] == "log"]
    witnesses = {rule[1]: Key(rule[2]) for rule in rules if rule[0] == "witness"}
    groups = {rule[1]: (rule[2], rule[3:]) for rule in rules if rule[0] == "group"}
    [quorum] = [rule[1] for rule in rules if rule[0] == "quorum"]
    members = [name for _, names in groups.values() for name in names]
    if len(members) != len(set(members)) or len(rules) != len(logs) + len(witnesses) + len(groups) + 1:
        raise Wrong("not a policy")  # counted in two places, one witness could make a quorum of two
    def met(name: str) -> bool:
        if name in witnesses:
            return made.get(witnesses[name].vkey, 0) > 0
        needed, names = groups[name]
        return sum(map(met, names)) >= ({"all": len(names), "any": 1}.get(needed) or max(int(needed), 1))
    try:
        made = signers(note, [*logs, *witnesses.values()])
    except Wrong:
        return False
    return (not logs or any(log.vkey in made for log in logs)) and (quorum == "none" or met(quorum))

def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()
class Edge:
    """The right edge of a growing tree (RFC 6962, section 2.1): the roots of its perfect subtrees."""
    def __init__(self, hashes: list[bytes]) -> None:
        self.size, self.peaks = 0, hashes[:0]
        for value in hashes:
            self.add(value)
    def add(self, value: bytes, leaves: int = 1) -> None:
        self.size, count = self.size + leaves, self.size // leaves + 1
        while count % 2 == 0:
            value, count = node(self.peaks.pop(), value), count // 2
        self.peaks.append(value)
    def root(self) -> bytes:
        root = self.peaks[-1] if self.peaks else hashlib.sha256(b"").digest()
        for peak in reversed(self.peaks[:-1]):
            root = node(peak, root)
        return root

def root_of_path(index: int, size: int, value: bytes, path: list[bytes]) -> bytes | None:
    """Return the root that an inclusion path (RFC 6962, section 2.1.1) leads to, or None if it leads nowhere."""
    if size <= 1 or not path:
        return value if size == 1 and index == 0 and not path else None
    split = 1 << (size - 1).bit_length() - 1
    below = root_of_path(index % split, split if index < split else size - split, value, path[:-1])
    return below and (node(below, path[-1]) if index < split else node(path[-1], below))
def read_body(data: bytes) -> Any:
    """Return a body if it is canonical JSON (RFC 8785) that says who, when, from where, whose data, what; or None."""
    try:
        body = json.loads(data.decode("utf-8"))
        again = CANONICAL(body).encode("utf-8")
    except (ValueError, RecursionError):
        return None
    texts, objects = ("id", "ts", "component", "action", "outcome"), ("actor", "object", "subjects", "source")
    fit = isinstance(body, dict) and body.get("v") == 1 and again == data and len(data) <= 65535
    fit = fit and all(isinstance(body.get(name), str) for name in texts) and TIME.fullmatch(body["ts"])
    return body if fit and all(isinstance(body.get(name), dict) for name in objects) else None

class Copy:
    """The verification of one directory; at most a hundred findings of each kind."""
    def __init__(self, directory: Path) -> None:
        self.directory, self.edge, self.covered, self.explained, self.root_below = directory, Edge([]), 0, False, ""
        self.found: dict[tuple[str, int], int] = {}
        self.heads: list[tuple[int, bytes]] = []
        self.pruned: tuple[Any, ...] = ()
    def add(self, code: str, first: int, last: int | None = None, *, explains: bool = False) -> None:
        if sum(one == code for one, _ in self.found) < 100:
            self.found.setdefault((code, first), first if last is None else last)
        self.explained = self.explained or explains
    def read(self, *path: str) -> bytes | None:
        try:
            number = os.open(self.directory.joinpath(*path), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            with os.fdopen(number, "rb") as file:
                return file.read(256 * 65537 + 1) if stat.S_ISREG(os.fstat(number).st_mode) else None
        except OSError:  # also of a directory
            return None
    def text(self, *path: str) -> str:
        return (self.read(*path) or b"").decode("utf-8", "replace")
    def tile(self, level: str, n: int, width: int) -> bytes | None:
        groups = re.findall("...", f"{n:0{-(-len(str(n)) // 3) * 3}}")
        name = "/".join(["x" + group for group in groups[:-1]] + groups[-1:])
        return self.read("tile", level, name if width == 256 else f"{name}.p/{width}")
    def opened(self, note: str, size: int | None, keys: Keys) -> tuple[int, bytes] | None:
        try:
            return open_checkpoint(note, keys, size)
        except Wrong as wrong:
            self.add(str(wrong), size or 0)
        return None
    def verify(self, keys: Keys | None, held: list[str], policy: str | None) -> int:
        """Verify everything in the copy that is signed; `keys` are None if whoever verifies trusts none."""
        if keys is None:
            self.add("key.unknown", 0)
        trusted = keys or read_keys(self.text("trusted-keys"))
        names = [path.name for path in sorted(self.directory.glob("checkpoints/[!.]*"))]
        notes: list[Any] = [(int(n) if SIZE.fullmatch(n) else 0, self.text("checkpoints", n)) for n in names]
        if self.read("checkpoint") is None:
            self.add("file.missing", 0)
        else:
            notes.append((None, self.text("checkpoint")))
        signed = [(head, note) for size, note in notes if (head := self.opened(note, size, trusted))]
        mine = [head for note in held if (head := self.opened(note, None, trusted))]
        size, most = (max((head[0] for head in heads), default=0) for heads in ([head for head, _ in signed], mine))
        first = min(self.first(), size)
        self.heads = sorted({head for head, _ in signed} | {head for head in mine if head[0] <= size})
        self.walk(size, first)
        if most > size:
            self.add("copy.older", size, most - 1)
        if first and self.pruned == (first, self.root_below):
            self.add("entry.pruned", 0, first - 1)
        elif most < first:
            self.add("entry.left_out", 0, first - 1)
        if policy is not None and not any(head[0] <= self.covered and satisfies(policy, note) for head, note in signed):
            self.add("witness.quorum", 0, max(self.covered - 1, 0))
        return size
    def first(self) -> int:
        """Return the first entry whose body is said to be in the copy; nothing else in the manifest is relied on."""
        try:
            return max(int(json.loads(self.text("manifest.json"))["first"]), 0)
        except (ValueError, KeyError, TypeError, RecursionError, OverflowError):
            return 0
    def walk(self, size: int, first: int) -> None:
        """Hold bodies, tiles and checkpoints against each other, one tile at a time."""
        closed: list[list[bytes]] = [[] for _ in range(8)]  # by level, the roots of full tiles that wait for 256
        self.at(0, first)
        for start in range(0, size, 256):
            end = min(start + 256, size)
            bodies = self.bundle(start, end, first)
            for index, data in enumerate(bodies, start):
                body = None if data is None else read_body(data)
                if data is not None and body is None:
                    self.add("entry.form", index, explains=True)
                elif body and (body["action"], body["outcome"]) == ("log.pruned", "ok"):
                    self.pruned = tuple(body.get("detail", {}).get(name) for name in ("minimum", "root"))
            leaves = [b"" if body is None else hashlib.sha256(b"\0" + body).digest() for body in bodies]
            hashes = self.against(0, start, leaves)
            root = Edge(hashes).root()
            whole = len(hashes) == 256 and not any(start < n < end for n in (first, *(h[0] for h in self.heads[:1])))
            for value in [root] if whole else hashes:
                self.edge.add(value, 256 if whole else 1)
                self.at(self.edge.size, first)
            for level in range(8):
                if len(hashes) < 256:
                    break
                closed[level].append(Edge(hashes).root() if level else root)
                hashes = closed[level]
                if len(hashes) == 256:
                    closed[level] = []
                    hashes = self.against(level + 1, end - 256 ** (level + 2), hashes)
        for level, hashes in enumerate(closed, 1):
            if hashes:
                self.against(level, (size >> 8 * level + 8) << 8 * level + 8, hashes)
    def bundle(self, start: int, end: int, first: int) -> list[bytes | None]:
        """Return the bodies from `start` to `end`, None for each that is not there."""
        data = self.tile("entries", start // 256, end - start)
        bodies: list[bytes | None] = []
        position = 0
        while data and position < len(data) and len(bodies) <= end - start:
            stop = position + 2 + int.from_bytes(data[position : position + 2], "big")
            if stop > len(data):
                break
            bodies.append(data[position + 2 : stop])
            position = stop
        if data is not None and (position != len(data) or len(bodies) != end - start):
            self.add("bundle.form", start + min(len(bodies), end - start - 1), explains=True)
        if max(start + len(bodies), first) < end:
            self.add("file.missing", max(start + len(bodies), first), end - 1, explains=True)
        return (bodies + [None] * 256)[: end - start]
    def against(self, level: int, start: int, hashes: list[bytes]) -> list[bytes]:
        """Compare a tile with the hashes it should have; return those to go on with."""
        span, count = 256**level, len(hashes)
        data = self.tile(str(level), start // (256 * span), count)
        if data is None or len(data) != 32 * count:
            self.add("file.missing" if data is None else "tile.form", start, start + count * span - 1)
            return [value or b"\0" * 32 for value in hashes]
        kept = [data[i : i + 32] for i in range(0, len(data), 32)]
        for place, one, other in zip(range(start, start + count * span, span), hashes, kept, strict=True):
            if one not in (b"", other):
                self.add("tile.root" if level else "entry.tree", place, place + span - 1, explains=True)
        return kept
    def at(self, size: int, first: int) -> None:
        """Hold the tree at a size against every checkpoint of that size."""
        if size == first:
            self.root_below = self.edge.root().hex()
        while self.heads and self.heads[0][0] == size:
            if self.heads.pop(0)[1] == self.edge.root():
                self.covered, self.explained = size, False
            elif self.covered == size > 0:
                self.add("checkpoint.split", size)
            elif not self.explained:
                self.add("checkpoint.root", self.covered, max(size - 1, self.covered), explains=True)

def verify_receipt(text: str, keys: Keys) -> tuple[int, int, Any]:
    """Return what a tlog-proof with its entry proves: index, size of the tree, and body."""
    head, _, note = text.partition("\n\n")
    lines = head.split("\n")
    if lines[0] != "c2sp.org/tlog-proof@v1" or not re.match("extra [^\n]*\nindex [^\n]*", "\n".join(lines[1:3])):
        raise Wrong("receipt")
    data, index = unbase64(lines[1][6:], "receipt"), decimal(lines[2][6:], "receipt")
    path = [unbase64(line, "receipt", 32) for line in lines[3:]]
    size, root = open_checkpoint(note, keys)
    body = read_body(data)
    if body is None or index >= size or root_of_path(index, size, hashlib.sha256(b"\0" + data).digest(), path) != root:
        raise Wrong("receipt")
    return index, size, body

def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", nargs="?", type=Path, default=Path(__file__).resolve().parent)
    parser.add_argument("--key", type=Path, help="log.vkey or trusted-keys, from somebody you trust")
    parser.add_argument("--policy", type=Path, help="which witnesses must have signed")
    parser.add_argument("--since", type=Path, action="append", default=[], help="a checkpoint that you hold")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    copy = Copy(options.path)
    answer: dict[str, Any] = {}
    try:
        keys = read_keys(options.key.read_text("utf-8")) if options.key else None
        policy = options.policy.read_text("utf-8") if options.policy else None
        held = [path.read_text("utf-8", "replace") for path in options.since]
        text = None if options.path.is_dir() else options.path.read_text("utf-8", "replace")
        if text is None and {path.name for path in options.path.iterdir()} & {"checkpoint", "tile"}:
            answer["size"], answer["covered"] = copy.verify(keys, held, policy), copy.covered
        elif text is None or keys is None:
            parser.error("no copy of a log, or a receipt without --key")
        else:
            try:
                answer["index"], answer["size"], answer["body"] = verify_receipt(text, keys)
            except Wrong as wrong:
                copy.add(str(wrong), 0)
    except (OSError, ValueError, LookupError, Wrong) as error:
        parser.error(f"{type(error).__name__}: {error}")
    if UNCHECKED:
        copy.add("signature.unchecked", 0)
    korean = os.environ.get("LC_ALL", os.environ.get("LANG", "")).startswith("ko")
    rows: list[Any] = [(code, first, last, *FOUND[code]) for (code, first), last in copy.found.items()]
    rows.sort(key=lambda row: (row[1] if row[4] else row[2], row[1]))
    exits = {"tampered": 10, "untrusted": 12, "incomplete": 11, "intact": 0}
    verdict = next(v for v in exits if v in {"intact", *(row[3] for row in rows)})
    names = ("code", "index", "last", "message")
    said = [dict(zip(names, (*row[:3], row[5 if korean else 6].format(*row[1:3])), strict=True)) for row in rows]
    if options.json:
        sys.stdout.write(json.dumps({"verdict": verdict, **answer, "problems": said}, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(" ".join([verdict, *(f"{name}={value}" for name, value in answer.items())]) + "\n")
        sys.stdout.writelines(f"  {row['code']}: {row['message']}\n" for row in said)
    return exits[verdict]

if __name__ == "__main__":
    sys.exit(main())
