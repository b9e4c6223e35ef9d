"""Keras 3 as its docs show it; keras_torch.py and keras_jax.py run this with their backend."""

import bench
import keras
import numpy as np
import prep
import raw
from keras import layers

bench.mark("imported")


def table():
    keras.utils.set_random_seed(0)
    x, y, x_test, y_test = (part.to_numpy() for part in prep.table(*raw.adult()))
    bench.mark("prepared")
    model = keras.Sequential(
        [
            layers.Dense(128, activation="relu"),
            layers.Dense(128, activation="relu"),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(keras.optimizers.Adam(1e-3), "binary_crossentropy", metrics=["accuracy"])
    model.fit(x, y, batch_size=256, epochs=10, callbacks=[Steps()])
    bench.mark("trained")
    return model.evaluate(x_test, y_test)[1]


def pictures():
    keras.utils.set_random_seed(0)
    images, labels, images_test, labels_test = raw.mnist()
    x, x_test = (np.expand_dims((part.astype("float32") / 255 - 0.1307) / 0.3081, -1) for part in (images, images_test))
    bench.mark("prepared")
    model = keras.Sequential(
        [
            layers.Conv2D(16, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(keras.optimizers.Adam(1e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, labels, batch_size=64, epochs=2, callbacks=[Steps()])
    bench.mark("trained")
    return model.evaluate(x_test, labels_test)[1]


def series():
    keras.utils.set_random_seed(0)
    train, test, factor = prep.series(raw.etth1().to_numpy("float32"))
    (x, y), (x_test, y_test) = prep.windows(train), prep.windows(test)
    bench.mark("prepared")
    model = keras.Sequential([layers.GRU(64), layers.Dense(24 * 7), layers.Reshape((24, 7))])
    model.compile(keras.optimizers.Adam(1e-3), "mse")
    model.fit(x, y, batch_size=64, epochs=2, callbacks=[Steps()])
    bench.mark("trained")
    return np.square((model.predict(x_test) - y_test) * factor).mean()


def texts():
    keras.utils.set_random_seed(0)
    texts, labels, texts_test, labels_test = raw.news()
    vocab = prep.vocabulary(texts)
    x, x_test = prep.encode(texts, vocab), prep.encode(texts_test, vocab)
    bench.mark("prepared")
    ids = keras.Input((64,), dtype="int64")
    h = layers.Embedding(20_000, 64, mask_zero=True)(ids)
    h = layers.LayerNormalization()(layers.Add()([h, layers.MultiHeadAttention(4, 16)(h, h)]))
    out = layers.Dense(int(labels.max()) + 1, activation="softmax")(layers.GlobalAveragePooling1D()(h))
    model = keras.Model(ids, out)
    model.compile(keras.optimizers.Adam(1e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, labels, batch_size=128, epochs=3, callbacks=[Steps()])
    bench.mark("trained")
    return model.evaluate(x_test, labels_test)[1]


class Steps(keras.callbacks.Callback):
    async_safe = True

    def on_train_batch_end(self, batch, logs=None):
        bench.step()
