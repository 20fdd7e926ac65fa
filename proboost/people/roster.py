"""A list of people as a school has it, read into accounts to be made; every wrong line says why."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from proboost.i18n import LANGUAGES, _
from proboost.mail import address
from proboost.models.people import ROLES
from proboost.people import names

MOST_LINES = 500
MOST_BYTES = 256 * 1024

_HEADERS = {
    "name": ("name", "login", "username", "user name", "логин", "имя учётной записи", "имя учетной записи"),
    "display_name": (
        "display name", "full name", "fullname", "person", "фио", "ф. и. о.", "имя", "имя и фамилия",
        "фамилия и имя",
    ),
    "email": ("email", "e-mail", "mail", "почта", "эл. почта", "электронная почта", "адрес"),
    "language": ("language", "lang", "язык"),
    "role": ("role", "roles", "роль", "роли"),
}  # fmt: skip
_COLUMNS = {title: column for column, titles in _HEADERS.items() for title in titles}
_ORDER = ("name", "display_name", "email", "language", "role")
_LANGUAGES = {
    "ru": "ru",
    "русский": "ru",
    "russian": "ru",
    "рус": "ru",
    "en": "en",
    "english": "en",
    "английский": "en",
    "англ": "en",
}
_ROLES = {
    "learner": "learner", "student": "learner", "учащийся": "learner", "ученик": "learner", "студент": "learner",
    "grader": "grader", "проверяющий": "grader", "author": "author", "teacher": "author", "автор": "author",
}  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """One line: the account it asks for, and what is wrong with it (sentences for the administrator)."""

    line: int
    name: str
    display_name: str = ""
    email: str = ""
    language: str = ""
    roles: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


class Unreadable(ValueError):
    """It is no list at all; the text says why, for the administrator."""


def decoded(data: bytes) -> str:
    """The text of a file from a school's computer: UTF-8 or UTF-16 by its mark, UTF-8, else windows-1251."""
    if len(data) > MOST_BYTES:
        raise Unreadable(_("The file is larger than {size} KB.").format(size=MOST_BYTES // 1024))
    marked = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "windows-1251"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Unreadable(_("The file is not text that we can read. Save it as CSV (UTF-8) and try again."))


def read(text: str, *, taken: Collection[str], courses: Mapping[str, str], everyone: Mapping[str, str]) -> list[Entry]:
    """The entries of a list. `taken`: names in use; `courses`: id → title; `everyone`: roles that all get, by course.

    Columns may be separated by semicolon, tab or comma; a first line with their titles (Russian or English; a course's
    id is a title too) may give their order, else it is: name, display name, e-mail, language, role.
    Raises Unreadable when there is nothing in it, or too much.
    """
    rows = _rows(text)
    if not rows:
        raise Unreadable(_("The list is empty. Write one person on a line."))
    columns = _columns(rows[0][1], courses)
    if columns:
        rows = rows[1:]
    if not rows:
        raise Unreadable(_("The list has a line of titles only. Write one person on a line."))
    if len(rows) > MOST_LINES:
        raise Unreadable(_("The list has more than {n} lines. Split it.").format(n=MOST_LINES))
    used = set(taken)
    entries = []
    for line, cells in rows:
        entry = _entry(line, cells, columns or list(_ORDER), used, courses, everyone)
        used.add(entry.name)
        entries.append(entry)
    return _twice(entries, set(taken))


def _rows(text: str) -> list[tuple[int, list[str]]]:
    """Number and cells of each line that holds anything."""
    plain = text.lstrip("\ufeff").replace("\0", "")
    first = next((line for line in plain.splitlines() if line.strip()), "")
    separator = max(";\t,", key=first.count)
    reader = csv.reader(io.StringIO(plain, newline=""), delimiter=separator, skipinitialspace=True)
    rows = []
    try:
        for cells in reader:
            stripped = [" ".join(cell.split()) for cell in cells]
            if any(stripped):
                rows.append((reader.line_num, stripped))
            if len(rows) > MOST_LINES + 1:
                break
    except csv.Error as error:
        raise Unreadable(
            _("Line {n} cannot be read: a quotation mark is not closed?").format(n=reader.line_num)
        ) from error
    return rows


def _columns(cells: list[str], courses: Mapping[str, str]) -> list[str] | None:
    """What each column is, by the titles in the first line; None when that line is a person already."""
    titles = [cell.lower().removeprefix("#").strip() for cell in cells]
    if not any(title in _COLUMNS for title in titles):
        return None
    by_course = {key.lower(): id_ for id_, title in courses.items() for key in (id_, title)}
    return [
        _COLUMNS.get(title) or (f"course:{by_course[title]}" if title in by_course else f"?{title}") for title in titles
    ]


def _entry(
    line: int,
    cells: list[str],
    columns: list[str],
    used: set[str],
    courses: Mapping[str, str],
    everyone: Mapping[str, str],
) -> Entry:
    problems: list[str] = []
    if len(cells) > len(columns) and any(cells[len(columns) :]):
        problems.append(_("There are more cells than columns."))
    value = dict(zip(columns, cells, strict=False))
    display_name = value.get("display_name", "")[:120]
    name = value.get("name", "").lower() or names.suggest(display_name, used)
    if not name:
        problems.append(_("There is neither a name nor a display name."))
    elif not names.fits(name):
        problems.append(
            _(
                "“{name}” cannot be an account name: small latin letters, digits and single hyphens, a letter first."
            ).format(name=name)
        )
    language = value.get("language", "").lower()
    if language and language not in _LANGUAGES:
        problems.append(_("“{language}” is no language of this platform: ru or en.").format(language=language))
    email = value.get("email", "")
    if email:
        try:
            email = address.parse(email)
        except address.NotAnAddress:
            problems.append(_("“{email}” is no e-mail address.").format(email=email))
    roles = dict(everyone) | _roles(value, courses, problems)
    unknown = [title[1:] for title in columns if title.startswith("?") and value.get(title)]
    problems.extend(_("The column “{title}” is unknown.").format(title=title) for title in unknown)
    return Entry(line, name, display_name, email, _LANGUAGES.get(language, ""), roles, tuple(problems))


def _roles(value: Mapping[str, str], courses: Mapping[str, str], problems: list[str]) -> dict[str, str]:
    """Roles by course: from columns titled with a course, and from `role` cells like `python-start: learner, …`."""
    roles: dict[str, str] = {}
    asked = [
        (title.removeprefix("course:"), cell) for title, cell in value.items() if title.startswith("course:") and cell
    ]
    for part in value.get("role", "").replace("|", ",").replace(";", ",").split(","):
        if not part.strip():
            continue
        course, colon, role = part.partition(":")
        if not colon:
            problems.append(
                _("Write a role with its course: “course: learner”, not “{text}”.").format(text=part.strip())
            )
            continue
        asked.append((course.strip(), role.strip()))
    for course, role in asked:
        known = _ROLES.get(role.lower())
        if course not in courses:
            problems.append(_("There is no course “{course}”.").format(course=course))
        elif known not in ROLES:
            problems.append(_("“{role}” is no role: learner, grader or author.").format(role=role))
        else:
            roles[course] = known
    return roles


def _twice(entries: list[Entry], taken: set[str]) -> list[Entry]:
    """Marks the names that are in use, and those that stand in the list twice."""
    count = Counter(entry.name for entry in entries if entry.name)
    marked = []
    for entry in entries:
        more = []
        if entry.name in taken:
            more.append(_("The name “{name}” is in use.").format(name=entry.name))
        if count[entry.name] > 1:
            more.append(_("The name “{name}” stands in the list more than once.").format(name=entry.name))
        marked.append(replace(entry, problems=(*entry.problems, *more)))
    return marked


assert set(_LANGUAGES.values()) <= set(LANGUAGES)
