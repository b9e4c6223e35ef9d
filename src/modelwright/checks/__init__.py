"""Checks: one file a rule, run in five phases; what ran, what could not and why is always shown."""
