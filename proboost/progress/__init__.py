"""Progress: what learners answered, what was found of it, and how far they are."""
