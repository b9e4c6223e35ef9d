"""Rules about sizes: layers, outputs, labels."""
