"""Sources from anywhere: archives that lead out, swell or link are refused; a folder appears whole or not at all."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest
from exchange_sources import PNG, SAMPLES, lay, tarred, zipped

from proboost.exchange import incoming, service
from proboost.exchange.incoming import BadSource
from proboost.exchange.report import Made, Report
from proboost.exchange.service import NotEmpty, NothingTaken


@pytest.mark.parametrize("name", ["../out", "/etc/x", "a/../../x", "C:/x", "..\\out"])
@pytest.mark.parametrize("pack", [zipped, tarred])
def test_names_that_lead_out_are_refused(name: str, pack: object, tmp_path: Path) -> None:
    with pytest.raises(BadSource):
        incoming.read(pack({name: b"x"}, tmp_path / "a"))  # type: ignore[operator]  # one of two functions


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_links_and_names_twice_are_refused(pack: object, tmp_path: Path) -> None:
    with pytest.raises(BadSource):
        incoming.read(pack({"a": b"x"}, tmp_path / "a", links={"b": "/etc/passwd"}))  # type: ignore[operator]
    with pytest.raises(BadSource):
        incoming.read(pack({"a": b"x", "a/b": b"y"}, tmp_path / "b"))  # type: ignore[operator]


def test_hard_links_and_devices_are_refused(tmp_path: Path) -> None:
    for kind in (tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE):
        with tarfile.open(tmp_path / "a.tar", "w") as archive:
            entry = tarfile.TarInfo("x")
            entry.type, entry.linkname = kind, "/etc/passwd"
            archive.addfile(entry)
        with pytest.raises(BadSource):
            incoming.read(tmp_path / "a.tar")


@pytest.mark.parametrize("how", ["w:gz", "w:bz2", "w:xz"])
def test_bombs_are_refused_before_they_swell(how: str, tmp_path: Path) -> None:
    bomb = {"source/ps1/a.ipynb": b"\0" * (8 * 2**20)}
    with pytest.raises(BadSource):
        incoming.read(tarred(bomb, tmp_path / "bomb", how=how))
    with pytest.raises(BadSource):
        incoming.read(zipped(bomb, tmp_path / "bomb.zip"))


def test_a_header_that_swells_is_a_bomb_too(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "pax.tar.gz", "w:gz", format=tarfile.PAX_FORMAT) as archive:
        entry = tarfile.TarInfo("a")
        entry.pax_headers = {"comment": "x" * (8 * 2**20)}
        archive.addfile(entry)
    with pytest.raises(BadSource):
        incoming.read(tmp_path / "pax.tar.gz")


def test_too_many_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incoming, "MAX_FILES", 10)
    many = {f"{number}.txt": b"" for number in range(11)}
    for source in (zipped(many, tmp_path / "a.zip"), tarred(many, tmp_path / "a.tar"), lay(many, tmp_path / "folder")):
        with pytest.raises(BadSource):
            incoming.read(source)


def test_a_damaged_archive_is_a_sentence(tmp_path: Path) -> None:
    whole = zipped({"a.xml": (SAMPLES / "bank.xml").read_bytes()}, tmp_path / "a.zip").read_bytes()
    broken = bytearray(whole)
    broken[60:120] = b"\xff" * 60
    (tmp_path / "b.zip").write_bytes(bytes(broken))
    with pytest.raises(BadSource):
        incoming.read(tmp_path / "b.zip")


def test_folders_are_read_without_following_links(tmp_path: Path) -> None:
    folder = lay({"a.txt": b"x", ".git/config": b"secret"}, tmp_path / "folder")
    (folder / "link.txt").symlink_to("/etc/passwd")
    (folder / "up").symlink_to(tmp_path)
    assert incoming.read(folder) == ({"a.txt": b"x"}, False)


def test_what_packs_well_but_is_small_is_taken(tmp_path: Path) -> None:
    files = {"a/b.txt": b"x" * 1000, "c.txt": b""}
    for how in ("w", "w:gz", "w:bz2", "w:xz"):
        assert incoming.read(tarred(files, tmp_path / "a.tar", how=how)) == (files, False)
    assert incoming.read(zipped(files, tmp_path / "a.zip")) == (files, False)


def test_questions_and_their_pictures_from_an_archive(tmp_path: Path) -> None:
    text = '::Что::[html]Что <img src="pics/x.png" alt="x">?{=а ~б}'.encode("cp1251")
    source = zipped({"bank/one.txt": text, "bank/pics/x.png": PNG, "bank/spare.pdf": b"%PDF"}, tmp_path / "a.zip")
    report = service.bring("gift", source, tmp_path / "made")
    assert report.exercises == 1
    told = "\n".join(report.remarks)
    assert "windows-1251" in told
    assert "spare.pdf" in told
    assert [path.read_bytes() for path in (tmp_path / "made" / "img").iterdir()] == [PNG]


def test_names_in_zips_of_russian_windows(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        entry = _Old("фото/я.txt")
        archive.writestr(entry, b"x")
    assert incoming.read(tmp_path / "b.zip") == ({"фото/я.txt": b"x"}, False)


class _Old(zipfile.ZipInfo):
    """An entry as old programs write it: in the code page of their system, without saying so."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802  # zipfile's own name
        return self.filename.encode("cp866"), self.flag_bits & ~0x800


def test_several_banks_are_lessons_each(tmp_path: Path) -> None:
    source = lay({"a.gift": b"One{T}", "b.txt": b"Two{T}"}, tmp_path / "banks")
    report = service.bring("gift", source, tmp_path / "made")
    assert report.lessons == 2
    assert [path.name for path in sorted((tmp_path / "made").glob("*.ipynb"))] == ["01-a.ipynb", "02-b.ipynb"]


def test_a_folder_that_is_not_empty_stays_as_it_is(tmp_path: Path) -> None:
    source = tmp_path / "a.gift"
    source.write_text("One{T}")
    target = lay({"mine.txt": b"x"}, tmp_path / "made")
    with pytest.raises(NotEmpty):
        service.bring("gift", source, target)
    assert [path.name for path in target.iterdir()] == ["mine.txt"]
    (tmp_path / "empty").mkdir()
    service.bring("gift", source, tmp_path / "empty")
    assert (tmp_path / "empty" / "course.yml").is_file()


def test_nothing_is_left_half_written(tmp_path: Path) -> None:
    class Torn(dict[str, bytes]):
        def items(self):  # type: ignore[no-untyped-def, override]  # a mapping that breaks on the way
            yield "a.txt", b"x"
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        service.write(Made(Torn(), Report()), tmp_path / "made")
    assert list(tmp_path.iterdir()) == []


def test_a_source_of_which_nothing_is_left_makes_no_folder(tmp_path: Path) -> None:
    source = tmp_path / "a.gift"
    source.write_text("One{=a")
    with pytest.raises(NothingTaken) as raised:
        service.bring("gift", source, tmp_path / "made")
    assert len(raised.value.report.refused) == 1
    assert not (tmp_path / "made").exists()


def test_the_same_source_makes_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        service.bring("moodle-xml", SAMPLES / "bank.xml", tmp_path / name / "made")
    one, two = (incoming.read(tmp_path / name / "made")[0] for name in ("one", "two"))
    assert one == two


def test_zip_entries_that_lie_about_their_size(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.gift", b"x" * 10_000_000)
    content = out.getvalue().replace((10_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(BadSource):
        incoming.read(tmp_path / "a.zip")
