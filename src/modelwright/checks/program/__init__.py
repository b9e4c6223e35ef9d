"""A model at work on real rows: what is recorded of one step, and what the rules of the dry run read off it."""
