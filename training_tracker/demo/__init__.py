"""The demo: an invented region brought in through the product's own doors, and a mail server that keeps it all."""
