"""The extension of a learner's server: relay, spool, lessons."""
