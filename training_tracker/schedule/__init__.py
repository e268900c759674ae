"""What runs when, and the ledger that makes each run happen once."""
