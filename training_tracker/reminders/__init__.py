"""The practitioner's digest and the manager's monthly summary: who gets what, and why."""
