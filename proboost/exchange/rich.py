"""Texts of other systems as our Markdown: HTML, Moodle's own format and plain text, with formulas and pictures."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any

import nh3
from bs4 import BeautifulSoup, Tag
from bs4.exceptions import ParserRejectedMarkup
from markdownify import ATX, BACKSLASH, MarkdownConverter

from proboost.exchange.question import Rich, Untaken
from proboost.exchange.shelf import Shelf
from proboost.i18n import _
from proboost_kernel.exercises.prose import INLINE_MATH, MATH, MATH_ATTRIBUTES, words

FORMULA = re.compile(
    r"\\\((?P<inline>.{1,1000}?)\\\)|\\\[(?P<block>.{1,1000}?)\\\]|\$\$(?P<double>.{1,1000}?)\$\$"
    r"|\[tex\](?P<tex>.{1,1000}?)\[/tex\]",
    re.DOTALL,
)  # bounded: else a text of openings only would be searched to its end from each of them
LOOKS_HTML = re.compile(
    r"</?(?:a|abbr|b|big|blockquote|br|caption|center|cite|code|dd|del|div|dl|dt|em|figcaption|figure|font|h[1-6]|hr|i"
    r"|img|ins|kbd|li|mark|math|ol|p|pre|q|s|samp|small|span|strike|strong|sub|sup|table|tbody|td|th|thead|tr|tt|u|ul"
    r"|var|script|style|iframe|video|audio)(?:\s[^<>]*)?/?>|&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,15});",
    re.IGNORECASE,
)
MARKDOWN_IMAGE = re.compile(r"(?P<start>!\[[^\]\n]{0,500}\]\(\s{0,9}<?)(?P<address>[^)\s>]+)")
MARKDOWN_LINK = re.compile(r"(?P<start>(?<!!)\[[^\]\n]{0,500}\]\(\s{0,9}<?)(?P<address>@@PLUGINFILE@@/[^)\s>]+)")
ADDRESS = re.compile(r"(https?://[^\s<]+)")  # Markdown makes links of them as they stand
ENTITY = re.compile(r"&(?=#\d{1,7};|#[xX][0-9a-fA-F]{1,6};|[A-Za-z][A-Za-z0-9]{1,31};)")
STRAY = re.compile(  # what Markdown could take for its own
    r"\\(?=[!-/:-@\[-`{-~\n]|\Z)|[`$*]|(?<![^\W_])_|_(?![^\W_])|~(?=~)|(?<=~)~|!(?=\[)|\[(?=[^\]\n]{0,300}\])|\|"
)
LINE_START = re.compile(r"^([ \t]*)(?:(\d{1,9})([.)])(?=\s|$)|([-+#=>])|(:)(?=\s*-))", re.MULTILINE)
TAG_START = re.compile(r"<(?=[A-Za-z/!?])")
MANY = 2000  # openings of tags in one text
GONE = (
    "script",
    "style",
    "iframe",
    "object",
    "embed",
    "form",
    "input",
    "button",
    "select",
    "textarea",
    "head",
    "title",
)


def markdown_of(rich: Rich, shelf: Shelf) -> str:
    """The text as Markdown; its files go to the shelf. Raises Untaken for what is built to break readers."""
    text = clean(rich.text)
    if rich.format == "markdown":
        return _of_markdown(text, rich.files, shelf)
    if rich.format == "html" or (rich.format == "moodle" and LOOKS_HTML.search(text)):
        return _of_html(text if rich.format == "html" else with_breaks(text), rich.files, shelf)
    return of_plain(text)


def words_of(rich: Rich) -> str:
    """The text without any form, for answers that are compared with what learners type. Never raises."""
    text = clean(rich.text)
    if rich.format == "markdown":
        return words(text)
    if rich.format in ("html", "moodle") and LOOKS_HTML.search(text):
        text = re.sub(r"\s+", " ", _inner_text(text))
    return text.strip()


def _inner_text(text: str) -> str:
    try:
        soup = _soup(text)
        for tag in soup.find_all(GONE):
            tag.decompose()
        return str(soup.get_text())
    except (Untaken, RecursionError):
        return html.unescape(re.sub(r"<[^<>]*>", " ", text))


def clean(text: str) -> str:
    """With line ends of one kind, and without characters that no text holds."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(char for char in text if char in "\n\t" or char >= " ").encode("utf-8", "ignore").decode("utf-8")


def of_plain(text: str) -> str:
    """Plain text as Markdown that shows the same, line by line; formulas between Moodle's marks are formulas."""
    paragraphs = re.split(r"\n[ \t]*\n", text.strip("\n"))
    shown = ("\\\n".join(_line(line) for line in paragraph.strip("\n").split("\n")) for paragraph in paragraphs)
    return "\n\n".join(paragraph for paragraph in shown if paragraph.strip()).strip()


def _line(line: str) -> str:
    """An indented line is a program's more often than not: its spaces are kept."""
    body = line.expandtabs(4).lstrip(" ")
    indent = len(line.expandtabs(4)) - len(body)
    return "&nbsp;" * (indent if indent > 1 else 0) + escaped(body.rstrip())


def escaped(text: str) -> str:
    """Text as Markdown that shows it; what stands between marks of formulas becomes a formula."""
    pieces = []
    end = 0
    for match in FORMULA.finditer(text):
        pieces += [_escaped(text[end : match.start()]), _formula(match)]
        end = match.end()
    return "".join([*pieces, _escaped(text[end:])])


def _formula(match: re.Match[str]) -> str:
    block = match["block"] or match["double"]
    body = " ".join((match["inline"] or match["tex"] or block or "").split())
    body = re.sub(r"<(?=[A-Za-z/!?])", "< ", body)
    if not body or "$" in body or body.endswith("\\"):
        return _escaped(match[0])
    short = f"${body}$"
    followed = match.string[match.end() : match.end() + 1]  # by a digit it would be two prices
    is_short = not block and not followed.isdigit() and re.fullmatch(INLINE_MATH, short)
    return short if is_short else f"$${body}$$"


def _escaped(text: str) -> str:
    parts = ADDRESS.split(text)
    return "".join(part if number % 2 else _escaped_words(part) for number, part in enumerate(parts))


def _escaped_words(text: str) -> str:
    text = STRAY.sub(r"\\\g<0>", text)
    text = LINE_START.sub(_line_start, text)
    return TAG_START.sub("&lt;", ENTITY.sub("&amp;", text))


def _line_start(match: re.Match[str]) -> str:
    space, number, dot, sign, colon = match.groups()
    return f"{space}{number}\\{dot}" if number else f"{space}\\{sign or colon}"


def with_breaks(text: str) -> str:
    """Moodle's own format: line ends are breaks, but for those between tags and in programs."""
    if "<pre" in text.lower():
        return text
    return re.sub(r">\s+<", "><", text).strip().replace("\n", "<br>")


def _of_markdown(text: str, files: Mapping[str, bytes], shelf: Shelf) -> str:
    def image(match: re.Match[str]) -> str:
        address = shelf.address(match["address"], files, image=True)
        return match["start"] + (address or "about:blank")

    def link(match: re.Match[str]) -> str:
        return match["start"] + (shelf.address(match["address"], files, image=False) or "#")

    text = re.sub(r"\\{1,2}\((.{1,1000}?)\\{1,2}\)", lambda match: f"${match[1].strip()}$", text, flags=re.DOTALL)
    text = re.sub(r"\\{1,2}\[(.{1,1000}?)\\{1,2}\]", lambda match: f"$${match[1].strip()}$$", text, flags=re.DOTALL)
    text = MARKDOWN_LINK.sub(link, MARKDOWN_IMAGE.sub(image, text))
    return re.sub(r"!\[([^\]\n]{0,500})\]\(\s{0,9}<?about:blank>?[^)\n]{0,500}\)", r"\1", text).strip("\n")


def _of_html(text: str, files: Mapping[str, bytes], shelf: Shelf) -> str:
    try:
        shown = _Converter(files, shelf).convert_soup(_soup(text))
    except RecursionError:
        raise Untaken(_("Its HTML is nested too deeply.")) from None
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]+$", "", str(shown), flags=re.MULTILINE)).strip()


def _soup(text: str) -> BeautifulSoup:
    if text.count("<") > MANY:  # tags without an end cost the parser their number squared
        text = re.sub(r"<(?![^<>]*>)", "&lt;", text)
    text = re.sub(r"<!(?!--)", "&lt;!", text)  # Python's parser gives up at declarations that are none
    try:
        return BeautifulSoup(f"<div>{text}", "html.parser")  # in an element, or it wonders whether it is a file's name
    except (RecursionError, ParserRejectedMarkup, AssertionError, ValueError):
        raise Untaken(_("Its HTML cannot be read.")) from None


class _Converter(MarkdownConverter):
    """Every tag that it does not know is its text; nothing of a page's HTML comes through but what is made here."""

    class Options:
        heading_style = ATX
        bullets = "-"
        newline_style = BACKSLASH
        sub_symbol = "<sub>"
        sup_symbol = "<sup>"
        table_infer_header = True
        autolinks = False

    def __init__(self, files: Mapping[str, bytes], shelf: Shelf) -> None:
        super().__init__(code_language_callback=_language)
        self.given = files
        self.shelf = shelf

    def escape(self, text: str, parent_tags: set[str]) -> str:  # noqa: ARG002  # its signature
        return escaped(text)

    def get_conv_fn(self, tag_name: str) -> Any:
        return self._nothing if tag_name in GONE else super().get_conv_fn(tag_name)  # type: ignore[misc]  # its stub forgot it

    def _nothing(self, el: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: ARG002  # its signature
        message = _("An element <{name}> of its HTML was left out.").format(name=el.name)
        if el.name in ("iframe", "object", "embed") and message not in self.shelf.lost:
            self.shelf.lost.append(message)
        return ""

    def convert_img(self, el: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: ARG002  # its signature
        address = self.shelf.address(_attribute(el, "src"), self.given, image=True)
        label = escaped(" ".join(_attribute(el, "alt").split())).replace("]", "\\]")
        return f"![{label}]({address})" if address else label

    def convert_a(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        href = _attribute(el, "href")
        if not text.strip() or not href or "_noformat" in parent_tags:
            return text
        address = self.shelf.address(href, self.given, image=False)
        return f"[{text.strip()}](<{re.sub(r'[<>]', '', address)}>)" if address else text

    def convert_audio(self, el: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: ARG002  # its signature
        sources = [el, *el.find_all("source")]
        address = next((src for one in sources if (src := _attribute(one, "src"))), "")
        found = self.shelf.address(address, self.given, image=False) if address else ""
        return f"[{escaped(address.rsplit('/', 1)[-1])}](<{found}>)" if found else ""

    convert_video = convert_audio

    def convert_math(self, el: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: ARG002  # its signature
        allowed = {tag: set(MATH_ATTRIBUTES) for tag in MATH}
        return str(nh3.clean(str(el), tags=set(MATH), attributes=allowed)).replace("\n", " ")

    def convert_u(self, el: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: ARG002  # its signature
        return f"<u>{text}</u>" if text.strip() else text


def _attribute(el: Tag, name: str) -> str:
    value = el.get(name)
    return html.unescape(value) if isinstance(value, str) else ""


def _language(el: Tag) -> str:
    """`<pre><code class="language-python">` and its like."""
    for one in (el, *el.find_all("code", limit=1)):
        for name in one.get("class") or ():
            match = re.match(r"(?:language|lang|brush)[-:](\w{1,20})\Z", name)
            if match:
                return match[1]
    return ""
