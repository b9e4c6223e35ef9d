"""Rules about task, output layer, loss and metric fitting each other."""
