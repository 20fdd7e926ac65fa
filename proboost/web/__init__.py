"""What the platform's pages share: templates, static files, and how a page is rendered."""

from proboost.web.page import page, static_url

__all__ = ["page", "static_url"]
