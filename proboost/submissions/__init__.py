"""Submissions: lessons that learners hand in, the files they bring, what graders find, and what learners read of it."""
