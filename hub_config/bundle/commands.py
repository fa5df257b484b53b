"""`ansim bundle make|verify`: everything for an installation without a network, signed.

Exit codes: 0 done, or sound · 1 the bundle is not what was signed · 2 wrong usage or input · 3 the machine lacks
something.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from audit.cli_context import Context, language_of
from audit.text import Text

_HELP = Text("네트워크 없는 설치에 쓸 번들", "bundles for an installation without a network")
_MAKE = Text("번들을 만들고 서명함 (root, 네트워크 필요)", "make and sign one (root, needs a network)")
_VERIFY = Text("번들의 서명과 모든 파일을 확인", "check the signature and every file of one")
_TARGET = Text("번들 디렉터리", "the directory of the bundle")
_KEY = Text(
    "서명 열쇠 (PEM). 없으면 만들고 옆에 .pub을 둠", "the key that signs (PEM); made, with a .pub, if there is none"
)
_PUBLIC = Text(
    "공개 열쇠 (PEM). 번들과 다른 길로 받은 것", "the public key (PEM), which came by another way than the bundle"
)
_RELEASE = Text("설치할 서버의 데비안 판", "the Debian release of the server")
_JSON = Text("프로그램용 출력", "answer for programs")
_MADE = Text(
    "{path}에 파일 {n}개를 담아 서명했습니다. {pub}은 번들과 다른 길로 서버에 가져가십시오.",
    "{n} files in {path}, signed. Bring {pub} to the server by another way than the bundle.",
)
_SOUND = Text("번들은 서명된 그대로입니다.", "The bundle is what was signed.")
_UNSIGNED = Text(
    "서명이 이 열쇠의 것이 아니거나 목록이 바뀌었습니다. 설치하지 마십시오.",
    "The signature is not by this key, or the list was changed. Do not install it.",
)
_FOUND = {
    "changed": Text("바뀐 파일: {name}", "changed: {name}"),
    "missing": Text("없는 파일: {name}", "missing: {name}"),
    "unlisted": Text("목록에 없는 파일: {name}", "not listed: {name}"),
}


def add_parser(subparsers: Any) -> None:
    """Add `bundle`."""
    language = language_of()
    verbs = subparsers.add_parser("bundle", help=_HELP.say(language)).add_subparsers(required=True, metavar="VERB")
    make = verbs.add_parser("make", help=_MAKE.say(language))
    make.add_argument("--key", type=Path, required=True, help=_KEY.say(language))
    make.add_argument("--debian", choices=("12", "13"), default="12", help=_RELEASE.say(language))
    verify = verbs.add_parser("verify", help=_VERIFY.say(language))
    verify.add_argument("--key", type=Path, required=True, help=_PUBLIC.say(language))
    for verb, act in ((make, run_make), (verify, run_verify)):
        verb.add_argument("bundle", type=Path, help=_TARGET.say(language))
        verb.add_argument("--json", action="store_true", help=_JSON.say(language))
        verb.set_defaults(func=act)


def run_make(arguments: argparse.Namespace, context: Context) -> int:
    """Make a bundle."""
    from hub_config.bundle.making import RELEASES, make
    from hub_config.bundle.manifest import signing_key

    language, quiet = language_of(), context.json
    number = make(
        arguments.bundle,
        signing_key(arguments.key),
        RELEASES[arguments.debian],
        scratch=context.home,
        say=lambda step: None if quiet else context.print(f"… {step.say(language)}"),
    )
    if context.json:
        sys.stdout.write(json.dumps({"path": str(arguments.bundle), "files": number}) + "\n")
    else:
        said = _MADE.fill(path=str(arguments.bundle), n=str(number), pub=f"{arguments.key}.pub")
        context.print(said.say(language))
    return 0


def run_verify(arguments: argparse.Namespace, context: Context) -> int:
    """Check a bundle; 1 if it is not what was signed."""
    from hub_config.bundle.manifest import judge, verifying_key

    found = judge(arguments.bundle, verifying_key(arguments.key))
    if context.json:
        faults = {name: list(getattr(found, name)) for name in _FOUND}
        sys.stdout.write(json.dumps({"sound": found.sound, "signed": found.signed, **faults}) + "\n")
        return 0 if found.sound else 1
    language = language_of()
    if not found.signed:
        context.print(_UNSIGNED.say(language))
    for name, text in _FOUND.items():
        for path in getattr(found, name):
            context.print(text.fill(name=path).say(language))
    if found.sound:
        context.print(_SOUND.say(language))
    return 0 if found.sound else 1
