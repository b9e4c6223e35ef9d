"""Rules about training as it goes, and whether it can."""
