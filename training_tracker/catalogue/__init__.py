"""Courses and resources, their versions, what counts as what, and the strategy's priorities."""
