"""Scheduled work: what is due when, and the part of a serving process that does it."""
