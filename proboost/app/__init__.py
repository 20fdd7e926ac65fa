"""The platform's web application: the public one, and the internal one for command line, worker and Hub."""

from proboost.app.factory import create_app, create_internal

__all__ = ["create_app", "create_internal"]
