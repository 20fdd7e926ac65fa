"""Translations of the whole house: extracts what people read, keeps the catalogues in step, tells what is missing.

update   extract every marked string and bring all catalogues up to date (English ones are filled by themselves)
missing  list what has no Russian yet, as JSON that `set` takes back
set FILE write translations: {"msgid": "перевод" | ["одна форма", "вторая", "третья"]}
compile  make the .mo files that Python reads
check    what CI runs: nothing missing, fuzzy, out of date, or without its three Russian plural forms
"""

from __future__ import annotations

import argparse
import fcntl
import io
import json
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ("ru", "en")
PLURALS = {"ru": 3, "en": 2}
NOT_KNOWN = re.compile(  # of a header: addresses of nobody, and dates (a catalogue changes when its texts do)
    rb'^"(?:Project-Id-Version|Generated-By|Report-Msgid-Bugs-To|POT-Creation-Date|PO-Revision-Date|Last-Translator'
    rb"|Language-Team): .*\n",
    re.MULTILINE,
)
PYTHON_KEYWORDS = {**DEFAULT_KEYWORDS, "lazy": None, "nlazy": (1, 2)}
SCRIPT_KEYWORDS = {"t": None, "tn": (1, 2)}


@dataclass(frozen=True)
class Domain:
    """One catalogue: where its strings come from and where its files lie."""

    name: str
    folders: tuple[str, ...]
    methods: tuple[tuple[str, str], ...]
    keywords: Mapping[str, object]
    locale: str

    def po(self, language: str) -> Path:
        if self.name == "front":
            return ROOT / self.locale / f"{language}.po"
        return ROOT / self.locale / language / "LC_MESSAGES" / f"{self.name}.po"


OPTIONS: dict[str, dict[str, object]] = {
    "jinja2": {"extensions": "jinja2.ext.i18n", "silent": "false"},
    "javascript": {"jsx": False, "parse_template_string": True},  # TypeScript's <T> is no element
}
PYTHON_METHODS = (("**.py", "python"), ("**.html", "jinja2"), ("**.j2", "jinja2"), ("**.txt", "jinja2"))
DOMAINS = (
    Domain("proboost", ("proboost", "hub_config"), PYTHON_METHODS, PYTHON_KEYWORDS, "proboost/web/locale"),
    Domain(
        "proboost_kernel",
        ("proboost_kernel", "extensions/proboost_lab"),
        PYTHON_METHODS,
        PYTHON_KEYWORDS,
        "proboost_kernel/locale",
    ),
    Domain(
        "front",
        ("extensions/shared", "extensions/widgets", "extensions/lesson", "extensions/labextension"),
        (("**.test.ts", "ignore"), ("**/lib/**", "ignore"), ("**.ts", "javascript"), ("**.tsx", "javascript")),
        SCRIPT_KEYWORDS,
        "extensions/locale",
    ),
)


def wanted(folder: str) -> bool:
    name = Path(folder).name
    return name not in {
        "node_modules",
        "lib",
        "static",
        "labextension-built",
        "__pycache__",
        "chp",
    } and not name.startswith(".")


def extract(domain: Domain) -> Catalog:
    """All marked strings of one domain, as a template."""
    template = Catalog(project="ProBoost")
    options = {pattern: OPTIONS[how] for pattern, how in domain.methods if how in OPTIONS}
    for folder in domain.folders:
        if not (ROOT / folder).is_dir():
            continue
        found = extract_from_dir(
            str(ROOT / folder),
            method_map=list(domain.methods),
            options_map=options,
            keywords=domain.keywords,  # type: ignore[arg-type]  # babel's own stub is narrower than its documentation
            comment_tags=("translators:",),
            directory_filter=wanted,
        )
        for name, _, message, comments, context in found:
            template.add(message, None, [(f"{folder}/{name}", 0)], auto_comments=comments, context=context)
    return template


def read(path: Path, language: str) -> Catalog:
    if path.exists():
        with path.open("rb") as file:
            return read_po(file, locale=language, abort_invalid=True)
    return Catalog(locale=language, project="ProBoost")


def without_percent_formats(catalog: Catalog) -> Catalog:
    """Our texts are formatted by str.format alone: a “%” in them is a per cent sign, whatever Babel takes it for."""
    for message in catalog:
        message.flags.discard("python-format")
    return catalog


def text(catalog: Catalog) -> bytes:
    without_percent_formats(catalog)
    catalog.header_comment = "# Texts of ProBoost. `make i18n` keeps this file in step with the code."
    catalog.fuzzy = False
    out = io.BytesIO()
    write_po(out, catalog, width=100, sort_output=True, include_lineno=False, ignore_obsolete=True)
    return NOT_KNOWN.sub(b"", out.getvalue())


def updated(domain: Domain, language: str, template: Catalog) -> Catalog:
    catalog = read(domain.po(language), language)
    catalog.update(template, no_fuzzy_matching=True, update_header_comment=False)
    if language == "en":
        for message in messages(catalog):
            message.string = message.id if isinstance(message.id, str) else tuple(message.id)
    return catalog


def messages(catalog: Catalog) -> Iterator[Message]:
    return (message for message in catalog if message.id)


def is_missing(message: Message, language: str) -> bool:
    strings = message.string if isinstance(message.string, (tuple, list)) else (message.string,)
    wanted_forms = PLURALS[language] if isinstance(message.id, (tuple, list)) else 1
    return len(strings) != wanted_forms or not all(strings) or message.fuzzy


def update(domain: Domain) -> None:
    template = extract(domain)
    for language in LANGUAGES:
        path = domain.po(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text(updated(domain, language, template)))


def missing(domain: Domain) -> dict[str, object]:
    found: dict[str, object] = {}
    for message in messages(updated(domain, "ru", extract(domain))):
        if is_missing(message, "ru"):
            plural = isinstance(message.id, (tuple, list))
            found[message.id[0] if plural else str(message.id)] = ["", "", ""] if plural else ""
    return found


def fill(domain: Domain, texts: dict[str, str | list[str]]) -> int:
    catalog = updated(domain, "ru", extract(domain))
    count = 0
    for message in messages(catalog):
        key = message.id[0] if isinstance(message.id, (tuple, list)) else message.id
        given = texts.get(key)
        if given:
            message.string = tuple(given) if isinstance(given, list) else given
            message.flags.discard("fuzzy")
            count += 1
    domain.po("ru").parent.mkdir(parents=True, exist_ok=True)
    domain.po("ru").write_bytes(text(catalog))
    return count


def compile_all() -> None:
    for domain in DOMAINS[:2]:
        for language in LANGUAGES:
            path = domain.po(language)
            if path.exists():
                with path.with_suffix(".mo").open("wb") as out:
                    write_mo(out, read(path, language))


def check() -> list[str]:
    """Sentences that say what is wrong; empty when nothing is."""
    wrong = []
    for domain in DOMAINS:
        template = extract(domain)
        for language in LANGUAGES:
            path = domain.po(language)
            now = updated(domain, language, template)
            wrong += [
                f"{path.relative_to(ROOT)}: no {language} for {message.id!r}"
                for message in messages(now)
                if is_missing(message, language)
            ]
            wrong += [
                f"{path.relative_to(ROOT)}: {message.id!r}: {error}"
                for message, errors in without_percent_formats(now).check()
                for error in errors
            ]
            if not path.exists() or path.read_bytes() != text(now):
                wrong.append(f"{path.relative_to(ROOT)}: out of date; run `make i18n`")
    return wrong


@contextmanager
def locked() -> Iterator[None]:
    with (ROOT / "tools" / "translate.py").open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("update", "missing", "set", "compile", "check"))
    parser.add_argument("file", nargs="?", type=Path, help="for set: the JSON file")
    parser.add_argument("--domain", choices=[domain.name for domain in DOMAINS])
    args = parser.parse_args()
    chosen = [domain for domain in DOMAINS if args.domain in (None, domain.name)]
    with locked():
        if args.what == "update":
            for domain in chosen:
                update(domain)
        elif args.what == "missing":
            print(json.dumps({domain.name: missing(domain) for domain in chosen}, ensure_ascii=False, indent=1))
        elif args.what == "set":
            texts = json.loads(args.file.read_text("utf-8"))
            for domain in chosen:
                print(f"{domain.name}: {fill(domain, texts)} written", file=sys.stderr)
                update(domain)
        elif args.what == "compile":
            compile_all()
        else:
            wrong = check()
            print("\n".join(wrong), file=sys.stderr)
            return 1 if wrong else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
