"""skorch as its docs show it: a net in a scikit-learn pipeline, arrays in, no validation split."""

import bench
import nets
import numpy as np
import prep
import raw
import torch
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from skorch import NeuralNetBinaryClassifier, NeuralNetClassifier, NeuralNetRegressor
from torch import nn

bench.mark("imported")
bench.torch_steps()
ADAM = {"optimizer": torch.optim.Adam, "lr": 1e-3, "iterator_train__shuffle": True, "train_split": None}


def table():
    torch.manual_seed(0)
    train, test = raw.adult()
    encode = make_column_transformer(
        (StandardScaler(), make_column_selector(dtype_include="number")),
        (OneHotEncoder(handle_unknown="ignore", sparse_output=False), make_column_selector(dtype_exclude="number")),
    )
    x = encode.fit_transform(train.drop(columns="income")).astype("float32")
    x_test = encode.transform(test.drop(columns="income")).astype("float32")
    bench.mark("prepared")
    net = NeuralNetBinaryClassifier(nets.table_net(x.shape[1]), batch_size=256, max_epochs=10, **ADAM)
    net.fit(x, train["income"].to_numpy("float32"))
    bench.mark("trained")
    return net.score(x_test, test["income"])


def pictures():
    torch.manual_seed(0)
    images, labels, images_test, labels_test = raw.mnist()
    x, x_test = prep.normalise(images), prep.normalise(images_test)
    bench.mark("prepared")
    net = NeuralNetClassifier(nets.image_net(), criterion=nn.CrossEntropyLoss, batch_size=64, max_epochs=2, **ADAM)
    net.fit(x, labels)
    bench.mark("trained")
    return net.score(x_test, labels_test)


def series():
    torch.manual_seed(0)
    train, test, factor = prep.series(raw.etth1().to_numpy("float32"))
    (x, y), (x_test, y_test) = prep.windows(train), prep.windows(test)
    bench.mark("prepared")
    net = NeuralNetRegressor(nets.SequenceNet(), batch_size=64, max_epochs=2, **ADAM)
    net.fit(x, y)
    bench.mark("trained")
    return np.square((net.predict(x_test) - y_test) * factor).mean()


def texts():
    torch.manual_seed(0)
    texts, labels, texts_test, labels_test = raw.news()
    vocab = prep.vocabulary(texts)
    x, x_test = prep.encode(texts, vocab), prep.encode(texts_test, vocab)
    bench.mark("prepared")
    net = NeuralNetClassifier(
        nets.TextNet(labels.max() + 1), criterion=nn.CrossEntropyLoss, batch_size=128, max_epochs=3, **ADAM
    )
    net.fit(x, labels)
    bench.mark("trained")
    return net.score(x_test, labels_test)


if __name__ == "__main__":
    bench.main(globals())
