"""The audit trail: who changed or looked at which record when, from where, and what it was before."""
