"""Candidates: an author's server proposes a course's source; it goes live when an author confirms it on our page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import Session

from proboost import auth, clock
from proboost.auth import Viewer
from proboost.blobs import Blobs
from proboost.courses import check, requirements, service, source
from proboost.courses import release as releases
from proboost.courses.course_file import ID
from proboost.courses.diff import Difference, differences
from proboost.courses.flaws import Flaw, Unsound, errors
from proboost.courses.release import digest
from proboost.courses.service import OtherRelease, Stored
from proboost.courses.source import Source
from proboost.errors import BadInput, Conflict, Forbidden, NotFound
from proboost.i18n import _
from proboost.models import Candidate, Change, Course, Enrolment, Release, User

MOST_WAITING = 50  # of one author


class NoSuchCandidate(NotFound):
    code = "no-such-candidate"


class Decided(Conflict):
    """The candidate was confirmed or refused before, the other way."""

    code = "decided"


@dataclass(frozen=True)
class Shown:
    """A candidate as its page shows it."""

    candidate: Candidate
    title: str
    proposed_by: str
    differences: list[Difference]
    flaws: list[Flaw]
    outdated: int | None  # the release that came between

    @property
    def groups(self) -> list[tuple[str, list[Difference]]]:
        """The differences by lesson, in the order of the course; those of the course itself have no title."""
        return [(lesson, list(ones)) for lesson, ones in groupby(self.differences, key=lambda one: one.lesson)]


def read(files: Mapping[str, bytes], course_id: str) -> Source:
    """The source that was sent. Raises Unsound with all that is wrong, BadInput when it is another course's."""
    found = source.read(files, name=course_id)
    flaws = check.check(found)
    if found.id != course_id:
        raise BadInput(
            _("This folder is of the course “{found}”, not of “{wanted}”.").format(
                found=found.id[:80], wanted=course_id[:80]
            ),
            code="other-course",
        )
    if errors(flaws):
        raise Unsound(flaws)
    return found


def may_propose(session: Session, viewer: Viewer, course_id: str) -> None:
    """Raises Forbidden unless the viewer is an author of the course, or of any course when this one is new.

    Holds through a server's token too: to propose is all that it may do.
    """
    if not ID.match(course_id):
        raise BadInput(
            _("A course's id is made of small Latin letters, digits and “-”, at most 64 of them."), code="id"
        )
    authored = auth.author_of(session, viewer)
    known = session.get(Course, course_id) is not None
    if course_id not in authored and (known or not authored):
        raise Forbidden(_("Only the authors of this course may do this."), code="role")


def propose(session: Session, viewer: Viewer, course_id: str, base: int | None, files: Mapping[str, str]) -> Candidate:
    """The candidate of this source (path -> blob); the same source proposed again is the same candidate."""
    may_propose(session, viewer, course_id)
    present = session.scalar(
        select(Candidate).where(
            Candidate.course_id == course_id,
            Candidate.digest == digest(files),
            Candidate.state == "proposed",
            Candidate.base.is_(None) if base is None else Candidate.base == base,
        )
    )
    if present is not None:
        return present
    waiting = session.scalars(
        select(Candidate)
        .where(Candidate.proposed_by == viewer.user_id, Candidate.state == "proposed")
        .order_by(Candidate.proposed_at.desc())
    ).all()
    for old in waiting:
        if old.course_id == course_id or old in waiting[MOST_WAITING:]:  # the newer one takes its place
            old.state, old.decided_at = "refused", clock.now()
    candidate = Candidate(
        course_id=course_id, base=base, source=dict(files), digest=digest(files), proposed_by=viewer.user_id
    )
    session.add(candidate)
    session.flush()
    return candidate


def find(session: Session, viewer: Viewer, candidate_id: str) -> Candidate:
    """A candidate that the viewer may decide on; to others it is not there."""
    candidate = session.get(Candidate, candidate_id)
    if candidate is None or not may_decide(session, viewer, candidate):
        raise NoSuchCandidate(_("There is no such proposal, or it is of a course that you are not an author of."))
    return candidate


def may_decide(session: Session, viewer: Viewer, candidate: Candidate) -> bool:
    """Authors of the course and administrators, on our own pages; of a new course the author who proposed it."""
    if viewer.surface != "page":
        return False
    authored = auth.author_of(session, viewer)
    known = session.get(Course, candidate.course_id) is not None
    own = not known and candidate.proposed_by == viewer.user_id and bool(authored)
    return viewer.is_admin or candidate.course_id in authored or own


def waiting(session: Session, viewer: Viewer) -> list[Candidate]:
    """What waits for the viewer's word, the newest first."""
    rows = session.scalars(
        select(Candidate).where(Candidate.state == "proposed").order_by(Candidate.proposed_at.desc()).limit(200)
    )
    return [candidate for candidate in rows if may_decide(session, viewer, candidate)]


def show(session: Session, blobs: Blobs, viewer: Viewer, candidate_id: str) -> Shown:
    """What would change, in words, and what the checks say."""
    candidate = find(session, viewer, candidate_id)
    stored = source.read(_files(blobs, candidate), name=candidate.course_id)
    flaws = [*check.check(stored), *requirements.unmet(stored)]
    built = releases.build(stored)
    now = service.current(session, candidate.course_id)
    compared = _compared(session, candidate, now)
    author = session.get_one(User, candidate.proposed_by)
    outdated = _outdated(session, candidate) if candidate.state == "proposed" else None
    return Shown(
        candidate,
        stored.course.title,
        author.shown_name,
        differences(compared.record if compared else None, built.record, service.with_results(session, stored.id)),
        flaws,
        outdated,
    )


def built(blobs: Blobs, candidate: Candidate) -> Stored:
    """The candidate's release, its bytes on disk: made before the transaction that confirms it."""
    found = read(_files(blobs, candidate), candidate.course_id)
    return service.store(blobs, releases.build(found))


def confirm(session: Session, viewer: Viewer, candidate_id: str, stored: Stored, notes: str = "") -> Release:
    """Publishes the candidate, with `notes` for learners; confirming twice is confirming once.

    Raises OtherRelease, Decided.
    """
    candidate = find(session, viewer, candidate_id)
    if candidate.state == "confirmed" and candidate.release is not None:
        release = service.release_of(session, candidate.course_id, candidate.release)
        if release is not None:
            return release
    if candidate.state != "proposed":
        raise Decided(_("This proposal was refused, or a newer one took its place."))
    new = session.get(Course, candidate.course_id) is None
    release = service.publish(session, stored, base=candidate.base or 0, by=viewer.user_id, notes=notes)
    if new:
        session.add(Enrolment(user_id=candidate.proposed_by, course_id=candidate.course_id, role="author"))
    _decide(candidate, viewer, "confirmed")
    candidate.release = release.number
    session.flush()
    return release


def refuse(session: Session, viewer: Viewer, candidate_id: str) -> Candidate:
    """Sets the candidate aside; refusing twice is refusing once. Raises Decided when it was confirmed."""
    candidate = find(session, viewer, candidate_id)
    if candidate.state == "confirmed":
        raise Decided(_("This proposal was confirmed before; its release is published."))
    if candidate.state == "proposed":
        _decide(candidate, viewer, "refused")
        session.add(Change(user_id=viewer.user_id, what="candidate.refused", subject=candidate.course_id))
        session.flush()
    return candidate


def _decide(candidate: Candidate, viewer: Viewer, state: str) -> None:
    candidate.state, candidate.decided_by, candidate.decided_at = state, viewer.user_id, clock.now()


def _files(blobs: Blobs, candidate: Candidate) -> dict[str, bytes]:
    return {path: blobs.get(blob) for path, blob in candidate.source.items()}


def _compared(session: Session, candidate: Candidate, now: Release | None) -> Release | None:
    """The release to tell the differences from: what is published now, or was before this candidate was confirmed."""
    if candidate.state == "confirmed" and candidate.release:
        return service.release_of(session, candidate.course_id, candidate.release - 1)
    return now or service.newest(session, candidate.course_id)


def _outdated(session: Session, candidate: Candidate) -> int | None:
    now = service.current(session, candidate.course_id) or service.newest(session, candidate.course_id)
    number = now.number if now else 0
    return number if number != (candidate.base or 0) else None


__all__ = [
    "Decided",
    "NoSuchCandidate",
    "OtherRelease",
    "Shown",
    "built",
    "confirm",
    "find",
    "may_propose",
    "propose",
    "read",
    "refuse",
    "show",
    "waiting",
]
