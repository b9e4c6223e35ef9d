"""Keras 3 on jax."""

import os

os.environ["KERAS_BACKEND"] = "jax"

from keras_both import bench, pictures, series, table, texts  # noqa: F401

if __name__ == "__main__":
    bench.main(globals())
