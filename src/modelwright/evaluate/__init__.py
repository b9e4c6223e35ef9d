"""Scores on whole sets, each with an interval and beside a baseline. Only `baselines` and `linear` import torch."""
