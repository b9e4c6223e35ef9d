"""What is read off the file that calls `modelwright.check`: how it splits, trains and scores. Nothing of it is run."""
