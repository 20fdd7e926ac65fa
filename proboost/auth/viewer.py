"""The person behind a request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from proboost.models import User


@dataclass(frozen=True)
class Viewer:
    """Who asks. Through a server's token (`surface` "server") everybody is a learner, whoever they are elsewhere."""

    user_id: str
    name: str
    display_name: str
    language: str
    timezone: str
    is_admin: bool
    is_support: bool
    surface: Literal["page", "server"]

    @classmethod
    def of(cls, user: User, surface: Literal["page", "server"]) -> Viewer:
        page = surface == "page"
        return cls(
            user.id,
            user.name,
            user.shown_name,
            user.language,
            user.timezone,
            is_admin=user.is_admin and page,
            is_support=user.is_support and page,
            surface=surface,
        )
