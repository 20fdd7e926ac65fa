"""Imports: a source is read, made into a course, checked, and lies in its folder whole or not at all."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Literal

from proboost.courses import check as checks
from proboost.courses import source as sources
from proboost.courses.course_file import ID
from proboost.errors import BadInput, Conflict
from proboost.exchange import bank, charset, gift, incoming, moodle, nbgrader, nbgrader_folder
from proboost.exchange.naming import slug
from proboost.exchange.question import Category, Entry
from proboost.exchange.report import Made, Report
from proboost.i18n import _, ngettext

From = Literal["nbgrader", "gift", "moodle-xml"]
MAX_BANK = 256 * 1024 * 1024
TEXTS = (".gift", ".txt", ".giftxt")


class NotEmpty(Conflict):
    code = "not-empty"


class NothingTaken(BadInput):
    """No question or notebook could be taken; `report` says why of each."""

    code = "nothing-taken"

    def __init__(self, report: Report) -> None:
        self.report = report
        super().__init__(_("Nothing in this source could be taken."))


def bring(kind: From, source: Path, target: Path) -> Report:
    """Makes the folder `target` of what lies in `source`. Raises NotEmpty, NothingTaken, or what the source is not."""
    refuse_full(target)
    name = target.resolve().name
    if kind == "nbgrader":
        wanted = nbgrader_folder.Wanted()
        files, single = incoming.read(source, wanted=wanted)
        if single:
            raise incoming.BadSource(_("A course of nbgrader is a folder, or an archive of one."))
        made = nbgrader.course(files, name=name, left=wanted.left)
    else:
        made = _of_bank(kind, source, name)
    if not made.report.lessons:
        raise NothingTaken(made.report)
    made = checked(made, name)
    write(made, target)
    return made.report


def _of_bank(kind: From, source: Path, name: str) -> Made:
    files, single = incoming.read(source)
    read = gift.read if kind == "gift" else moodle.read
    endings = TEXTS if kind == "gift" else (".xml",)
    banks = list(files) if single else sorted(path for path in files if path.lower().endswith(endings))
    if not banks:
        raise incoming.BadSource(
            _("There is no question bank here: a file with one of the endings {endings} is expected.").format(
                endings=", ".join(endings)
            )
        )
    report = Report()
    around = _around(files, banks)
    title = PurePosixPath(source.name).stem
    given = list(_entries(files, banks, read, xml=kind == "moodle-xml", report=report))
    made = bank.course(given, id=course_id(name, title), title=title, around=around)
    made.report.remarks[:0] = report.remarks
    used = set(made.files.values())
    unused = sorted({path for path in files if path not in banks and files[path] not in used})
    if unused:
        message = ngettext(
            "{n} file that no question shows was left: {names}",
            "{n} files that no question shows were left: {names}",
            len(unused),
        )
        made.report.remark(message.format(n=len(unused), names=", ".join(unused[:10])))
    return made


def _entries(
    files: Mapping[str, bytes],
    banks: list[str],
    read: Callable[[str], Iterator[Entry]],
    *,
    xml: bool,
    report: Report,
) -> Iterator[Entry]:
    for path in banks:
        if len(files[path]) > MAX_BANK:
            raise incoming.BadSource(_("The file {path} is too large.").format(path=path))
        text, encoding = charset.decoded_xml(files[path]) if xml else charset.decoded(files[path])
        if encoding not in ("utf-8", "utf-16"):
            message = _("The file {path} was read as {encoding}.")
            report.remark(message.format(path=path, encoding=encoding.replace("cp125", "windows-125")))
        if len(banks) > 1:
            yield Category((PurePosixPath(path).stem,))
        yield from read(text)


def _around(files: Mapping[str, bytes], banks: list[str]) -> dict[str, bytes]:
    """Files under the names by which a bank's texts may call them: from the folder, and from where the bank lies."""
    found = {path: content for path, content in files.items() if path not in banks}
    for one in banks:
        folder = one.rpartition("/")[0]
        for path in list(found):
            if folder and path.startswith(folder + "/"):
                found.setdefault(path.removeprefix(folder + "/"), found[path])
    return found


def course_id(*names: str) -> str:
    """The id of a course: the first of the names that makes one."""
    return next((found for name in names if (found := name if ID.match(name) else slug(name))), "course")


def checked(made: Made, name: str) -> Made:
    """The same with what `course check` says of it among the remarks."""
    found = checks.check(sources.read(made.files, name=name))
    report = replace(made.report, remarks=[*made.report.remarks])
    for flaw in found:
        report.remark(flaw.text())
    return replace(made, report=report)


def refuse_full(target: Path) -> None:
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise NotEmpty(_("The folder “{path}” is not empty.").format(path=target))


def write(made: Made, target: Path) -> None:
    """The folder, from a temporary one beside it: whoever sees it sees all of it."""
    target = Path(os.path.abspath(target))  # noqa: PTH100  # resolve() would follow a link that is to be replaced
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{re.sub(r'[^A-Za-z0-9-]', '', target.name)[:40]}-", dir=target.parent))
    try:
        for path, content in made.files.items():
            file = draft / path
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("wb") as opened:
                opened.write(content)
                opened.flush()
                os.fsync(opened.fileno())
            if path in made.private:
                file.chmod(0o600)
        mask = os.umask(0o077)
        os.umask(mask)
        draft.chmod(0o777 & ~mask)  # as whoever asked makes folders; a temporary one is for its owner only
        refuse_full(target)
        if target.exists():
            target.rmdir()
        draft.rename(target)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
