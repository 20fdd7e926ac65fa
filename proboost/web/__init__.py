"""What the platform's pages share: templates, static files, and how a page is rendered."""

from proboost.web.page import addresses, back, page, static_url

__all__ = ["addresses", "back", "page", "static_url"]
