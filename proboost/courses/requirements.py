"""Which packages a program needs that a course does not name, and which a course names that are not here."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from functools import lru_cache
from importlib import metadata
from pathlib import PurePosixPath

from packaging.requirements import InvalidRequirement, Requirement

from proboost.courses.course_file import REQUIREMENT
from proboost.courses.flaws import Flaw
from proboost.courses.source import COURSE_FILE, Source
from proboost.i18n import _

PACKAGES = {  # module -> package, where they differ
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python",
    "dateutil": "python-dateutil",
    "PIL": "pillow",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "yaml": "PyYAML",
}
ALWAYS = frozenset({"IPython", "ipywidgets", "proboost_kernel"})


def missing(code: str, source: Source) -> Iterator[tuple[str, str]]:
    """(module, package) of what `code` imports and neither Python, the course's own files nor its `requires` bring."""
    if "import" not in code:
        return
    named = _named(source.course.requires)
    own = {PurePosixPath(path).parts[0].removesuffix(".py") for path in source.handed_out}
    for module in imported(code):
        package = PACKAGES.get(module, module)
        known = module in sys.stdlib_module_names or module in ALWAYS or module in own
        if not known and _normal(package) not in named:
            yield module, package


def unmet(source: Source) -> Iterator[Flaw]:
    """Of the course's `requires` what this environment, which learners share, does not have."""
    for position, text in enumerate(source.course.requires):
        try:
            wanted = Requirement(text)
            here = metadata.version(wanted.name)
        except InvalidRequirement:
            message = _("This is no package's name and range that can be looked for: {text}").format(text=text)
        except metadata.PackageNotFoundError:
            message = _("Learners do not have the package “{package}”.").format(package=wanted.name)
        else:
            if wanted.specifier.contains(here, prereleases=True):
                continue
            message = _("Learners have {package} {here}, not {wanted}.")
            message = message.format(package=wanted.name, here=here, wanted=wanted.specifier)
        yield Flaw(COURSE_FILE, None, None, f"requires[{position}]", "warning", "not-installed", message)


@lru_cache(maxsize=1024)
def imported(code: str) -> tuple[str, ...]:
    """Top-level modules that a program imports; magics and shell lines are passed over."""
    plain = re.sub(r"^(\s*)[%!?][^\n]*", r"\1pass", code, flags=re.MULTILINE)
    try:
        tree = ast.parse(plain)
    except (SyntaxError, ValueError, RecursionError):
        return ()
    found: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [name.name.split(".")[0] for name in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.append(node.module.split(".")[0])
    return tuple(dict.fromkeys(found))


@lru_cache(maxsize=64)
def _named(requires: tuple[str, ...]) -> frozenset[str]:
    matches = (REQUIREMENT.match(text) for text in requires)
    return frozenset(_normal(match["name"]) for match in matches if match)


def _normal(package: str) -> str:
    return re.sub(r"[-_.]+", "-", package).lower()
