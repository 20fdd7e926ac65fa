"""A course's folder as nbgrader keeps it: what of it is read, where it begins, its assignments in nbgrader's order."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from proboost.exchange import gradebook_db, nbgrader_config
from proboost.exchange.gradebook_db import Gradebook
from proboost.exchange.nbgrader_config import Config
from proboost.i18n import _

LEFT = ("release", "submitted", "autograded", "feedback", "exchange")  # made from the source, or learners' own work
NOTEBOOK = re.compile(r"[^/]+/[^/]+\.ipynb")


class Wanted:
    """Which files and folders (with “/” at their end) of a course's folder are read; `left` are the others by name."""

    def __init__(self) -> None:
        self.left: set[str] = set()

    def __call__(self, path: str) -> bool:
        parts = path.rstrip("/").split("/")
        folders = parts if path.endswith("/") else parts[:-1]
        before = folders[: folders.index("source")] if "source" in folders else folders
        found = set(before) & set(LEFT)
        self.left |= found
        return not found


@dataclass(frozen=True)
class Brought:
    """A course's folder as it was brought: its configuration, its gradebook, and source/ without that."""

    config: Config
    gradebook: Gradebook
    source: Mapping[str, bytes]

    @property
    def due(self) -> dict[str, datetime]:
        return {**_configured(self.config), **self.gradebook.due}

    def assignments(self) -> list[str]:
        """As nbgrader lists them: by due date, those without one last, then by name; ps2 before ps10."""
        found = {path.split("/")[0] for path in self.source if NOTEBOOK.fullmatch(path)}
        never = datetime.max.replace(tzinfo=UTC)
        return sorted(found, key=lambda name: (self.due.get(name, never), _natural(name)))

    def notebooks(self, assignment: str) -> list[str]:
        found = (path for path in self.source if NOTEBOOK.fullmatch(path) and path.startswith(f"{assignment}/"))
        return sorted(found, key=_natural)


def opened(files: Mapping[str, bytes]) -> Brought:
    """The course that lies in the files, maybe some folders down."""
    root = _root(files)
    there = {path.removeprefix(root): content for path, content in files.items() if path.startswith(root)}
    config = nbgrader_config.read(there.get("nbgrader_config.py", b"").decode("utf-8", "replace"))
    folder = config.text("CourseDirectory.source_directory", "NbGrader.source_directory", default="source")
    folder = folder.strip("/.") + "/"
    source = {path.removeprefix(folder): content for path, content in there.items() if path.startswith(folder)}
    return Brought(config, _gradebook(there, config), source)


def _root(files: Mapping[str, bytes]) -> str:
    """The folder that the course lies in: in archives it often is one below."""
    for name in ("nbgrader_config.py", "source/"):
        found = [path[: path.index(name)] for path in files if path.startswith(name) or f"/{name}" in path]
        if found:
            return min(found, key=len)
    return ""


def _gradebook(there: Mapping[str, bytes], config: Config) -> Gradebook:
    url = config.text("CourseDirectory.db_url", "NbGrader.db_url")
    path = url.removeprefix("sqlite:///").lstrip("./") if url.startswith("sqlite:///") else "gradebook.db"
    path = path if path in there else "gradebook.db"
    found = gradebook_db.read(there.get(path, b""), there.get(f"{path}-wal", b""))
    if url and not url.startswith("sqlite:"):
        found.remarks.append(
            _("The gradebook lies in another database, which is not read: people and scores were not taken.")
        )
    return found


def _configured(config: Config) -> dict[str, datetime]:
    """Due dates as old versions wrote them into the configuration."""
    found = {}
    for row in config.rows("NbGrader.db_assignments", "CourseDirectory.db_assignments"):
        written = str(row.get("duedate", "")).strip().removesuffix("UTC").strip()
        try:
            moment = datetime.fromisoformat(written)
        except ValueError:
            continue
        found[str(row.get("name", ""))] = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return found


def _natural(name: str) -> list[tuple[int, int, str]]:
    """ps2 before ps10."""
    return [
        (0, int(part), "") if part.isdigit() and len(part) < 18 else (1, 0, part)
        for part in re.findall(r"[0-9]+|[^0-9]+", name)
    ]
