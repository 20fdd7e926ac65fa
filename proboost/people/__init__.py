"""People: accounts, what they may do, the languages they read."""
