"""Measurements. Each writes its own section of RESULTS.md; none of them is a test."""
