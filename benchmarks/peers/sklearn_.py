"""scikit-learn as its docs show it: ColumnTransformer and MLPClassifier in a pipeline. Table only."""

import bench
import raw
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.neural_network import MLPClassifier, _stochastic_optimizers
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

bench.mark("imported")


def table():
    train, test = raw.adult()
    encode = make_column_transformer(
        (StandardScaler(), make_column_selector(dtype_include="number")),
        (OneHotEncoder(handle_unknown="ignore", sparse_output=False), make_column_selector(dtype_exclude="number")),
    )
    x, y = train.drop(columns="income"), train["income"]
    mlp = MLPClassifier(
        (128, 128), batch_size=256, learning_rate_init=1e-3, alpha=0, max_iter=10, tol=0, random_state=0
    )
    model = make_pipeline(encode, mlp)
    bench.mark("prepared")
    model.fit(x, y)
    bench.mark("trained")
    return model.score(test.drop(columns="income"), test["income"])


def timed(update=_stochastic_optimizers.AdamOptimizer.update_params):
    def update_params(*args):
        update(*args)
        bench.step()

    return update_params


if __name__ == "__main__":
    _stochastic_optimizers.AdamOptimizer.update_params = timed()
    bench.main(globals())
