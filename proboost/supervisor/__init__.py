"""Keeps the five programs alive: starts them in order, restarts each alone, stops them and all that they started."""
