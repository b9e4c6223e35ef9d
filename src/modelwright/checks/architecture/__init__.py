"""Rules about the layers and how they are joined."""
