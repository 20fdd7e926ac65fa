"""Files that learners bring for an exercise: who may bring how much, and who may have them back."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from proboost import auth, clock
from proboost.auth import Viewer
from proboost.blobs import Blobs
from proboost.courses import service as courses
from proboost.errors import BadInput, NotFound, TooLarge, TooMany
from proboost.i18n import _, number
from proboost.models import Upload
from proboost.progress import material
from proboost.progress.material import Place
from proboost.progress.service import OtherBody, enrolment_of, one_at_a_time
from proboost_kernel import exercises

LARGEST = 64 * 1024 * 1024  # bytes of one file
ALL_OF_ONE = 512 * 1024 * 1024  # of all files of a learner in a course
FILES = 50  # that a learner may bring for one exercise
NAME = 200  # characters
STAFF = {"grader", "author"}
UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}  # characters that a name is better off without


class NoSuchUpload(NotFound):
    """Also for those who may not have it: whether it is there is nobody else's business."""

    code = "no-such-upload"


@dataclass(frozen=True)
class Allowed:
    """Somebody may bring a file for this exercise, of at most so many bytes."""

    place: Place
    enrolment_id: str
    size: int


def allowed(session: Session, blobs: Blobs, viewer: Viewer, ref: str, name: str) -> Allowed:
    """Asked before a byte is read. Raises NotEnrolled, NoSuchExercise, LessonClosed, BadInput, TooMany."""
    place = Place.of(ref)
    enrolment = enrolment_of(session, viewer.user_id, place.course)
    release = courses.present(session, place.course)
    task = material.task(release, place)
    opening = courses.opening(session, enrolment, release, place.lesson)
    if not opening.open:
        raise courses.LessonClosed(opening.why or "")
    if task.kind != "upload":
        raise BadInput(_("This exercise takes no files."), code="no-files")
    part = exercises.public(material.exercise(session, blobs, task))
    _fits(name, part.get("accept"))
    counted = select(func.count()).select_from(Upload)
    here = (Upload.enrolment_id == enrolment.id, Upload.lesson == place.lesson, Upload.exercise == place.exercise)
    if (session.scalar(counted.where(*here)) or 0) >= FILES:
        raise TooMany(
            _("{n} files were brought for this exercise already; that is as many as are kept.").format(n=FILES)
        )
    return Allowed(place, enrolment.id, _largest(part.get("max_size")))


def too_large(size: int) -> TooLarge:
    return TooLarge(_("The file is larger than {n} MiB, which is as much as is taken here.").format(n=_mib(size)))


def present(
    session: Session, viewer: Viewer, asked: Allowed, *, name: str, sha256: str, size: int, client_id: str = ""
) -> Upload | None:
    """The row of the very file, if there is one; asked before the file is kept, and again with its row. Raises
    TooLarge, BadInput, OtherBody for what is not taken.
    """
    if size > asked.size:
        raise too_large(asked.size)
    if not size:
        raise BadInput(_("The file is empty."), code="empty-file")
    found = session.get(Upload, client_id) if client_id else _same(session, asked, tidy(name), sha256)
    if found is not None:
        if (found.user_id, found.exercise, found.sha256) != (viewer.user_id, asked.place.exercise, sha256):
            raise OtherBody(_("This file was sent under the id of another one."))
        return found
    before = session.scalar(select(func.sum(Upload.size)).where(Upload.enrolment_id == asked.enrolment_id)) or 0
    if before + size > ALL_OF_ONE:
        raise TooLarge(_("Your files in this course are larger than {n} MiB together.").format(n=_mib(ALL_OF_ONE)))
    return None


def record(
    session: Session, viewer: Viewer, asked: Allowed, *, name: str, sha256: str, size: int, client_id: str = ""
) -> Upload:
    """The row of a file whose blob is on disk. The same again, under `client_id` or without one, is the present row.
    Raises what `present` does.
    """
    one_at_a_time(session, viewer.user_id)
    found = present(session, viewer, asked, name=name, sha256=sha256, size=size, client_id=client_id)
    if found is not None:
        return found
    row = Upload(
        user_id=viewer.user_id,
        enrolment_id=asked.enrolment_id,
        course_id=asked.place.course,
        lesson=asked.place.lesson,
        exercise=asked.place.exercise,
        name=tidy(name),
        size=size,
        sha256=sha256,
        received_at=clock.now(),
    )
    if client_id:
        row.id = client_id
    session.add(row)
    session.flush()
    return row


def _same(session: Session, asked: Allowed, name: str, sha256: str) -> Upload | None:
    return session.scalar(
        select(Upload).where(
            Upload.enrolment_id == asked.enrolment_id,
            Upload.lesson == asked.place.lesson,
            Upload.exercise == asked.place.exercise,
            Upload.sha256 == sha256,
            Upload.name == name,
        )
    )


def readable(session: Session, viewer: Viewer, upload_id: str) -> Upload:
    """The upload, for who brought it and the course's staff. Raises NoSuchUpload for everybody else."""
    row = session.get(Upload, upload_id)
    if row is not None and (
        row.user_id == viewer.user_id or viewer.is_admin or STAFF & auth.roles_in(session, viewer, row.course_id)
    ):
        return row
    raise NoSuchUpload(_("There is no such file."))


def own(session: Session, viewer: Viewer, place: Place, upload_id: str) -> Upload:
    """The viewer's own file for that very exercise: what an answer may name. Raises NoSuchUpload."""
    row = session.get(Upload, upload_id)
    if row is None or row.user_id != viewer.user_id:
        raise NoSuchUpload(_("There is no such file."))
    if (row.course_id, row.lesson, row.exercise) != (place.course, place.lesson, place.exercise):
        raise NoSuchUpload(_("There is no such file."))
    return row


def tidy(name: str) -> str:
    """A file's name as it is kept: no folders, nothing unseen, never empty."""
    last = unicodedata.normalize("NFC", re.split(r"[/\\]", name)[-1])
    seen = "".join(char for char in last if unicodedata.category(char) not in UNSEEN).strip(" .")
    if len(seen) > NAME:
        stem, dot, ending = seen.rpartition(".")
        seen = f"{stem[: NAME - 12]}.{ending[:11]}" if dot else seen[:NAME]
    return seen or "file"


def _fits(name: str, accept: object) -> None:
    """`accept`: endings such as .pdf. Where a media type is taken too, a name decides nothing."""
    listed = [str(one) for one in accept] if isinstance(accept, list) else []
    endings = [one.casefold() for one in listed if one.startswith(".")]
    if endings and len(endings) == len(listed) and not tidy(name).casefold().endswith(tuple(endings)):
        message = _("Files of this kind are not taken here. Bring one of: {endings}.")
        raise BadInput(message.format(endings=", ".join(endings)), code="file-kind")


def _largest(said: object) -> int:
    """`max_size` of the exercise: bytes."""
    return min(LARGEST, int(said)) if isinstance(said, int) and said > 0 else LARGEST


def _mib(size: int) -> str:
    return number(round(size / 2**20, 1))
