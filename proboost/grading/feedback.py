"""What a handed-in notebook looks like: for learners as a file, for graders cell by cell. Nothing in it can run.

All HTML of learners' outputs is cut down to text and tables, pictures are bytes of known kinds, and the whole carries
a policy that allows neither scripts nor anything from elsewhere. Show it in a frame with `sandbox` all the same.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

import nh3

from proboost import i18n
from proboost.grading.result import CellResult, NotebookResult
from proboost.i18n import _
from proboost_kernel.exercises import prose

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
HEADER = f"sandbox; {POLICY}; frame-ancestors 'self'"  # Content-Security-Policy of a page that serves it
PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")
TAGS = set(prose.TAGS - {"img", "audio", "video", "source"})
ATTRIBUTES = {"*": {"title"}, "a": {"href"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}}
MAX_HTML = 500_000  # characters of one output
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_STYLE = """
:root { color-scheme: light dark; --line: #d9dce3; --soft: #5b6270; --code: #f5f6f8; --ok: #1a7f37; --no: #b42318 }
@media (prefers-color-scheme: dark) { :root { --line: #3a3f4a; --soft: #a5adba; --code: #1c1f26; --ok: #57c27a;
  --no: #ff8a80 } }
body { font: 16px/1.5 "Golos Text", system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem;
  overflow-wrap: anywhere }
h1 { font-size: 1.5rem; line-height: 1.25 } pre, code { font: .92em/1.5 "JetBrains Mono", ui-monospace, monospace }
pre { background: var(--code); border: 1px solid var(--line); border-radius: 6px; padding: .75rem 1rem; overflow: auto }
table { border-collapse: collapse } th, td { padding: .25rem .6rem; border-bottom: 1px solid var(--line);
  text-align: left; font-variant-numeric: tabular-nums; vertical-align: top }
img { max-width: 100% } section { margin: 1.25rem 0 } .soft { color: var(--soft) } .ok { color: var(--ok) }
.no { color: var(--no) } .mark { border-left: 3px solid var(--line); padding-left: .75rem }
.own { border-left: 3px dashed var(--line); padding-left: .75rem }
"""

Cell = Mapping[str, Any]


def page(found: NotebookResult, title: str) -> str:
    """The whole notebook with its points, a document of its own, in the language of `i18n.using`."""
    head = f"<h1>{escape(title)}</h1>{_summary(found)}"
    if found.error is not None:
        head += f'<p class="no">{escape(found.error.message)}</p>'
    return document(title, head + "".join(_section(cell, found) for cell in _cells(found)))


def fragment(found: NotebookResult, grade_id: str) -> str:
    """One graded cell as a grader needs to see it: the answer, of a task what the learner put below it, of tests the
    cells before them, back to what is graded by itself.

    A document of its own, to be served with HEADER. Empty when there is no such cell.
    """
    cells = list(_cells(found))
    start = next((place for place, cell in enumerate(cells) if _name(cell) == grade_id), None)
    if start is None:
        return ""
    graded = found.cells.get(grade_id)
    manual = graded is not None and graded.manual
    first = start
    while not manual and first and _flag(cells[start], "grade") and not _flag(cells[first - 1], "grade"):
        first -= 1
    shown = [cell for cell in cells[first:start] if cell["cell_type"] == "code"]
    shown.append(cells[start])
    for cell in cells[start + 1 :]:
        if _name(cell):
            break
        if _is_learners(cell) or manual:
            shown.append(cell)
    return document(grade_id, "".join(_section(cell, found) for cell in shown))


def document(title: str, body: str) -> str:
    """A page around sanitised HTML, with the policy inside it too: it may be opened from a disk."""
    return (
        f'<!doctype html><html lang="{i18n.language()}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">'
        f'<meta name="viewport" content="width=device-width"><meta name="referrer" content="no-referrer">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>{body}</body></html>"
    )


def _cells(found: NotebookResult) -> Iterator[Cell]:
    yield from found.document.get("cells", ())


def _name(cell: Cell) -> str:
    return str(cell["metadata"].get("nbgrader", {}).get("grade_id", ""))


def _flag(cell: Cell, name: str) -> bool:
    return bool(cell["metadata"].get("nbgrader", {}).get(name))


def _is_learners(cell: Cell) -> bool:
    return bool(cell["metadata"].get("proboost", {}).get("learners"))


def _summary(found: NotebookResult) -> str:
    points = _("{points} of {max} points").format(points=i18n.number(found.score), max=i18n.number(found.max))
    some = _("Some answers wait for a grader.")
    waits = f' <span class="soft">{some}</span>' if found.needs_manual else ""
    rows = "".join(f"<tr><td>{escape(name)}</td><td>{_points(cell)}</td></tr>" for name, cell in found.cells.items())
    cell_, points_ = _("Cell"), _("Points")
    head = f"<tr><th>{cell_}</th><th>{points_}</th></tr>"
    table = f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>" if rows else ""
    return f"<p><strong>{points}</strong>{waits}</p>{table}"


def _points(cell: CellResult) -> str:
    if cell.score is None:
        waits = _("waits for a grader")
        return f'<span class="soft">{waits} (0–{i18n.number(cell.max)})</span>'
    sign, style = ("✓", "ok") if cell.state == "passed" else ("✗", "no") if cell.state == "failed" else ("~", "soft")
    said = _("{points} of {max}").format(points=i18n.number(cell.score), max=i18n.number(cell.max))
    return f'<span class="{style}">{sign}</span> {said}'


def _section(cell: Cell, found: NotebookResult) -> str:
    shown = found.cells.get(_name(cell))
    style = ' class="mark"' if shown is not None else ' class="own"' if _is_learners(cell) else ""
    verdict = "" if shown is None else _verdict(_name(cell), shown)
    return f"<section{style}>{_text(cell)}{''.join(map(_output, cell.get('outputs', ())))}{verdict}</section>"


def _text(cell: Cell) -> str:
    source = str(cell["source"])
    if cell["cell_type"] == "code":
        return prose.highlighted(source) if source.strip() else ""
    if cell["cell_type"] == "raw":
        return f"<pre>{escape(source)}</pre>"
    return prose.markdown(source, hosts=()) + "".join(_attachments(cell.get("attachments")))


def _attachments(given: Any) -> Iterator[str]:
    for name, bundle in given.items() if isinstance(given, dict) else ():
        for kind in PICTURES:
            if isinstance(bundle, dict) and kind in bundle and (shown := _picture(kind, bundle[kind], str(name))):
                yield shown
                break


def _verdict(name: str, cell: CellResult) -> str:
    lines = [f"<p><strong>{escape(name)}</strong>: {_points(cell)}</p>"]
    if cell.message:
        lines.append(f"<p>{escape(cell.message)}</p>")
    if cell.case:
        rows = ((_("called"), "call"), (_("got"), "got"), (_("wanted"), "wanted"))
        lines += [f"<p>{word}: <code>{escape(str(cell.case.get(part, '')))}</code></p>" for word, part in rows]
    if not cell.isolated:
        looks = _("A grader looks at this result.")
        lines.append(f'<p class="soft">{looks}</p>')
    return "".join(lines)


# -- outputs


def _output(output: Any) -> str:
    if not isinstance(output, dict):
        return ""
    kind = output.get("output_type")
    if kind == "stream":
        return _plain(output.get("text"))
    if kind == "error":
        trace = output.get("traceback")
        return _plain("\n".join(map(str, trace)) if isinstance(trace, list) else "")
    data = output.get("data")
    return _shown(data) if isinstance(data, dict) else ""


def _shown(data: Mapping[str, Any]) -> str:
    """The richest of what was displayed that is safe."""
    for kind in PICTURES:
        if kind in data and (picture := _picture(kind, data[kind], "")):
            return picture
    if "text/html" in data:
        return f"<div>{html(str(data['text/html']))}</div>"
    for kind in ("text/markdown", "text/latex"):
        if kind in data:
            return prose.markdown(str(data[kind])[:MAX_HTML], hosts=())
    return _plain(data.get("text/plain"))


def html(text: str) -> str:
    """Somebody's HTML cut down to text and tables: no script, style, picture, form, frame or handler is left."""
    return nh3.clean(
        text[:MAX_HTML], tags=TAGS, attributes=ATTRIBUTES, url_schemes={"http", "https", "mailto"}, link_rel="noopener"
    )


def _picture(kind: str, data: Any, name: str) -> str:
    try:
        content = base64.b64decode("".join(str(data).split()), validate=True)
    except (binascii.Error, ValueError):
        return ""
    return f'<p><img alt="{escape(name)}" src="data:{kind};base64,{base64.b64encode(content).decode()}"></p>'


def _plain(text: Any) -> str:
    said = _ANSI.sub("", str(text or ""))[:MAX_HTML].replace("\0", "\ufffd")
    return f"<pre>{escape(said)}</pre>" if said.strip() else ""
