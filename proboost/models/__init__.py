"""The tables, one module a noun; rows are read and written by services only."""

from proboost.models.base import Base
from proboost.models.courses import Candidate, Course, Release
from proboost.models.jobs import Outbox, RemoteWorker, Turn
from proboost.models.people import Change, Enrolment, User
from proboost.models.progress import Attempt, Draft, Finding, HintOpening, Result, Uptime, Variant
from proboost.models.regrades import Refinding, Regrade
from proboost.models.submissions import Submission, SubmissionNote, Upload
from proboost.models.support import Ticket, TicketMessage

__all__ = [
    "Attempt",
    "Base",
    "Candidate",
    "Change",
    "Course",
    "Draft",
    "Enrolment",
    "Finding",
    "HintOpening",
    "Outbox",
    "Refinding",
    "Regrade",
    "Release",
    "RemoteWorker",
    "Result",
    "Submission",
    "SubmissionNote",
    "Ticket",
    "TicketMessage",
    "Turn",
    "Upload",
    "Uptime",
    "User",
    "Variant",
]
