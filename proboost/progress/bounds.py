"""How much and how often: what an answer may hold, and how many a minute there may be."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from proboost.auth import Viewer
from proboost.errors import BadInput, TooMany
from proboost.i18n import _
from proboost.models import Attempt
from proboost.models.base import Json
from proboost_kernel import exercises

A_MINUTE = 20  # attempts of one learner
NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")  # as JSON writes it; a program's own "\\u0000" has one backslash more


def storable(response: Json) -> None:
    """Raises BadInput for what no database of ours can keep: over 64 KiB, half characters, NUL."""
    try:
        text = json.dumps(response, ensure_ascii=False, allow_nan=False)
        size = len(text.encode("utf-8"))
    except (ValueError, RecursionError):
        raise BadInput(_("The answer is not valid JSON."), code="bad-response") from None
    if size > exercises.MAX_RESPONSE:
        limit = exercises.MAX_RESPONSE // 1024
        message = _("The answer is larger than {limit} KiB; shorten it.").format(limit=limit)
        raise BadInput(message, code="bad-response")
    if NUL.search(text):
        raise BadInput(_("The answer holds a character that cannot be stored (NUL)."), code="bad-response")


def not_too_many(session: Session, viewer: Viewer, now: datetime) -> None:
    """Raises TooMany above 20 attempts of one learner in a minute."""
    lately = session.scalar(
        select(func.count())
        .select_from(Attempt)
        .where(
            Attempt.user_id == viewer.user_id,
            Attempt.submission.is_(None),  # a lesson that is handed in brings many at once
            Attempt.received_at > now - timedelta(minutes=1),
        )
    )
    if (lately or 0) >= A_MINUTE:
        raise TooMany(_("Many checks in one minute. Wait a little, then check again."))
