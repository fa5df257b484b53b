"""`ansim egress`: check files without a zone, look at requests, verify a release package offline.

Exit codes: 0 done, clean or intact · 1 a file did not pass · 2 wrong usage or input · 3 the environment is missing
something · 10 tampered · 11 incomplete · 12 signed by a key that is not trusted.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from audit.cli_context import Context, language_of
from audit.errors import AuditError
from audit.trusted import TRUSTED_KEYS_FILE, TrustedKeys
from audit.witness.policy import WitnessPolicy
from egress_review import policy_cli, store
from egress_review.antivirus import WithAntivirus
from egress_review.child import without_network
from egress_review.clean_cli import add_command as add_clean
from egress_review.collecting_cli import add_command as add_collections
from egress_review.errors import Invalid, ScanFailed
from egress_review.findings import FileReport, Flagged, NotChecked, Report, Verdict
from egress_review.headless import HOPELESS, RequestFacts, check_paths, load_request
from egress_review.in_words import NOT_APPLIED, SEVERITY_TEXT, place, printable
from egress_review.interests_cli import add_commands as add_interests
from egress_review.package import LOG_KEY
from egress_review.policy import Policy, load_policy, with_recognisers
from egress_review.process import ProcessScanner
from egress_review.release_keys import KEYS_FILE
from egress_review.scanner import ContainerScanner
from egress_review.verify_cli import add_command as add_verify
from egress_review.verify_package import PackageCheck, verify_package
from egress_review.watch_cli import add_commands
from egress_review.workflow import STATE_TEXT
from registry.text import Text

SCANNER_IMAGE = "ansim/scanner:latest"
EXIT_BY_VERDICT: Mapping[str, int] = {"intact": 0, "tampered": 10, "incomplete": 11, "untrusted": 12}

Handler = Callable[[argparse.Namespace, Context], int]

_VERDICTS = {
    Verdict.PASSED: Text("통과", "passed"),
    Verdict.FLAGGED: Text("걸림", "flagged"),
    Verdict.NOT_CHECKED: Text("확인 안 됨", "not checked"),
}
_CONTAINER = Text("컨테이너에서 점검했습니다.", "Checked in the scanner container.")
_PROCESS = Text(
    "컨테이너 엔진이나 검사용 이미지가 없어, 네트워크를 끊고 자원을 제한한 자식 프로세스에서 점검했습니다.",
    "No container engine or no scanner image of this version: checked in a child process without network and with "
    "limits.",
)
_PROCESS_WITH_NETWORK = Text(
    "컨테이너 엔진이나 검사용 이미지가 없어 자원을 제한한 자식 프로세스에서 점검했습니다. "
    "이 컴퓨터에서는 네트워크를 끊을 수 없었습니다.",
    "No container engine or no scanner image of this version: checked in a child process with limits. Its network "
    "could not be taken away on this machine.",
)


def add_parser(subparsers: Any) -> None:
    """Add `egress` and its commands; each sets `func`, a handler of (arguments, context)."""
    group = subparsers.add_parser("egress", help=_say("반출심사", "egress review"))
    commands = group.add_subparsers(required=True, metavar="COMMAND")
    checked = commands.add_parser("check", help=_say("파일을 반출 기준으로 점검", "hold files to a policy"))
    checked.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    checked.add_argument("--policy", default="kr-default", help=_say("정책 이름이나 파일", "name or file of a policy"))
    checked.add_argument("--request", type=Path, help=_say("신청 내용 YAML", "what the request says, in YAML"))
    checked.set_defaults(func=check)
    listed = commands.add_parser("list", help=_say("반출신청 목록", "list the requests of the zone"))
    listed.set_defaults(func=list_requests)
    shown = commands.add_parser("show", help=_say("반출신청 하나의 내용", "show one request with its findings"))
    shown.add_argument("ref", metavar="REQUEST")
    shown.set_defaults(func=show_request)
    verified = commands.add_parser(
        "verify-package", help=_say("반출 묶음을 오프라인으로 검증", "verify a release package offline")
    )
    verified.add_argument("directory", type=Path, metavar="DIR")
    verified.add_argument(
        "--key",
        "--trusted-keys",
        type=Path,
        metavar="FILE",
        help=_say("신뢰하는 기록의 키(log.vkey, trusted-keys)", "keys of the log that you trust"),
    )
    verified.add_argument(
        "--policy",
        type=Path,
        metavar="FILE",
        help=_say("내가 요구하는 증인을 정한 정책", "which witnesses you demand, whatever the zone asked for"),
    )
    verified.add_argument(
        "--release-keys",
        type=Path,
        metavar="FILE",
        help=_say("안심구역이 공개한 반출 키 목록", "the list of release keys that the zone publishes"),
    )
    verified.set_defaults(func=verify)
    policy_cli.add_commands(commands)
    for parser in (
        checked,
        listed,
        shown,
        verified,
        add_clean(commands),
        *add_commands(commands),
        *add_interests(commands),
        add_verify(commands),
        add_collections(commands),
    ):
        parser.add_argument("--json", action="store_true", help=_say("프로그램용 출력", "answer for programs"))


def check(arguments: argparse.Namespace, context: Context) -> int:
    """Hold files to a policy; 0 only if every one passed."""
    policy = with_recognisers(load_policy(arguments.policy, context.home / "policies"), context.home)
    request = load_request(arguments.request) if arguments.request else None
    report, how = _scan(arguments.paths, policy, request)
    language = language_of()
    if context.json:
        _write(json.dumps(report.as_json(language), ensure_ascii=False))
    else:
        for file in sorted(report.files, key=lambda one: one.path):
            _write_file(file, language)
        _write(f"{policy.name} {policy.digest[:12]} · {how.text(language)}")
    sys.stderr.write(f"{how.text(language)}\n" if context.json else "")
    return 0 if report.passed else 1


def _scan(paths: list[Path], policy: Policy, request: RequestFacts | None) -> tuple[Report, Text]:
    """The report of the container, or of a child process where there is none."""
    try:
        return check_paths(paths, policy, request, WithAntivirus(ContainerScanner(SCANNER_IMAGE))), _CONTAINER
    except ScanFailed as error:
        if error.code not in HOPELESS:
            raise
    how = _PROCESS if without_network() else _PROCESS_WITH_NETWORK
    return check_paths(paths, policy, request, WithAntivirus(ProcessScanner())), how


def list_requests(_arguments: argparse.Namespace, context: Context) -> int:
    """Print the requests of the zone, the latest first."""
    with context.zone().db.read() as tx:
        found = store.find(tx)
    if not found and not context.json:
        said = Text(
            "반출신청이 없습니다. 연구자가 분석환경이나 포털에서 신청합니다.",
            "There is no request. Researchers submit them from a workspace or in the portal.",
        )
        _write(said.text(language_of()))
    for one in found:
        row = {
            "ref": one.ref,
            "project": one.project,
            "state": one.state.value,
            "round": one.round,
            "submitted_at": one.submitted_at.isoformat(),
            "files": len(one.files),
        }
        state = STATE_TEXT[one.state].text(language_of())
        line = f"{one.ref}  {one.project:<20} {state:<24} {one.round}  {row['submitted_at']}"
        _write(json.dumps(row, ensure_ascii=False) if context.json else line)
    return 0


def show_request(arguments: argparse.Namespace, context: Context) -> int:
    """Print one request: what it says, its files and findings; votes stay with the reviewers."""
    with context.zone().db.read() as tx:
        one = store.load(tx, arguments.ref)
        report = store.report_of(tx, one)
    language = language_of()
    if context.json:
        content = {
            "ref": one.ref,
            "project": one.project,
            "state": one.state.value,
            "round": one.round,
            "title": one.title,
            "purpose": one.purpose,
            "context": one.context,
            "controls": one.controls,
            "policy": {"name": one.policy_name, "digest": one.policy_digest},
            "files": [{"name": f.name, "sha256": f.sha256, "size": f.size, "kind": f.kind} for f in one.files],
            "report": report.as_json(language) if report else None,
        }
        _write(json.dumps(content, ensure_ascii=False))
        return 0
    _write(f"{one.ref} · {one.project} · {STATE_TEXT[one.state].text(language)} · {one.round}")
    _write(f"{one.title}\n{one.purpose}\n{one.context}")
    for file in report.files if report else ():
        _write_file(file, language)
    return 0


def verify(arguments: argparse.Namespace, context: Context) -> int:
    """Verify a package against the keys and the policy of the reader; without `--key`, against the zone here."""
    if not arguments.directory.is_dir():
        reason = f"{arguments.directory}"
        raise Invalid("no_package", Text(ko=f"폴더가 아닙니다: {reason}", en=f"not a directory: {reason}"))
    kept = context.home / "keys"
    here = arguments.key is None
    result = verify_package(
        arguments.directory,
        _keys(arguments.key, [kept / TRUSTED_KEYS_FILE, kept / "log.vkey"] if here else []),
        policy=_witnesses(arguments.policy),
        release_keys=_keys(arguments.release_keys, [kept / KEYS_FILE] if here else []),
    )
    if context.json:
        _write(json.dumps(_package_json(result), ensure_ascii=False))
    else:
        _write(printable(_package_line(result, language_of())))
    return EXIT_BY_VERDICT[result.verdict]


def _keys(path: Path | None, kept: Sequence[Path]) -> TrustedKeys | None:
    """The keys in a file that the reader names, else in the first that the zone on this machine has; None without any.

    Raises: Invalid — for a file that holds no key.
    """
    file = path or next((one for one in kept if one.is_file()), None)
    if file is None:
        return None
    try:
        return TrustedKeys.load(file)
    except AuditError:
        reason = Text(ko=f"검증 키를 읽을 수 없습니다: {file}", en=f"{file} is no verifier key that can be read")
        raise Invalid("bad_key", reason) from None


def _witnesses(path: Path | None) -> WitnessPolicy | None:
    """The policy that the reader brings.

    Raises: Invalid — for a file that holds none.
    """
    try:
        return WitnessPolicy.load(path) if path else None
    except AuditError as error:
        ko, en = f"증인 정책을 읽을 수 없습니다: {path}: {error}", f"no policy of witnesses: {path}: {error}"
        raise Invalid("bad_policy", Text(ko, en)) from None


def _package_json(result: PackageCheck) -> dict[str, Any]:
    return {
        "verdict": result.verdict,
        "file": result.file,
        "reason": result.reason.text(language_of()),
        "request": result.ref,
        "log": {"origin": result.origin, "index": result.index} if result.origin else None,
        "files": list(result.files),
    }


_INTACT = Text(
    ko="온전함: {ref}의 파일 {number}개는 승인된 그대로이며, {origin} 감사 기록의 {index}번에 있습니다.",
    en="Intact: {ref} holds {files} as approved; entry {index} of the log {origin}.",
)
_FAILED = {
    "tampered": Text("변조됨", "Tampered with"),
    "incomplete": Text("불완전함", "Incomplete"),
    "untrusted": Text("신뢰할 수 없음", "Not trusted"),
}
_GET_KEY = Text(
    ko="안심구역에서 받은 log.vkey를 --key로 지정하십시오.",
    en="Give the log.vkey that you got from the zone itself with --key.",
)


def _package_line(result: PackageCheck, language: str) -> str:
    if result.ok:
        number = len(result.files)
        files = "1 file" if number == 1 else f"{number} files"
        held = _INTACT.fill(ref=result.ref, files=files, number=number, origin=result.origin, index=result.index)
        return held.text(language)
    line = f"{_FAILED[result.verdict].text(language)}: {result.reason.text(language)}"
    return f"{line} {_GET_KEY.text(language)}" if result.file == LOG_KEY and result.verdict == "untrusted" else line


def _write_file(file: FileReport, language: str) -> None:
    _write(f"{_VERDICTS[file.verdict].text(language)}  {printable(file.path)}")
    for finding in file.findings:
        match finding:
            case Flagged():
                _write_finding(SEVERITY_TEXT[finding.severity], finding, place(finding.where), language)
            case NotChecked():
                _write_finding(NOT_APPLIED, finding, Text("", ""), language)


def _write_finding(weight: Text, finding: Flagged | NotChecked, where: Text, language: str) -> None:
    said = (weight.text(language), finding.rule, where.text(language), finding.message.text(language))
    _write("    " + printable(" · ".join(filter(None, said))))
    _write(f"          → {finding.fix.text(language)}")


def _write(line: str) -> None:
    # Not through a console that wraps lines and reads brackets as markup: names of files come from anywhere. Bytes of
    # a name that are no text are written as JSON writes them.
    sys.stdout.write(line.encode("utf-8", "backslashreplace").decode("utf-8") + "\n")


def _say(ko: str, en: str) -> str:
    return Text(ko, en).text(language_of())
