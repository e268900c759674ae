"""The engine: one post against one expectation version, as dates; and every reading of them."""
