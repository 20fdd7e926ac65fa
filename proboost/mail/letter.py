"""A letter, whole, as it lies in the outbox; and the message it becomes, the same at every try."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from proboost import i18n
from proboost.mail import address

TEMPLATES = Path(__file__).parent.parent / "web" / "templates" / "mail"
SUBJECT_LENGTH = 160


@dataclass(frozen=True)
class Letter:
    """One mail. `automatic` marks machine mail, which no machine may answer; an answer written by a person is not."""

    to: str
    to_name: str
    subject: str
    text: str
    message_id: str
    at: str  # ISO 8601, when it was written
    thread: tuple[str, ...] = ()  # Message-IDs it follows, the oldest first
    automatic: bool = True
    language: str = "en"
    links: str = ""  # addresses under this one become links in the HTML part; no other text does

    def payload(self) -> dict[str, Any]:
        """As JSON for the outbox."""
        return asdict(self) | {"thread": list(self.thread)}

    @classmethod
    def of(cls, payload: dict[str, Any]) -> Letter:
        """The letter in an outbox row; keys of later versions are passed over."""
        known = {field.name for field in fields(cls)}
        values = {key: value for key, value in payload.items() if key in known}
        return cls(**values | {"thread": tuple(values.get("thread", ()))})


def one_line(text: str, limit: int = SUBJECT_LENGTH) -> str:
    """`text` fit for a header: no control, line or direction characters, one space between words, cut at `limit`."""
    plain = "".join(
        " " if unicodedata.category(char) in {"Cc", "Zl", "Zp", "Zs"} else char
        for char in text
        if unicodedata.category(char) not in {"Cf", "Cs"}
    )
    line = " ".join(plain.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def whole(text: str) -> str:
    """`text` as any database and mail can carry it: no NUL, no lone surrogates, lines end in LF."""
    clean = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    return clean.encode("utf-8", "replace").decode("utf-8")


@lru_cache(maxsize=1)
def _environment() -> Environment:
    """Plain text is what these templates make, so nothing is escaped here; `markup` escapes the HTML part."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=False,  # noqa: S701 -- text/plain
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        keep_trailing_newline=False,
    )
    environment.install_gettext_callables(i18n.gettext, i18n.ngettext, newstyle=True)  # type: ignore[attr-defined]  # by the extension
    environment.filters["quoted"] = quoted
    return environment


def quoted(text: str, limit: int = 4000) -> str:
    """`text` as mail quotes it, cut at `limit` characters."""
    cut = text if len(text) <= limit else text[:limit].rstrip() + " […]"
    return "\n".join(f"> {line}".rstrip() for line in whole(cut).strip().split("\n"))


def render(name: str, language: str, /, **values: object) -> tuple[str, str]:
    """Subject and text of the template `name` in that language: its first line, and what follows the blank line."""
    with i18n.using(language):
        made = _environment().get_template(f"{name}.txt").render(**values)
    subject, _blank, text = made.partition("\n\n")
    return one_line(subject), whole(text).strip() + "\n"


def markup(text: str, links: str, language: str) -> str:
    """The text as minimal HTML: paragraphs, line breaks, quotations, and links to addresses under `links` only."""
    parts = []
    for paragraph in re.split(r"\n{2,}", text.strip()):
        lines = paragraph.split("\n")
        inner = "<br>\n".join(
            _linked(escape(line.removeprefix(">").removeprefix(" ") if _is_quote(lines) else line), links)
            for line in lines
        )
        tag = "blockquote" if _is_quote(lines) else "p"
        parts.append(f"<{tag}>{inner}</{tag}>")
    body = "\n".join(parts)
    head = f'<!doctype html>\n<html lang="{escape(language)}"><head><meta charset="utf-8"></head>'
    return f"{head}\n<body>\n{body}\n</body></html>\n"


def _is_quote(lines: list[str]) -> bool:
    return all(line.startswith(">") for line in lines)


def _linked(line: str, links: str) -> str:
    if not links:
        return line
    pattern = re.escape(escape(links)) + r"[A-Za-z0-9/_.~%-]*"
    return re.sub(pattern, lambda found: f'<a href="{found[0]}">{found[0]}</a>', line)


def compose(letter: Letter, sender: str) -> EmailMessage:
    """The message of a letter: a function of the letter alone, so that a second try is the same message."""
    message = EmailMessage(policy=SMTP)
    message["From"] = address.mailbox(sender)
    local, _at, domain = address.parse(letter.to).rpartition("@")
    message["To"] = Address(one_line(letter.to_name, 80), local, domain)
    message["Subject"] = one_line(letter.subject)
    message["Date"] = datetime.fromisoformat(letter.at)
    message["Message-ID"] = letter.message_id
    if letter.thread:
        message["In-Reply-To"] = letter.thread[-1]
        message["References"] = " ".join(letter.thread)
    if letter.automatic:
        message["Auto-Submitted"] = "auto-generated"
        message["X-Auto-Response-Suppress"] = "All"
    message["Content-Language"] = letter.language
    message.set_content(letter.text, cte="quoted-printable")
    message.add_alternative(markup(letter.text, letter.links, letter.language), subtype="html", cte="quoted-printable")
    message.set_boundary("=_" + hashlib.sha256(letter.message_id.encode()).hexdigest()[:32])
    return message
