"""What runs in a learner's process: exercises, their widgets, the fork server; knows no database, key or token."""
