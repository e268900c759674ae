"""Promises about faults: processes killed at any line, databases and mail servers that go away and come back."""
