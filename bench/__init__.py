"""What the program takes for its work, beside a plain reference that does the same raw work in the same run."""
