"""What people bring: a file, a folder or an archive, read within bounds; names that lead elsewhere are refused."""

from __future__ import annotations

import io
import os
import stat
import tarfile
import tempfile
import zipfile
import zlib
from bz2 import BZ2File
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from gzip import GzipFile
from lzma import LZMAError, LZMAFile
from pathlib import Path
from typing import IO

from proboost.errors import BadInput, NotFound
from proboost.i18n import _

MAX_FILES = 20_000
MAX_FILE = 256 * 1024 * 1024
MAX_TOTAL = 1024 * 1024 * 1024
MAX_RATIO = 200  # what text compresses to at best is a hundredth
CHUNK = 256 * 1024
LEFT_OVER = frozenset({"__pycache__", ".ipynb_checkpoints", ".git", "__MACOSX", ".DS_Store", "Thumbs.db"})


def _gzip(file: IO[bytes]) -> GzipFile:
    return GzipFile(fileobj=file)


COMPRESSED: tuple[tuple[bytes, Callable[[IO[bytes]], GzipFile | BZ2File | LZMAFile]], ...] = (
    (b"\x1f\x8b", _gzip),
    (b"BZh", BZ2File),
    (b"\xfd7zXZ\x00", LZMAFile),
)

Wanted = Callable[[str], bool]
Files = dict[str, bytes]


class BadSource(BadInput):
    code = "source"


def everything(_path: str) -> bool:
    return True


def read(source: Path, *, wanted: Wanted = everything) -> tuple[Files, bool]:
    """(path -> bytes, whether it was a single file). Of a folder or an archive only what is `wanted` is read.

    Raises NotFound, BadSource: too much, names that lead out of the folder, links, an archive that is damaged.
    """
    if not source.exists():
        raise NotFound(_("There is no file or folder “{path}”.").format(path=source))
    if source.is_dir():
        return _folder(source, wanted), False
    if not source.is_file():
        raise BadSource(_("“{path}” is no file and no folder.").format(path=source))
    size = source.stat().st_size
    if size > MAX_TOTAL:
        raise _too_large()
    with source.open("rb") as file:
        if zipfile.is_zipfile(file):
            return _unpacked(_zip, file, size, wanted), False
        file.seek(0)
        with _plain_tar(file, size) as tar:
            if tar is not None:
                return _unpacked(_tar, tar, size, wanted), False
        file.seek(0)
        return {source.name: _content(file, MAX_FILE)}, True


def _folder(folder: Path, wanted: Wanted) -> Files:
    """Symbolic links are not followed: what they lead to is not part of the folder."""
    found: Files = {}
    left = MAX_TOTAL
    for place, folders, names in os.walk(folder):
        here = Path(place)
        folders[:] = sorted(
            name
            for name in folders
            if name not in LEFT_OVER
            and not (here / name).is_symlink()
            and wanted((here / name).relative_to(folder).as_posix() + "/")
        )
        for name in sorted(names):
            file = here / name
            path = file.relative_to(folder).as_posix()
            if name in LEFT_OVER or not wanted(path) or not stat.S_ISREG(file.lstat().st_mode):
                continue
            with file.open("rb") as opened:
                found[path] = _content(opened, min(left, MAX_FILE))
            left -= len(found[path])
            _count(found)
    return found


def _unpacked(
    entries: Callable[[IO[bytes]], Iterator[tuple[str, bool, Callable[[], IO[bytes]]]]],
    file: IO[bytes],
    packed: int,
    wanted: Wanted,
) -> Files:
    found: Files = {}
    folders: set[str] = set()
    left = min(MAX_TOTAL, max(packed * MAX_RATIO, CHUNK))
    try:
        for count, (name, is_folder, opened) in enumerate(entries(file)):
            path = _inside(name)
            if count >= MAX_FILES:
                raise _too_many()
            if set(path.split("/")) & LEFT_OVER:
                continue
            parents = path.split("/") if is_folder else path.split("/")[:-1]
            above = {"/".join(parents[:number]) for number in range(1, len(parents) + 1)}
            folders |= above
            if path in found or (not is_folder and path in folders) or above & found.keys():
                raise BadSource(_("The archive holds a file twice: {name}.").format(name=ascii(name)[:120]))
            if is_folder or not wanted(path) or any(not wanted(folder + "/") for folder in above):
                continue
            with opened() as content:
                found[path] = _content(content, min(left, MAX_FILE))
            left -= len(found[path])
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, LZMAError, EOFError, OSError, RuntimeError, ValueError):
        raise BadSource(_("The archive is damaged or cannot be read here.")) from None
    return found


def _inside(name: str) -> str:
    """The name as a path inside the folder. Raises BadSource for one that leads elsewhere."""
    path = name.replace("\\", "/").rstrip("/").removeprefix("./")
    parts = path.split("/")
    if path in ("", "."):
        return "."
    if path.startswith("/") or ":" in parts[0] or ".." in parts or "\0" in path or len(path) > 1000:
        raise BadSource(_("The archive holds a file whose name cannot be used here: {name}.").format(name=ascii(name)))
    return "/".join(part for part in parts if part not in ("", "."))


def _zip(file: IO[bytes]) -> Iterator[tuple[str, bool, Callable[[], IO[bytes]]]]:
    with zipfile.ZipFile(file) as archive:
        if len(archive.infolist()) > MAX_FILES:
            raise _too_many()
        for entry in archive.infolist():
            kind = stat.S_IFMT(entry.external_attr >> 16)
            if kind not in (0, stat.S_IFREG, stat.S_IFDIR) or entry.orig_filename != entry.filename:
                raise _no_file(entry.orig_filename)
            yield _zip_name(entry), entry.is_dir(), lambda entry=entry: archive.open(entry)  # type: ignore[misc]  # a default


def _zip_name(entry: zipfile.ZipInfo) -> str:
    """Without its flag a name may be of any age: UTF-8 of a Mac, or what Windows in Russian writes."""
    if entry.flag_bits & 0x800 or entry.filename.isascii():
        return entry.filename
    try:
        written = entry.filename.encode("cp437")
    except UnicodeEncodeError:
        return entry.filename
    try:
        return written.decode("utf-8")
    except UnicodeDecodeError:
        return written.decode("cp866")


def _tar(file: IO[bytes]) -> Iterator[tuple[str, bool, Callable[[], IO[bytes]]]]:
    with tarfile.open(fileobj=file, mode="r:") as archive:
        for entry in archive:
            if not (entry.isreg() or entry.isdir()):
                raise _no_file(entry.name)

            def opened(entry: tarfile.TarInfo = entry) -> IO[bytes]:
                return archive.extractfile(entry) or io.BytesIO()

            yield entry.name, entry.isdir(), opened


@contextmanager
def _plain_tar(file: IO[bytes], packed: int) -> Iterator[IO[bytes] | None]:
    """The tar without its compression, unpacked in pieces and no further than allowed; None when it is no tar.

    Not left to tarfile: it reads headers whole, and one of them may unpack to anything.
    """
    start = file.read(6)
    file.seek(0)
    opener = next((opener for magic, opener in COMPRESSED if start.startswith(magic)), None)
    if opener is None:
        file.seek(0)
        yield file if _is_tar(file) else None
        return
    with tempfile.TemporaryFile() as plain:
        left = min(MAX_TOTAL, max(packed * MAX_RATIO, CHUNK))
        try:
            with opener(file) as unpacked:
                while piece := unpacked.read(CHUNK):
                    left -= len(piece)
                    if left < 0:
                        raise _too_large()
                    plain.write(piece)
        except (zlib.error, LZMAError, EOFError, OSError, ValueError):
            yield None
            return
        yield plain if _is_tar(plain) else None


def _is_tar(file: IO[bytes]) -> bool:
    file.seek(0)
    try:
        with tarfile.open(fileobj=file, mode="r:") as archive:
            return archive.next() is not None
    except (tarfile.TarError, EOFError, OSError, ValueError):
        return False
    finally:
        file.seek(0)


def _content(file: IO[bytes], most: int) -> bytes:
    """Read in pieces: how much it is is known when it is read."""
    pieces: list[bytes] = []
    size = 0
    while piece := file.read(CHUNK):
        size += len(piece)
        if size > most:
            raise _too_large()
        pieces.append(piece)
    return b"".join(pieces)


def _count(found: Files) -> None:
    if len(found) > MAX_FILES:
        raise _too_many()


def _too_many() -> BadSource:
    return BadSource(_("There are more than {n} files.").format(n=MAX_FILES))


def _too_large() -> BadSource:
    message = _("This is too large: a source may have {n} MiB, and an archive may not grow {ratio} times.")
    return BadSource(message.format(n=MAX_TOTAL // 2**20, ratio=MAX_RATIO))


def _no_file(name: str) -> BadSource:
    return BadSource(_("The archive holds something that is no file: {name}.").format(name=ascii(name)[:120]))
