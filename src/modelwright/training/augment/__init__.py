"""Random transforms of batches of pictures, under torchvision's names; noise is a function of (seed, epoch, row)."""
