"""The metrics of embeddings as short NumPy functions: how near partners are among all rows."""

from __future__ import annotations

from modelwright.evaluate.retrieval import AT_ONCE, TIE
from modelwright.script.code import block
from modelwright.script.contrasting import contrast_of
from modelwright.script.section import Source

UNIT = '''
def of_length_1(z):
    """Return embeddings [V, N, D] as float32 of length 1."""
    lengths = np.linalg.norm(z, axis=2, keepdims=True)
    return (z / np.maximum(lengths, 1e-12)).astype(np.float32)
'''
ABOVE = '''
def above(queries, candidates, match):
    """Return how many candidates are as near as a row's partner, which is one of them."""
    counts = np.zeros(len(queries))
    for at in range(0, len(queries), {at_once}):
        near = queries[at : at + {at_once}] @ candidates.T
        counts[at : at + {at_once}] = (near >= match[at : at + {at_once}, None] - {tie}).sum(1)
    return counts
'''
PARTNERS = '''
def ranks(z):
    """Return the rank of each row's partner among all, both ways [N, 2]; 1 is best."""
    z = of_length_1(z)
    match = (z[0] * z[1]).sum(1)
    forth = above(z[0], z[1], match){third}
    return np.stack([forth, {back}], axis=1)
'''
LABELS = '''
def ranks(z, labels):
    """Return the rank of the nearest other row of the same label [N, 1]; NaN for none."""
    z = of_length_1(z)[0]
    found = np.full((len(z), 1), np.nan)
    for at in range(0, len(z), {at_once}):
        part = np.arange(at, min(at + {at_once}, len(z)))
        near = z[part] @ z.T
        near[np.arange(len(part)), part] = -np.inf
        same = labels[part, None] == labels
        same[np.arange(len(part)), part] = False
        best = np.where(same, near, -np.inf).max(1)
        rank = 1 + ((near >= best[:, None] - {tie}) & ~same).sum(1)
        found[part, 0] = np.where(same.any(1), rank, np.nan)
    return found
'''
RECALL = '''
def {name}(z{labels}):
    """Return the share of rows whose partner is among the {at} nearest, both ways."""
    found = ranks(z{labels})
    known = ~np.isnan(found[:, 0])
    return float((found <= {at}).mean(1)[known].sum() / known.sum())
'''
MEAN_RANK = '''
def mean_rank(z{labels}):
    """Return the mean rank of the partner, both ways; 1 is best."""
    found = ranks(z{labels}).mean(1)
    known = ~np.isnan(found)
    return float(found[known].sum() / known.sum())
'''
ALIGNMENT = '''
def alignment(z):
    """Return the mean squared distance of embeddings that belong together."""
    z = of_length_1(z)
    apart = np.zeros(z.shape[1])
    apart[:] = 2 - 2 * (z[0] * z[1]).sum(1)
    return float((np.ones((1, len(apart))) @ apart / len(apart))[0])
'''
ALIGNMENT_OF_LABELS = '''
def alignment(z, labels):
    """Return the mean squared distance of embeddings of one label."""
    z = of_length_1(z)[0]
    found = np.full(len(z), np.nan)
    for at in range(0, len(z), {at_once}):
        part = np.arange(at, min(at + {at_once}, len(z)))
        near = z[part] @ z.T
        near[np.arange(len(part)), part] = -np.inf
        same = labels[part, None] == labels
        same[np.arange(len(part)), part] = False
        total = np.where(same, near, 0).sum(1)
        mean = 2 - 2 * total / np.maximum(same.sum(1), 1)
        found[part] = np.where(same.any(1), mean, np.nan)
    known = ~np.isnan(found)
    filled, weights = np.where(known, found, 0.0), np.ones((1, len(found)))
    return float((weights @ filled / (weights @ known.astype(np.float64)))[0])
'''
UNIFORMITY = '''
def uniformity(z{labels}):
    """Return the logarithm of the mean of exp(-2 d²) over pairs of rows."""
    z = of_length_1(z)[0]
    kernel = np.zeros(len(z))
    for at in range(0, len(z), {at_once}):
        near = z[at : at + {at_once}] @ z.T
        kernel[at : at + {at_once}] = np.exp(4 * near - 4).sum(1, dtype=np.float64)
    kernel = (kernel - 1) / (len(z) - 1)
    each = 2 * kernel - kernel.mean()
    mean = (np.ones((1, len(each))) @ each / len(each))[0]
    return float(np.log(mean if mean > 0 else np.nan))
'''


def metric_lines(source: Source) -> list[str]:
    """Return the function of the metric that leads, and what it needs."""
    labelled, name = contrast_of(source).positives == "labels", source.plan.metric
    compared = contrast_of(source).compared
    given = {"labels": ", labels" if labelled else "", "at_once": AT_ONCE, "tie": TIE}
    made = [*block(UNIT), "", ""]
    if name == "alignment":
        return [*made, *block((ALIGNMENT_OF_LABELS if labelled else ALIGNMENT).format(**given))]
    if name == "uniformity":
        return [*made, *block(UNIFORMITY.format(**given))]
    if labelled:
        made += block(LABELS.format(**given))
    else:
        third = " + above(z[0], z[2], match)" if compared > 2 else ""
        back = "forth" if compared > 2 else "above(z[1], z[0], match)"
        made += [*block(ABOVE.format(**given)), "", "", *block(PARTNERS.format(third=third, back=back))]
    if name == "mean_rank":
        return [*made, "", "", *block(MEAN_RANK.format(**given))]
    return [*made, "", "", *block(RECALL.format(name=name, at=name.rpartition("_")[2], **given))]
