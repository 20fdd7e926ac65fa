"""A course as pages to read: nbconvert over what learners get. No answers, no scripts, nothing from outside."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import posixpath
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import nbformat
from jinja2 import Environment
from nbconvert.exporters import TemplateExporter
from pygments.formatters import HtmlFormatter
from traitlets.config import Config

from proboost import i18n
from proboost.courses import release
from proboost.courses.source import Lesson, Source
from proboost.i18n import _, ngettext
from proboost_kernel import exercises
from proboost_kernel.exercises import ExerciseError
from proboost_kernel.exercises.prose import highlighted, markdown

TEMPLATES = Path(__file__).parent / "templates"
ENDINGS = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp"}
LINK = re.compile(r'(?P<start><a href=")(?P<path>[^":#?]+\.ipynb)(?P<end>[#?"])')
CONTENTS = "index.html"
Pages = dict[str, bytes]


class Reading(TemplateExporter):
    """nbconvert's exporter with our pages, our Markdown (sanitised, formulas as MathML) and our highlighting."""

    file_extension = ".html"
    template_name = "reading"

    def __init__(self) -> None:
        config = Config({"TemplateExporter": {"extra_template_basedirs": [str(TEMPLATES)]}})
        super().__init__(config=config)  # type: ignore[no-untyped-call]
        self.register_filter("markdown2html", prose)  # type: ignore[no-untyped-call]
        self.register_filter("highlight_code", highlighted)  # type: ignore[no-untyped-call]
        self.environment.globals["_"] = _

    def _template_name_default(self) -> str:
        return "reading"


def pages(source: Source) -> tuple[Pages, list[str]]:
    """(path -> bytes of a folder that begins at index.html, sentences on what could not be shown).

    Raises Unsound when the course has errors.
    """
    learner = release.build(source).learner
    with i18n.using("ru" if source.course.language.startswith("ru") else "en"):
        return _pages(source, learner)


def _pages(source: Source, learner: Mapping[str, bytes]) -> tuple[Pages, list[str]]:
    exporter = Reading()
    found: Pages = {}
    remarks: list[str] = []
    addresses = {lesson.file: page_of(lesson.file) for lesson in source.lessons}
    for place, lesson in enumerate(source.lessons):
        beside = [source.lessons[place + step] if 0 <= place + step < len(source.lessons) else None for step in (-1, 1)]
        notebook = json.loads(learner[lesson.file])
        for cell in notebook["cells"]:
            cell["source"] = "".join(cell["source"])
            found |= _unpacked(cell, lesson.file)
            _shown(exporter.environment, cell)
        page = {
            **_frame(source, lesson.title),
            "course": source.course.title,
            "up": _way(lesson.file, CONTENTS),
            "before": _neighbour(lesson, beside[0]),
            "after": _neighbour(lesson, beside[1]),
        }
        node = nbformat.from_dict(notebook)  # type: ignore[no-untyped-call]
        text, _resources = exporter.from_notebook_node(node, resources={"page": page})
        found[addresses[lesson.file]] = _linked(text, lesson.file, addresses).encode("utf-8")
    for path in source.handed_out:
        if path in found or path == CONTENTS:
            remarks.append(_("The file {path} has the name of a page, so it was left out.").format(path=path))
        else:
            found[path] = source.files[path]
    found[CONTENTS] = _contents(exporter.environment, source, addresses).encode("utf-8")
    return found, remarks


def prose(text: str) -> str:
    """Markdown as pages show it; pictures from other sites are left out."""
    return markdown(text)


def page_of(file: str) -> str:
    return f"{file.removesuffix('.ipynb')}.html"


def _frame(source: Source, title: str) -> dict[str, Any]:
    """What every page has. Templates know it as `page`, and by its parts."""
    language = source.course.language or "en"
    return {"title": title, "language": language, "style": style()}


def _contents(environment: Environment, source: Source, addresses: Mapping[str, str]) -> str:
    lessons = []
    for lesson in source.lessons:
        count = len(lesson.notebook.exercises)
        words = ngettext("{n} exercise", "{n} exercises", count).format(n=count) if count else ""
        lessons.append({"title": lesson.title, "address": quote(addresses[lesson.file]), "exercises": words})
    page = {
        **_frame(source, source.course.title),
        "authors": source.course.authors,
        "description": prose(source.course.description),
        "lessons": lessons,
    }
    return environment.get_template("contents.html.j2").render(page=page)


def _shown(environment: Environment, cell: dict[str, Any]) -> None:
    """An exercise's cell gets the HTML that stands for it."""
    text = cell["source"]
    if cell["cell_type"] != "code" or not exercises.is_exercise(text):
        return
    try:
        exercise = exercises.parse(text)
    except ExerciseError:
        return  # shown as the text that it is
    shown = exercises.view(exercises.public(exercise), template=True)
    for blank in shown.get("blanks", ()):
        shown["text_html"] = shown["text_html"].replace(blank["word"], '<span class="blank">__________</span>')
    points = i18n.points(exercise.points)
    made = environment.get_template("exercise.html.j2").render(shown=shown, id=exercise.id, points=points)
    cell["metadata"]["reading"] = {"html": made}


def _unpacked(cell: dict[str, Any], file: str) -> Pages:
    """Pictures that were pasted into a cell as files; the cell shows these."""
    found: Pages = {}
    text = cell["source"]
    for name, bundle in cell.pop("attachments", {}).items():
        for kind, written in bundle.items():
            try:
                content = base64.b64decode(written, validate=True) if kind in ENDINGS else b""
            except (binascii.Error, ValueError):
                content = b""
            if not content:
                continue
            path = f"pasted/{hashlib.sha256(content).hexdigest()[:16]}.{ENDINGS[kind]}"
            found[path] = content
            for spelling in {name, quote(name)}:
                text = text.replace(f"attachment:{spelling}", _way(file, path))
    if found:
        cell["source"] = text
    return found


def _linked(page: str, file: str, addresses: Mapping[str, str]) -> str:
    """Links to lessons lead to their pages."""

    def link(match: re.Match[str]) -> str:
        path = posixpath.normpath(posixpath.join(posixpath.dirname(file), unquote(match["path"])))
        return f"{match['start']}{_way(file, addresses[path])}{match['end']}" if path in addresses else match[0]

    return LINK.sub(link, page)


def _neighbour(lesson: Lesson, other: Lesson | None) -> dict[str, str] | None:
    return None if other is None else {"title": other.title, "address": _way(lesson.file, page_of(other.file))}


def _way(file: str, path: str) -> str:
    """The address of `path` from the page of `file`."""
    return quote(posixpath.relpath(path, posixpath.dirname(file) or "."))


@lru_cache(maxsize=1)
def style() -> str:
    """The pages' whole CSS, highlighting in light and dark included."""
    own = (TEMPLATES / "reading" / "style.css").read_text("utf-8")
    return f"{own}{_colours('default')}\n@media (prefers-color-scheme: dark) {{\n{_colours('github-dark')}\n}}\n"


def _colours(name: str) -> str:
    written = str(HtmlFormatter(style=name).get_style_defs(".highlight"))  # type: ignore[no-untyped-call]
    return "\n".join(rule for rule in written.split("\n") if rule.startswith(".highlight ."))
