"""Standings counted: per agency, team, role and expectation, with small numbers suppressed."""
