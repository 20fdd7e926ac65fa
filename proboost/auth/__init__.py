"""Who asks, and what they may do: read from our own tables at each request, checked here alone."""

from proboost.auth.roles import author_of, require, require_admin, require_support, roles_in
from proboost.auth.viewer import Viewer

__all__ = ["Viewer", "author_of", "require", "require_admin", "require_support", "roles_in"]
