"""The outbox and its delivery over SMTP. Knows messages, and nothing of why they are sent."""
