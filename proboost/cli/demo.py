"""The demo: accounts of every kind and the courses that come with ProBoost. Planting twice changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from proboost.cli.inside import Inside
from proboost.courses import archive
from proboost.i18n import gettext as _

PASSWORD = "demo-demo"  # noqa: S105 -- known on purpose; the demo is on loopback only


def people(courses: list[str]) -> list[dict[str, Any]]:
    """Who there is, and what they are in each of the courses."""

    def everywhere(role: str) -> dict[str, str]:
        return dict.fromkeys(courses, role)

    accounts: list[dict[str, Any]] = [
        {"name": "anna", "display_name": "Анна Авторова", "roles": everywhere("author")},
        {"name": "lea", "display_name": "Лея Ученица", "roles": everywhere("learner")},
        {"name": "leo", "display_name": "Leo Learner", "roles": everywhere("learner")},
        {"name": "greg", "display_name": "Greg Grader", "roles": everywhere("grader")},
        {"name": "sofia", "display_name": "София Помощникова", "support": True},
        {"name": "adam", "display_name": "Adam Admin", "admin": True},
    ]
    return [{**account, "email": f"{account['name']}@demo.example"} for account in accounts]


def roles() -> dict[str, str]:
    return {
        "anna": _("author"),
        "lea": _("learner"),
        "leo": _("learner"),
        "greg": _("grader"),
        "sofia": _("support specialist"),
        "adam": _("administrator"),
    }


def folders() -> list[Path]:
    """The courses' sources: beside the package in a checkout, inside it in a wheel."""
    package = Path(__file__).parents[1]
    for home in (package / "notebooks", package.parent / "notebooks"):
        found = sorted(file.parent for file in home.glob("*/course.yml"))
        if found:
            return found
    return []


def plant(inside: Inside, tell: Callable[[str], None]) -> dict[str, Any]:
    """Publishes the courses that are not there yet and makes the accounts that are missing."""
    known = {str(course["course"]) for course in inside.platform("GET", "/courses")["courses"]}
    for folder in folders():
        if folder.name not in known:
            made = inside.platform("POST", "/courses/publish?confirm=1", content=packed(folder))
            tell("  ✓ " + _("course {course} published").format(course=made["course"]))
            known.add(str(made["course"]))
    wanted = people(sorted(known))
    inside.platform("POST", "/users", json=wanted)
    for person in wanted:
        if not inside.has_login(person["name"]):
            inside.put_login(person["name"], password=PASSWORD, active=True)
    tell("  ✓ " + _("demo accounts"))
    named = roles()
    return {
        "password": PASSWORD,
        "accounts": [{"name": person["name"], "role": named[person["name"]]} for person in wanted],
    }


def packed(folder: Path) -> bytes:
    """A course folder as the zip that the platform takes."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and ".ipynb_checkpoints" not in path.parts)
    return archive.pack({path.relative_to(folder).as_posix(): path.read_bytes() for path in files})
