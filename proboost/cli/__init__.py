"""The command line `proboost`: verbs are loaded when they are called, in the language of LANG; errors are sentences."""

from proboost.cli.main import main

__all__ = ["main"]
