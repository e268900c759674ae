"""Completions: what a practitioner has done, where the fact came from, and voiding."""
