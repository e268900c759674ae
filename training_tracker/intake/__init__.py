"""Spreadsheets and configuration files on their way into the rooms below."""
