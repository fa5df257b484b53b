"""What a program needs to read of a page: its forms, links, refresh and text."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"input", "meta", "br", "img", "link", "hr"}


@dataclass(slots=True)
class Form:
    """A form as a person would submit it untouched: `fields` holds what is filled in or chosen."""

    action: str
    method: str
    multipart: bool
    fields: list[tuple[str, str]] = field(default_factory=list)
    choices: dict[str, list[str]] = field(default_factory=dict)
    buttons: dict[str, list[str]] = field(default_factory=dict)


@dataclass(slots=True)
class PageContent:
    """The parts of an HTML page that a story acts on."""

    forms: list[Form] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)
    refresh: str | None = None
    refresh_seconds: float = 0.0
    text: str = ""


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = PageContent()
        self._form: Form | None = None
        self._link: str | None = None
        self._select: str | None = None
        self._textarea: str | None = None
        self._words: list[str] = []
        self._link_words: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in ("style", "script"):
            self._hidden += 1
        elif tag == "form":
            multipart = given.get("enctype") == "multipart/form-data"
            self._form = Form(given.get("action", ""), given.get("method", "get").lower(), multipart)
            self.page.forms.append(self._form)
        elif tag == "a" and "href" in given:
            self._link, self._link_words = given["href"], []
        elif tag == "meta" and given.get("http-equiv", "").lower() == "refresh":
            self._refresh(given.get("content", ""))
        elif self._form is not None and tag in ("input", "button"):
            self._input(self._form, tag, given)
        elif tag == "select":
            self._select = given.get("name")
        elif tag == "option" and self._select and self._form is not None:
            self._form.choices.setdefault(self._select, []).append(given.get("value", ""))
            if "selected" in given:
                self._form.fields.append((self._select, given.get("value", "")))
        elif tag == "textarea":
            self._textarea = given.get("name")
            if self._form is not None and self._textarea:
                self._form.fields.append((self._textarea, ""))

    def _input(self, form: Form, tag: str, given: dict[str, str]) -> None:
        name, kind = given.get("name"), given.get("type", "submit" if tag == "button" else "text")
        if not name:
            return
        if kind in ("submit", "image"):
            form.buttons.setdefault(name, []).append(given.get("value", ""))
        elif kind in ("checkbox", "radio"):
            form.choices.setdefault(name, []).append(given.get("value", "on"))
            if "checked" in given:
                form.fields.append((name, given.get("value", "on")))
        else:
            form.fields.append((name, given.get("value", "")))

    def _refresh(self, content: str) -> None:
        found = re.fullmatch(r"\s*([\d.]+)\s*(?:;\s*url\s*=\s*['\"]?(.*?)['\"]?\s*)?", content, re.IGNORECASE)
        if found:
            self.page.refresh_seconds = float(found.group(1))
            self.page.refresh = found.group(2) or ""

    def handle_endtag(self, tag: str) -> None:
        if tag in ("style", "script"):
            self._hidden -= 1
        elif tag == "form":
            self._form = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            self._textarea = None
        elif tag == "a" and self._link is not None:
            self.page.links.append((self._link, " ".join(" ".join(self._link_words).split())))
            self._link = None

    def handle_data(self, data: str) -> None:
        if self._hidden:
            return
        self._words.append(data)
        if self._link is not None:
            self._link_words.append(data)
        if self._textarea and self._form is not None:
            name, value = self._form.fields[-1]
            self._form.fields[-1] = (name, value + data)

    def close(self) -> None:
        super().close()
        self.page.text = " ".join(" ".join(self._words).split())


def read_page(html: str) -> PageContent:
    """Read a page; markup that is not understood is passed over."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.page
