"""Texts of any age as Unicode: UTF-8, UTF-16 and the Windows code pages of Russia and Western Europe."""

from __future__ import annotations

import codecs
import re

from charset_normalizer import from_bytes

from proboost.errors import BadInput
from proboost.i18n import _

BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
RUSSIAN = ("cp1251", "koi8-r", "cp866", "mac_cyrillic")
WESTERN = ("cp1252", "cp1250", "cp1254", "latin-1")
AMIDST = re.compile(r"[^\W\d_][¹³£¥¯¶¼¾¿ª]")  # no Western language has these in its words
WORD = re.compile(r"[А-Яа-яЁё]{2,}")
SAMPLE = 256 * 1024
XML_ENCODING = re.compile(rb"""\A\s*<\?xml[^>]{0,100}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")


class NotText(BadInput):
    code = "not-text"


def decoded(content: bytes, *, declared: str = "") -> tuple[str, str]:
    """(text, encoding). A byte order mark decides, then UTF-8 if it is that, then what the file declares of itself,
    then which of the old code pages makes words of it. Raises NotText.
    """
    for bom, name in BOMS:
        if content.startswith(bom):
            return _strict(content, name), name.removesuffix("-sig")
    for name in (*_wide(content), "utf-8"):
        try:
            return content.decode(name), name
        except UnicodeDecodeError:
            continue
    if b"\0" in content:
        raise NotText(_("This is not a text in an encoding that is known here."))
    for name in (declared, *_likely(content)):
        if name and _is_page(name):
            try:
                return content.decode(name), name
            except UnicodeDecodeError:
                continue
    raise NotText(_("This is not a text in an encoding that is known here."))


def decoded_xml(content: bytes) -> tuple[str, str]:
    """The same for XML, which says its encoding in its first line; the text comes without that line."""
    match = XML_ENCODING.match(content)
    text, name = decoded(content, declared=match[1].decode("ascii") if match else "")
    return re.sub(r"\A\s*<\?xml[^>]*\?>", "", text.removeprefix("\ufeff")), name


def _strict(content: bytes, name: str) -> str:
    try:
        return content.decode(name)
    except UnicodeDecodeError:
        raise NotText(_("This is not a text in an encoding that is known here.")) from None


def _wide(content: bytes) -> tuple[str, ...]:
    """UTF-16 without its mark: every other byte of Latin text and line ends is nothing."""
    sample = content[:4096]
    if len(sample) < 2 or len(content) % 2:
        return ()
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if odd > even and odd * 20 > len(sample):
        return ("utf-16-le",)
    return ("utf-16-be",) if even > odd and even * 20 > len(sample) else ()


def _is_page(name: str) -> bool:
    try:
        return codecs.lookup(name).name not in ("utf-8", "utf-16", "utf-7", "punycode", "idna", "unicode_escape")
    except (LookupError, ValueError):
        return False


def _likely(content: bytes) -> list[str]:
    """The code pages, the likeliest first. Bank files are short, so what decides is how letters beyond ASCII stand:
    together, as in Russian words, or alone, as in French or German ones; where neither is so, charset-normalizer.
    """
    sample = content[:SAMPLE]
    usual = {"cp1251": 5}  # against 4 of the others: text in capitals is much alike in two of them
    russian = max(RUSSIAN, key=lambda name: usual.get(name, 4) * _fluency(sample.decode(name, "ignore")))
    text = sample.decode(russian, "ignore")
    high = sum(char > "\x7f" for char in text)
    in_words = sum(len(word) for word in WORD.findall(text))
    if in_words * 2 >= high:
        return [russian, *RUSSIAN, *WESTERN]
    if not AMIDST.search(sample.decode("cp1252", "ignore")):
        return [*WESTERN, *RUSSIAN]
    best = from_bytes(sample, cp_isolation=[*WESTERN]).best()
    return [*([best.encoding] if best is not None else []), *WESTERN, *RUSSIAN]


def _fluency(text: str) -> int:
    """How much of the text is what Russian is made of: frequent letters, and small ones rather than capitals."""
    frequent = sum(char in "оеаинтсрвлкмдпу" for char in text.lower())
    return 3 * frequent + sum("а" <= char <= "я" for char in text)
