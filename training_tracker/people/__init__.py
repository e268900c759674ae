"""Partnerships, agencies, teams, roles, practitioners, posts and absences."""
