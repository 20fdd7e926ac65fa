"""Markdown with LaTeX to HTML that is safe to show: mistune, latex2mathml and Pygments, then nh3 over everything."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:  # these cost 100 ms and a kernel without exercises needs none of them
    import mistune

TAGS = frozenset(
    """
    a abbr b blockquote br caption code col colgroup dd del details div dl dt em figcaption figure h1 h2 h3 h4 h5
    h6 hr i img ins kbd li mark ol p pre q s samp small span strong sub summary sup table tbody td tfoot th thead
    tr u ul var audio video source
    """.split()  # noqa: SIM905  # a list of eighty quoted words reads worse
)
MATH = frozenset(
    """
    math mrow mi mn mo mtext mspace mfrac msqrt mroot msub msup msubsup munder mover munderover mtable mtr mtd
    mpadded mphantom menclose mstyle mmultiscripts mprescripts none
    """.split()  # noqa: SIM905  # a list of eighty quoted words reads worse
)
MATH_ATTRIBUTES = frozenset(
    """
    display mathvariant stretchy fence form separator lspace rspace minsize maxsize symmetric movablelimits accent
    accentunder linethickness columnalign rowalign columnspacing rowspacing columnlines rowlines displaystyle
    scriptlevel width height depth voffset notation largeop bevelled numalign mathsize
    """.split()  # noqa: SIM905  # a list of eighty quoted words reads worse
)
ATTRIBUTES = {
    "*": {"title", "lang", "dir"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height", "loading"},
    "audio": {"src", "controls"},
    "video": {"src", "controls", "width", "height"},
    "source": {"src", "type"},
    "td": {"colspan", "rowspan", "align"},
    "th": {"colspan", "rowspan", "align", "scope"},
    "ol": {"start", "type"},
    "details": {"open"},
    "div": {"class"},
    "span": {"class"},
    "code": {"class"},
    "pre": {"class", "tabindex"},
    "p": {"class"},
    "math": {"class"},
    **{tag: set(MATH_ATTRIBUTES) for tag in MATH - {"math"}},
}
ATTRIBUTES["math"] |= MATH_ATTRIBUTES
CLASSES = re.compile(
    r"(?:highlight|math-error|math-block|language-[\w+-]{1,30}|[a-z][a-z0-9]{0,2})\Z"
)  # or Pygments' own
MEDIA = {"img", "audio", "video", "source"}
INLINE_MATH = r"\$(?![\s$])(?P<math_text>(?:\\.|[^$\\\n])*?(?:\\.|[^$\\\s]))\$(?![0-9])"
BLOCK_MATH = r"^ {0,3}\$\$(?P<block_math_text>(?:[^$\\]|\\.|\$(?!\$))+)\$\$[ \t]*$"


_media: ContextVar[tuple[str, ...]] = ContextVar("media", default=())


@contextmanager
def media_from(hosts: Iterable[str]) -> Iterator[None]:
    """Within it, Markdown may show media of these hosts too (a course's `embed_hosts`)."""
    token = _media.set(tuple(hosts))
    try:
        yield
    finally:
        _media.reset(token)


def markdown(text: str, *, inline: bool = False, hosts: Iterable[str] | None = None) -> str:
    """Sanitised HTML of Markdown with LaTeX (`$…$`, `$$…$$`). `inline`: one paragraph loses its <p>.

    Images and media come from beside the page only, or over https from one of `hosts`, by default those of
    `media_from`. Never raises.
    """
    allowed = _media.get() if hosts is None else hosts
    return _markdown(text, inline, tuple(sorted(allowed))) if text.strip() else ""


@lru_cache(maxsize=512)
def _markdown(text: str, inline: bool, hosts: tuple[str, ...]) -> str:
    shown = str(_parser()(text)).strip()
    clean = _clean(shown, hosts)
    if inline and clean.startswith("<p>") and clean.endswith("</p>") and clean.count("<p>") == 1:
        clean = clean[3:-4]
    return clean


def words(text: str) -> str:
    """The same as plain text, for places that show no HTML."""
    import nh3

    return html.unescape(nh3.clean(markdown(text), tags=set())).strip()


def highlighted(code: str, language: str = "python") -> str:
    """<pre> of code with Pygments' classes; plain when the language is not known."""
    from pygments import highlight
    from pygments.formatters.html import HtmlFormatter
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        lexer = get_lexer_by_name(language or "text", stripnl=False)
    except ClassNotFound:
        lexer = get_lexer_by_name("text", stripnl=False)
    shown = str(highlight(code, lexer, HtmlFormatter(cssclass="highlight", wrapcode=True)))
    return shown.replace("<pre>", '<pre tabindex="0">', 1)  # a long line is scrolled to by keyboard too


def highlighted_line(code: str, language: str = "python") -> str:
    """<code> of one line with Pygments' classes."""
    from pygments import highlight
    from pygments.formatters.html import HtmlFormatter
    from pygments.lexers import get_lexer_by_name

    lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    shown = str(highlight(code, lexer, HtmlFormatter(nowrap=True))).rstrip("\n")
    return f'<code class="highlight">{shown}</code>'


def formula(latex: str, *, block: bool = False) -> str:
    """MathML; what latex2mathml does not understand is shown as it was written."""
    from latex2mathml.converter import convert

    try:
        return str(convert(latex, display="block" if block else "inline"))
    except Exception:  # noqa: BLE001  # it raises anything on bad input; markup.bad_formulas tells the author
        return f'<code class="math-error">{html.escape(latex)}</code>'


@lru_cache(maxsize=1)
def _parser() -> mistune.Markdown:
    import mistune

    class Renderer(mistune.HTMLRenderer):
        def block_code(self, code: str, info: str | None = None) -> str:
            return highlighted(code, (info or "").split()[0] if (info or "").strip() else "text")

        def inline_math(self, text: str) -> str:
            return formula(text)

        def block_math(self, text: str) -> str:
            return f'<div class="math-block">{formula(text, block=True)}</div>\n'

    def math(md: mistune.Markdown) -> None:
        def block(_: Any, match: re.Match[str], state: Any) -> int:
            state.append_token({"type": "block_math", "raw": match.group("block_math_text").strip()})
            return match.end() + 1

        def inline(_: Any, match: re.Match[str], state: Any) -> int:
            state.append_token({"type": "inline_math", "raw": match.group("math_text")})
            return match.end()

        def inline_block(_: Any, match: re.Match[str], state: Any) -> int:
            state.append_token({"type": "inline_math", "raw": match.group("long_math_text")})
            return match.end()

        md.block.register("block_math", BLOCK_MATH, block, before="list")
        md.inline.register("long_math", r"\$\$(?P<long_math_text>[^$]+?)\$\$", inline_block, before="link")
        md.inline.register("inline_math", INLINE_MATH, inline, before="link")

    renderer = Renderer(escape=False)  # what HTML authors write is sanitised with all the rest
    return mistune.create_markdown(renderer=renderer, plugins=["table", "strikethrough", "url", math])


def _clean(shown: str, hosts: tuple[str, ...]) -> str:
    import nh3

    def attribute(tag: str, name: str, value: str) -> str | None:
        if name == "class":
            return " ".join(part for part in value.split() if CLASSES.match(part)) or None
        if name == "tabindex":
            return "0" if value == "0" else None
        if name == "src" and tag in MEDIA:
            return value if allowed_media(value, hosts) else None
        return value

    return str(
        nh3.clean(
            shown,
            tags=set(TAGS | MATH),
            attributes=ATTRIBUTES,
            attribute_filter=attribute,
            url_schemes={"http", "https", "mailto"},
            link_rel="noopener noreferrer",
        )
    )


def allowed_media(address: str, hosts: Iterable[str]) -> bool:
    """Whether an image or media may come from there: beside the lesson, or over https from a host the course names."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    if not parts.scheme and not parts.netloc:
        return not address.startswith(("/", "\\"))
    return parts.scheme == "https" and parts.hostname in set(hosts)
