"""JSON for other systems, which come with a token."""
