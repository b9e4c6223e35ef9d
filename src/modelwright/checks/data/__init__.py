"""Rules about the values of a table."""
