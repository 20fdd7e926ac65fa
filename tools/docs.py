"""Reference pages that code knows best, and links that must lead somewhere.

write   regenerate docs/reference/settings.md, cli.md and the JSON Schemas of what authors write, also where these ship
check   what CI runs: both are up to date; every relative link in docs/, README and CONTRIBUTING leads somewhere
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from proboost.cli.main import group
from proboost.courses import schema
from proboost.i18n import using
from proboost.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference"
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def settings_page() -> str:
    lines = [
        "# Settings",
        "",
        "From the environment (`PROBOOST_` and the name in capitals), else from `DATA/proboost.toml` (the name as it",
        "stands), else the default. An unknown name in the file is an error. `make docs` writes this page.",
        "",
        "| name | meaning | default |",
        "| --- | --- | --- |",
    ]
    for name, field in Settings.model_fields.items():
        default = field.get_default()
        shown = "" if default is None or str(default) in ("", ".") else f"`{default}`"
        lines.append(f"| `{name}` | {field.description or ''} | {shown} |")
    return "\n".join(lines) + "\n"


def cli_page() -> str:
    lines = [
        "# Command line",
        "",
        "Exit status: 0; 1: what was asked failed; 2: it was asked wrongly. `--json` goes to standard output,",
        "everything else to standard error. Help is in English or Russian by the locale. `make docs` writes this page.",
    ]
    with using("en"):
        for path, command in commands(group(), "proboost"):
            context = click.Context(command, info_name=path, terminal_width=88)
            lines += ["", f"## {path}", "", "```text", command.get_help(context).strip(), "```"]
    return "\n".join(lines) + "\n"


def commands(group: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    if not isinstance(group, click.Group):
        yield path, group
        return
    context = click.Context(group, info_name=path)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is not None and not command.hidden:
            yield from commands(command, f"{path} {name}")


def pages() -> Iterator[tuple[Path, str]]:
    yield REFERENCE / "settings.md", settings_page()
    yield REFERENCE / "cli.md", cli_page()
    for name in schema.NAMES:
        with using("en"):
            text = schema.written(name)
        for folder in (REFERENCE, ROOT / "proboost" / "courses" / "schemas"):
            yield folder / f"{name}.schema.json", text


def dead_links() -> Iterator[str]:
    for file in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in LINK.findall(file.read_text("utf-8")):
            path = target.split("#")[0]
            if path and not re.match(r"[a-z]+:", path) and not (file.parent / path).exists():
                yield f"{file.relative_to(ROOT)}: the link to {target} leads nowhere"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("write", "check"))
    what = parser.parse_args().what
    wrong = []
    for path, text in pages():
        if what == "write":
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        elif not path.exists() or path.read_text("utf-8") != text:
            wrong.append(f"{path.relative_to(ROOT)}: out of date; run `make docs`")
    if what == "check":
        wrong += dead_links()
    print("".join(f"{line}\n" for line in wrong), end="", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
