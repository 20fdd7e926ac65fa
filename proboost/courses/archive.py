"""Course folders as zip files: packed the same way every time, unpacked with nothing believed of what they say."""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from collections.abc import Mapping

from proboost.courses.course_file import safe_path
from proboost.errors import BadInput
from proboost.i18n import _

MAX_FILES = 5000
MAX_FILE = 32 * 1024 * 1024
MAX_TOTAL = 128 * 1024 * 1024
MAX_RATIO = 200  # what text compresses to at best is a hundredth
CHUNK = 256 * 1024
EPOCH = (1980, 1, 1, 0, 0, 0)


class BadArchive(BadInput):
    code = "archive"


def pack(files: Mapping[str, bytes]) -> bytes:
    """A zip of the files; the same files give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for path, content in sorted(files.items()):
            entry = zipfile.ZipInfo(path, EPOCH)
            entry.external_attr = 0o644 << 16
            entry.create_system = 3
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def unpack(content: bytes) -> dict[str, bytes]:
    """The files of a zip. Raises BadArchive for whatever is not a plain folder of bounded size; writes nothing."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _files(archive, len(content))
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError, OSError) as error:
        if isinstance(error, BadArchive):
            raise
        raise BadArchive(_("This is not a zip file, or it is damaged.")) from None


def _files(archive: zipfile.ZipFile, packed: int) -> dict[str, bytes]:
    entries = archive.infolist()
    if len(entries) > MAX_FILES:
        raise BadArchive(_("There are more than {n} files in the archive.").format(n=MAX_FILES))
    found: dict[str, bytes] = {}
    taken: set[str] = set()
    left = min(MAX_TOTAL, max(packed * MAX_RATIO, CHUNK))
    for entry in entries:
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if entry.filename.endswith("/") and kind in (0, stat.S_IFDIR) and safe_path(entry.filename.rstrip("/")):
            continue
        if entry.orig_filename != entry.filename or not safe_path(entry.filename):
            message = _("The archive holds a file whose name cannot be used here: {name}.")
            raise BadArchive(message.format(name=ascii(entry.orig_filename)[:120]))
        if kind not in (0, stat.S_IFREG):
            raise BadArchive(_("The archive holds something that is no file: {name}.").format(name=entry.filename))
        if entry.filename.casefold() in taken:
            raise BadArchive(_("The archive holds a file twice: {name}.").format(name=entry.filename))
        taken.add(entry.filename.casefold())
        found[entry.filename] = _content(archive, entry, min(left, MAX_FILE))
        left -= len(found[entry.filename])
    clash = next((path for path in found if any(parent in taken for parent in _parents(path.casefold()))), None)
    if clash:
        raise BadArchive(_("The archive holds a file and a folder of one name: {name}.").format(name=clash))
    return found


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int) -> bytes:
    """Read in pieces: how much it is is known when it is read, not from the header."""
    pieces: list[bytes] = []
    size = 0
    with archive.open(entry) as file:
        while piece := file.read(CHUNK):
            size += len(piece)
            if size > most:
                raise BadArchive(
                    _("The archive is too large when unpacked; a course may have {n} MiB.").format(n=MAX_TOTAL // 2**20)
                )
            pieces.append(piece)
    return b"".join(pieces)


def _parents(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]
