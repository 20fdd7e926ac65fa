"""Courses: what authors write, the releases that learners get, and when a lesson is open to whom."""
