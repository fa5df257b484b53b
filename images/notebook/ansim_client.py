"""Check a result and ask for it to leave, from a notebook.

    import ansim_client
    ansim_client.evidence(df, by=["region"], value="income", unit="person_id", name="table.csv")
    ansim_client.check("table.csv")
    ansim_client.clean("table.csv", round_to=10, hide_below=10)
    ansim_client.submit("table.csv", title="...", purpose="...")
    ansim_client.status()
    ansim_client.packages()

A result is a file in /outbox; one elsewhere is copied there first. The check is the one that runs after you submit.

노트북에서 결과 파일을 미리 점검하고 반출을 신청합니다. 점검은 몇 번이든 되풀이할 수 있습니다.
"""

from __future__ import annotations

import http.client
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

if __name__ != "ansim_client":
    from images.notebook import ansim_packages
    from images.notebook.ansim_call import asked
    from images.notebook.ansim_evidence import SUFFIX, Unsuitable, write
    from images.notebook.ansim_outbox import Refused, cleaned, mendable, name_in
    from images.notebook.ansim_table import as_html, as_text
    from images.notebook.ansim_words import WORDS
else:  # in a notebook the files lie side by side
    import ansim_packages  # type: ignore[import-not-found,no-redef,unused-ignore]
    from ansim_call import asked  # type: ignore[import-not-found,no-redef,unused-ignore]
    from ansim_evidence import SUFFIX, Unsuitable, write  # type: ignore[import-not-found,no-redef,unused-ignore]
    from ansim_outbox import Refused, cleaned, mendable, name_in  # type: ignore[import-not-found,no-redef,unused-ignore]
    from ansim_table import as_html, as_text  # type: ignore[import-not-found,no-redef,unused-ignore]
    from ansim_words import WORDS  # type: ignore[import-not-found,no-redef,unused-ignore]

__all__ = ["AnsimError", "ask_for_package", "check", "clean", "evidence", "messages", "packages", "requests", "status"]
__all__ += ["submit"]

OUTBOX = Path("/outbox")
SOCKET = "/zone/api.sock"
PATIENCE = 90.0  # seconds: a part of the zone that is restarted is back within this time
PAUSES = (0.5, 1.0, 2.0)
#: "ko" or "en"; the zone sets the language of the person who works here.
language = "ko" if os.environ.get("ANSIM_LANGUAGE") == "ko" else "en"

_Item = TypeVar("_Item", bound="Shown")


def _word(code: str) -> str:
    """The word for a code in the person's language; a code without one stands for itself."""
    korean, english = WORDS.get(code.lower(), (code, code))
    return korean if language == "ko" else english


class AnsimError(Exception):
    """The zone refused, or could not be asked; the message says what to do next."""

    def __init__(self, korean: str, english: str, hint: str = "") -> None:
        message = korean if language == "ko" else english
        super().__init__(f"{message}\n{hint}" if hint else message)

    def _render_traceback_(self) -> list[str]:
        """In a notebook the message is the whole story; the frames of this module help nobody."""
        return [f"AnsimError: {self}"]


class Shown:
    """Something that is shown as text in a terminal and as a table in a notebook."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self._shown_in: int | None = None

    def heading(self) -> str:
        """One line that says how it stands."""
        return ""

    def columns(self) -> Sequence[str]:
        """The codes of the table's columns."""
        return ()

    def rows(self) -> Iterator[Sequence[str]]:
        """The table's rows, in the person's language."""
        yield from ()

    def _titles(self) -> list[str]:
        return [_word(code) for code in self.columns()]

    def __repr__(self) -> str:
        return as_text(self.heading(), self._titles(), self.rows())

    def _repr_html_(self) -> str:
        return as_html(self.heading(), self._titles(), list(self.rows()))

    def _ipython_display_(self) -> None:
        """Show it, unless the call that made it has shown it in this very cell."""
        if self._shown_in is None or self._shown_in != getattr(_shell(), "execution_count", None):
            _publish(self)


class Report(Shown):
    """What the check found, file by file."""

    @property
    def passed(self) -> bool:
        """Whether every file may be submitted as it is."""
        files = self.document.get("files", [])
        return bool(files) and all(file.get("verdict") == "passed" for file in files)

    def heading(self) -> str:
        """The verdict over all files, and the policy it was made under."""
        policy = self.document.get("policy", {})
        name = f" ({_word('policy')}: {policy.get('name', '?')} {str(policy.get('digest', ''))[:12]})"
        lines = [_word("all_passed" if self.passed else "some_failed") + name]
        for file in self.document.get("files", []):
            if mendable(file.get("findings", [])):
                path = json.dumps(str(file.get("path", "")), ensure_ascii=False)
                lines.append(f"{_word('copy')}: ansim_client.clean({path})")
        return "\n".join(lines)

    def columns(self) -> Sequence[str]:
        return ("file", "result", "where", "what", "fix")

    def rows(self) -> Iterator[Sequence[str]]:
        for file in self.document.get("files", []):
            path = str(file.get("path", ""))
            told = [finding for finding in file.get("findings", []) if finding.get("status") != "passed"]
            yield (path, _word(str(file.get("verdict", ""))), "", "", "")
            for finding in told:
                flagged = finding.get("status") == "flagged"
                result = _word(str(finding.get("severity" if flagged else "status", "")))
                where = ", ".join(f"{_word(key)} {at}" for key, at in (finding.get("where") or {}).items())
                yield (path, result, where, _text(finding.get("message")), _text(finding.get("fix")))


class Requests(Shown):
    """The requests of this workspace, newest first."""

    def heading(self) -> str:
        """How many there are, or that there are none."""
        found = self._found()
        return f"{_word('request')}: {len(found)}" if found else _word("nothing")

    def columns(self) -> Sequence[str]:
        return ("request", "state", "title", "what")

    def rows(self) -> Iterator[Sequence[str]]:
        for request in self._found():
            state = _text(request.get("state_text")) or str(request.get("state", ""))
            yield (str(request.get("ref", "")), state, _text(request.get("title")), _text(request.get("message")))

    def _found(self) -> list[Mapping[str, Any]]:
        found = self.document.get("requests")
        return list(found) if isinstance(found, list) else [self.document] if "ref" in self.document else []


class Submission(Requests):
    """A request that was just submitted."""

    def heading(self) -> str:
        """That it went out."""
        return _word("submitted")

    @property
    def ref(self) -> str:
        """The request's reference, for `requests(ref)`."""
        return str(next((request.get("ref", "") for request in self._found()), ""))


class Status(Requests):
    """How this workspace and its requests stand."""

    def heading(self) -> str:
        """The zone's line about this workspace, how many requests there are, and what lies in /outbox."""
        told = ((file.get("name", ""), _text(file.get("problem"))) for file in self.document.get("outbox", []))
        outbox = [f"/outbox/{name}{f': {problem}' if problem else ''}" for name, problem in told]
        return "\n".join(filter(None, (_text(self.document.get("message")), super().heading(), *outbox)))


class Packages(Shown):
    """Which packages the project may install, and how its requests for others stand."""

    def heading(self) -> str:
        return ansim_packages.heading(self.document, _word)

    def columns(self) -> Sequence[str]:
        return ansim_packages.COLUMNS

    def rows(self) -> Iterator[Sequence[str]]:
        yield from ansim_packages.rows(self.document, _word, _text)


def check(
    *files: str | os.PathLike[str],
    controls: str | Mapping[str, Any] | None = None,
    supporting: Sequence[str | os.PathLike[str]] = (),
    context: str = "",
) -> Report:
    """Check files as they would be checked after submitting; nothing is submitted and nothing is kept.

    반출 신청 전에 파일을 미리 점검합니다. 신청되지 않으며 아무것도 남지 않습니다.
    """
    body = {"controls": controls, "context": context, **_handed_in(files, supporting)}
    return _show(Report(_call("POST", "/workspace/precheck", body)))


def submit(
    *files: str | os.PathLike[str],
    title: str,
    purpose: str,
    context: str = "",
    controls: str | Mapping[str, Any] | None = None,
    supporting: Sequence[str | os.PathLike[str]] = (),
    groups: Mapping[str, Mapping[str, Any]] | None = None,
) -> Submission:
    """Ask for files to leave the zone; `groups`: `{"a name": {"context": …, "controls": …, "files": [names]}}`.

    `context` tells the reviewers what they need to understand the files, `controls` what was done against disclosure.
    `supporting` files are for checks and reviewers and never leave; evidence beside a file goes with it by itself.

    파일의 반출을 신청합니다. context에는 심의자가 알아야 할 것을, controls에는 적용한 통계적 노출 제어를,
    supporting에는 반출하지 않는 근거 자료를 적습니다. evidence로 만든 근거 파일은 저절로 함께 갑니다.
    """
    words = {"title": title, "purpose": purpose, "context": context, "controls": controls}
    body = {**words, **({"groups": groups} if groups else {}), **_handed_in(files, supporting)}
    return _show(Submission(_call("POST", "/workspace/submit", body)))


def evidence(df: Any, by: Sequence[str], *, name: str, value: str | None = None, unit: str | None = None) -> Path:
    """Write what stands behind the table `name`: counts per group of `by`, and who contributes most to `value`.

    `unit` is the column that tells contributors apart; without it every row is one. The file never leaves the zone.

    표 name의 근거 파일(by의 집단별 수, value에 가장 크게 기여한 값)을 만듭니다. 반출되지 않습니다.
    """
    try:
        path, cells = write(df, OUTBOX / Path(name).name, by=by, value=value, unit=unit)
    except Unsuitable as error:
        raise AnsimError(*error.args) from None
    print(f"{path.name}: {_word('evidence')} ({cells})")
    return path


def clean(file: str | os.PathLike[str], *, round_to: int = 0, hide_below: int = 0, counts: Sequence[str] = ()) -> Path:
    """Write a copy without what a machine can take out, and beside it what was changed; the file stays as it is.

    Formulas, hidden characters, outputs of notebooks, metadata and lowest bits of pictures go. In a CSV or XLSX counts
    are rounded to `round_to` and those from 1 to below `hide_below` masked; `counts` names columns that count people
    beside those whose names say so. Check the copy again: it may still hold what only you can mend.

    기계가 고칠 수 있는 것을 고친 사본(이름.clean.*)과 바꾼 내용을 /outbox에 씁니다. 원본은 그대로입니다. round_to는
    반올림 단위, hide_below는 그보다 작은 수를 가리는 기준입니다. 사본을 다시 점검하십시오.
    """
    try:
        copy = cleaned(OUTBOX / _name_in_outbox(Path(file)), round_to=round_to, hide_below=hide_below, counts=counts)
    except Refused as error:
        raise AnsimError(*error.args) from None
    print(f"{copy.path.name}: {_word('cleaned')} ({copy.changes.name})")
    print("\n".join(f"  - {told[language != 'ko']}" for told in copy.told) or f"  {_word('unchanged')}")
    return copy.path


def status() -> Status:
    """How this workspace and its requests stand. / 분석환경과 신청의 상태를 보여줍니다."""
    return _show(Status(_call("GET", "/workspace/status")))


def messages() -> Requests:
    """What was said about the requests of this workspace, the latest first. / 신청에 대해 오간 말, 최근 것부터."""
    return _show(Requests(_call("GET", "/workspace/messages")))


def packages() -> Packages:
    """Which packages `%pip install` finds, and requests for others. / 설치할 수 있는 패키지와 패키지 신청 현황."""
    return _show(Packages(_call("GET", "/workspace/packages")))


def ask_for_package(package: str, *, why: str) -> Packages:
    """Ask an operator to allow a package. / 운영자에게 패키지 허용을 신청합니다. why에 필요한 까닭을 적습니다."""
    return _show(Packages(_call("POST", "/workspace/packages", {"package": package, "reason": why})))


def requests(ref: str | None = None) -> Requests:
    """The requests of this workspace, or the one with this reference. / 신청 목록, 또는 지정한 신청 하나."""
    if ref is None:
        return _show(Requests(_call("GET", "/workspace/status")))
    if not ref.isascii() or not ref.replace("_", "").isalnum():
        raise AnsimError(f"신청 번호가 아닙니다: {ref}", f"Not the reference of a request: {ref}")
    return _show(Requests(_call("GET", f"/workspace/requests/{ref}")))


def _handed_in(
    files: Sequence[str | os.PathLike[str]], supporting: Sequence[str | os.PathLike[str]]
) -> Mapping[str, list[str]]:
    """The names in /outbox of the files and of what goes with them; a file that lies elsewhere is copied there."""
    if not files:
        raise AnsimError("파일을 하나 이상 지정하세요.", "Name at least one file.")
    names = [_name_in_outbox(Path(file)) for file in files]
    beside = [f"{name}{SUFFIX}" for name in names if (OUTBOX / f"{name}{SUFFIX}").is_file()]
    more = dict.fromkeys((*(_name_in_outbox(Path(file)) for file in supporting), *beside))
    return {"files": names, **({"supporting": [one for one in more if one not in names]} if more else {})}


def _name_in_outbox(file: Path) -> str:
    """The name of one file in /outbox."""
    try:
        name, copied = name_in(OUTBOX, file)
    except Refused as error:
        raise AnsimError(*error.args) from None
    if copied:
        print(f"{name}: {_word('copied')}")
    return name


def _call(method: str, path: str, body: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
    """Ask the zone and return its answer; while a part of it is restarted or was asked too often, wait and ask again.

    Asking twice is safe: checking changes nothing, and the same request twice within minutes is one request.
    """
    deadline, attempt = time.monotonic() + PATIENCE, 0
    while True:
        try:
            status_code, raw, wait = asked(SOCKET, method, path, body, language)
            if not wait or time.monotonic() > deadline:
                return _understood(status_code, raw)
        except (OSError, http.client.HTTPException) as error:
            if isinstance(error, TimeoutError) or time.monotonic() > deadline:
                raise _away(error) from error
        if attempt == 1:
            print(_word("waiting"))
        time.sleep(PAUSES[min(attempt, len(PAUSES) - 1)])
        attempt += 1


def _away(error: Exception) -> AnsimError:
    """The error of a zone that does not answer."""
    return AnsimError(
        "데이터안심구역에 연결하지 못했습니다. 잠시 뒤 다시 시도하세요.",
        "The zone could not be reached. Try again in a moment.",
        hint=f"({type(error).__name__})",
    )


def _understood(status_code: int, raw: bytes) -> Mapping[str, Any]:
    """The document in an answer, or the refusal that it is."""
    try:
        document = json.loads(raw)
    except ValueError:
        document = None
    if status_code < 300 and isinstance(document, dict):
        return document
    if status_code < 300 and isinstance(document, list):
        return {"requests": document}
    told: Any = document if isinstance(document, dict) else {}
    told = told["error"] if isinstance(told.get("error"), dict) else told
    said = _text(told.get("error", told.get("message", told))) or f"HTTP {status_code}"
    raise AnsimError(f"거절되었습니다: {said}", f"Refused: {said}", hint=_text(told.get("hint")))


def _text(value: object) -> str:
    """A text of the zone, which comes as a string or in both languages."""
    if isinstance(value, Mapping):
        value = value.get(language) or value.get("en") or ""
    return str(value) if value is not None else ""


def _show(item: _Item) -> _Item:
    """Show an answer at once, wherever in a cell the call stands."""
    item._shown_in = getattr(_shell(), "execution_count", None)
    _publish(item)
    return item


def _shell() -> Any:
    """The notebook's shell, or None in a plain interpreter."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython else None


def _publish(item: Shown) -> None:
    """Put an answer before the person: a table in a notebook, text elsewhere."""
    shell = _shell()
    if shell is None or not hasattr(shell, "kernel"):
        print(item)
    else:
        shell.display_pub.publish({"text/plain": repr(item), "text/html": item._repr_html_()})
