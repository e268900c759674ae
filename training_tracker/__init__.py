"""Who has learnt what they are expected to learn, across the agencies of a safeguarding children partnership."""
