"""ProBoost's platform: courses, verdicts, grades and support."""

__version__ = "0.1.0"
