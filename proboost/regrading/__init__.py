"""Regrading: with a corrected key attempts are found again, and count once somebody has seen whose points change."""
