"""Scores from features, what a network's last layer is given: kNN, ViM and RMDS, each fitted to training pictures.

Plain arrays are enough. Each score is higher the more surely a picture is in distribution.
"""

import numpy as np
from jaxtyping import Float

from nat_core.measure.metrics import energy, maximum_logit
from nat_core.measure.predictions import Given, class_numbers, numbers

Array = np.ndarray
ROWS = 256
"""So many pictures' distances to all training pictures stand in memory at a time: few enough to stay in its caches."""


def knn_score(features: Given, training: Given, neighbours: int = 50) -> Float[Array, " n"]:
    """Minus the distance of each picture's features to the k-th nearest of the training pictures', in [-2, 0].

    Features are brought to length 1 first, and k = `neighbours` counts from 1 (Sun et al., 2022, who take 50 for all
    50,000 training pictures of CIFAR-10, and fewer in proportion where they know only a part of them). Features of
    zeros stay zeros. Raises ValueError for k outside 1 ... m, other numbers of channels, or what is empty or not
    finite.

    >>> knn_score(np.array([[2.0, 0.0]]), np.array([[1.0, 0.0], [0.0, 5.0]]), neighbours=2).round(4)
    array([-1.4142])
    """
    features, training = _checked(features, training)
    if not isinstance(neighbours, int | np.integer) or not 1 <= neighbours <= len(training):
        raise ValueError(f"neighbours must be 1 to {len(training)}, the training pictures; got {neighbours}")
    features, training = _unit_length(features), _unit_length(training)
    turned, squares, found = -2 * training.T, (training**2).sum(axis=1), (features**2).sum(axis=1)
    for start in range(0, len(features), ROWS):
        # |a - b|^2 = |a|^2 - 2 ab + |b|^2, one product of matrices; rounding may leave it a hair below 0.
        nearness = features[start : start + ROWS] @ turned
        nearness += squares
        found[start : start + ROWS] += _smallest(nearness, neighbours)
    return -np.sqrt(np.maximum(found, 0))


def vim_score(
    features: Given,
    training: Given,
    weight: Given,
    bias: Given,
    dimensions: int | None = None,
) -> Float[Array, " n"]:
    """ViM: log sum exp(logits) - alpha |residual|, the residual being what the training pictures hardly vary in.

    With u = -pinv(W) b as the origin, the residual is what the `dimensions` leading eigenvectors of the training
    features' second moments leave; alpha makes the residual's mean over the training pictures that of their largest
    logit (Wang et al., 2022). `weight` and `bias` are those of the last layer. `dimensions` in 1 ... channels - 1, by
    default half of the channels. Raises ValueError for others, for shapes that disagree, for training pictures without
    any residual, or what is empty or not finite.

    >>> flat = np.array([[1.0, 0.1], [2.0, -0.1]])
    >>> near, far = vim_score(np.array([[1.0, 0.0], [1.0, 3.0]]), flat, np.eye(2), np.zeros(2))
    >>> bool(near > far)
    True
    """
    features, training = _checked(features, training)
    channels = training.shape[1]
    weight, bias = numbers("weight", weight, 2), numbers("bias", bias, 1)
    if weight.shape != (len(bias), channels):
        raise ValueError(f"weight must be (classes, {channels}), bias (classes,); got {weight.shape}, {bias.shape}")
    kept = channels // 2 if dimensions is None else dimensions
    if not isinstance(kept, int | np.integer) or not 1 <= kept < channels:
        raise ValueError(f"dimensions must be 1 to {channels - 1}, below the number of channels; got {kept}")
    origin = -np.linalg.pinv(weight) @ bias
    centred = training - origin
    # eigh sorts by eigenvalue, ascending: the first directions are those of least variation.
    rest = np.linalg.eigh(centred.T @ centred / len(centred))[1][:, : channels - kept]
    residual = np.linalg.norm(centred @ rest, axis=1).mean()
    if residual <= 1e-12 * np.linalg.norm(centred, axis=1).mean():
        raise ValueError(f"the training features vary in {kept} dimensions alone: there is no residual to scale by")
    alpha = maximum_logit(training @ weight.T + bias).mean() / residual
    return -energy(features @ weight.T + bias) - alpha * np.linalg.norm((features - origin) @ rest, axis=1)


def rmds_score(features: Given, training: Given, labels: Given) -> Float[Array, " n"]:
    """RMDS: minus the smallest of d_k - d_0, squared Mahalanobis distances to class k and to all training pictures.

    d_k has the class's mean and the covariance that all classes share, d_0 the mean and the covariance of all training
    pictures (Ren et al., 2021). A channel that never varies has no inverse and counts nothing (pseudo-inverse).
    `labels` are the training pictures' classes. Raises ValueError where they are not one a training picture, for other
    numbers of channels, or what is empty or not finite.

    >>> training, labels = np.array([[0.0], [2.0], [10.0], [12.0]]), np.array([0, 0, 1, 1])
    >>> rmds_score(np.array([[1.0], [6.0]]), training, labels).round(4)
    array([  0.9615, -25.    ])
    """
    features, training = _checked(features, training)
    classes, which = np.unique(class_numbers("labels", labels, len(training)), return_inverse=True)
    means = np.stack([training[which == number].mean(axis=0) for number in range(len(classes))])
    shared = _precision(training - means[which])
    middle = training.mean(axis=0)
    background = _squared_distance(features - middle, _precision(training - middle))
    nearest = np.min([_squared_distance(features - mean, shared) for mean in means], axis=0)
    return background - nearest


def _precision(centred: Float[Array, "m channels"]) -> Float[Array, "channels channels"]:
    """The pseudo-inverse of the covariance of centred values."""
    covariance = centred.T @ centred / len(centred)
    # Rounding leaves directions without variation a little of it, whose inverse would outweigh all others.
    return np.linalg.pinv(covariance, rcond=len(covariance) * np.finfo(np.float64).eps, hermitian=True)


def _squared_distance(
    centred: Float[Array, "n channels"], precision: Float[Array, "channels channels"]
) -> Float[Array, " n"]:
    return np.einsum("nc,nc->n", centred @ precision, centred)


def _smallest(rows: Float[Array, "n m"], place: int) -> Float[Array, " n"]:
    """The value at this place of each row, counted from 1, were the row sorted; the rows may be left in another order.

    At least so many groups of a row hold a value up to the group minimum of that place, so nothing above it can be the
    one: hardly more than that many are left to put in order, which takes less than half as long as putting all.
    """
    groups = max(4 * place, 64)
    if rows.shape[1] >= 4 * groups:
        each = rows.shape[1] // groups
        # Groups of columns that lie far apart, so that the minimum is that of whole stretches of memory.
        minima = rows[:, : each * groups].reshape(len(rows), each, groups).min(axis=1)
        minima.partition(place - 1, axis=1)
        row, column = np.nonzero(rows <= minima[:, place - 1 : place])
        counts = np.bincount(row, minlength=len(rows))
        within = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
        left = np.full((len(rows), counts.max(initial=place)), np.inf)
        left[row, within] = rows[row, column]
        rows = left
    rows.partition(place - 1, axis=1)
    return rows[:, place - 1]


def _unit_length(features: Float[Array, "n channels"]) -> Float[Array, "n channels"]:
    return features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-12)


def _checked(features: Given, training: Given) -> tuple[Array, Array]:
    """Both as float64; ValueError unless they are finite rows of as many channels, at least one each."""
    rows, others = numbers("features", features, 2), numbers("training", training, 2)
    if rows.shape[1] != others.shape[1]:
        raise ValueError(f"features have {rows.shape[1]} channels, training {others.shape[1]}: they must agree")
    return rows, others
