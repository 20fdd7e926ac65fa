"""The gradebook: every learner's points in a course, how each grade was found, and exports."""
