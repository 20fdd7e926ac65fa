"""Grading: finds out, in sandboxes the platform owns, what a learner's answer is worth."""
