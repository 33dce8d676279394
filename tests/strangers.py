"""What strangers hand to the public functions by mistake, and what each is told; `python -m tests.strangers` asks.

A program of its own, because under pytest the types of every argument are checked before a function sees it, which
nobody's script does. It imports the engine once and prints, as JSON, what each call came to.
"""

import json
import math
import sys
import threading
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import nat_core

nat: Any = nat_core  # a stranger's types are not ours, and no checker has to agree with them
Row = tuple[Callable[[], object], str, str]
"""What is called, the kind of the error, and a part of its sentence."""

# --- predict ---------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def network() -> Any:
    import torch

    from nat_core.network.inference import Network, frozen
    from nat_core.network.models import build

    model = frozen(build("wrn10_1", 2, seed=0), torch.device("cpu"))
    return Network("net", model, ("cat", "dog"), (0.5,) * 3, (0.25,) * 3)


def pixels(*shape: int, dtype: str = "uint8", value: float = 0) -> Any:
    import numpy as np

    return np.full(shape or (2, 32, 32, 3), value, dtype)


def tensor(*values: object) -> Any:
    import torch

    return torch.tensor(values)


def masked() -> Any:
    import numpy as np

    return np.ma.masked_array([0.5, 0.9], [False, True])


def generated() -> Any:
    return (each for each in (0.5, 0.9))


TWO = [[4.0, 0.0], [0.0, 3.0]]
PREDICT: dict[str, Row] = {
    "below 0": (lambda: nat.predict(network(), pixels(dtype="int32", value=-1)), "ValueError", "from 0 to 255; got -1"),
    "above 255": (lambda: nat.predict(network(), pixels(dtype="int64", value=256)), "ValueError", "got 256 to 256"),
    "shares of white": (
        lambda: nat.predict(network(), pixels(dtype="float32", value=0.5)),
        "ValueError",
        "normalised already, (pixels / 255 - mean) / std; these go from 0.5 to 0.5",
    ),
    "floats to 255": (lambda: nat.predict(network(), pixels(dtype="float64", value=200)), "ValueError", "from 200 to"),
    "NaN": (lambda: nat.predict(network(), pixels(dtype="float32", value=math.nan)), "ValueError", "go from nan"),
    "complex": (lambda: nat.predict(network(), pixels(dtype="complex64")), "ValueError", "or floats; got complex64"),
    "bool": (lambda: nat.predict(network(), pixels(dtype="bool")), "ValueError", "or floats; got bool"),
    "one picture": (lambda: nat.predict(network(), pixels(32, 32, 3)), "ValueError", "one picture is pictures[None]"),
    "grey": (lambda: nat.predict(network(), pixels(2, 32, 32, 1)), "ValueError", "got shape (2, 32, 32, 1)"),
    "channels first": (lambda: nat.predict(network(), pixels(2, 3, 32, 32)), "ValueError", "transpose(0, 2, 3, 1)"),
    "alpha": (lambda: nat.predict(network(), pixels(2, 32, 32, 4)), "ValueError", "pictures[..., :3]"),
    "no pixels": (lambda: nat.predict(network(), pixels(2, 0, 0, 3)), "ValueError", "got shape (2, 0, 0, 3)"),
    "no picture": (lambda: nat.predict(network(), pixels(0, 32, 32, 3)), "ValueError", "no picture to predict"),
    "a list": (lambda: nat.predict(network(), pixels().tolist()), "TypeError", "not a list: read files with"),
    "a tensor": (lambda: nat.predict(network(), tensor(1)), "TypeError", "not a Tensor"),
    "a folder's name": (lambda: nat.predict(network(), "photos"), "TypeError", "nat.read_folder"),
    "a network's name": (lambda: nat.predict("wrn16_1_nat", pixels()), "TypeError", "nat.load_network(NAME)"),
    "a bare module": (lambda: nat.predict(network().model, pixels()), "TypeError", "wrap it with nat.wrap"),
    "batch of 0": (lambda: nat.predict(network(), pixels(), batch_size=0), "ValueError", "whole number from 1 up"),
    "batch of 2.5": (lambda: nat.predict(network(), pixels(), batch_size=2.5), "ValueError", "got 2.5"),
    "a text of ids": (lambda: nat.predict(network(), pixels(), ids="ab"), "ValueError", "one text a picture"),
    "ids that are numbers": (lambda: nat.predict(network(), pixels(), ids=[1, 2]), "ValueError", "ids must be a tuple"),
    "too few ids": (lambda: nat.predict(network(), pixels(), ids=["a"]), "ValueError", "1 ids for 2 pictures"),
    "too few labels": (lambda: nat.predict(network(), pixels(), labels=[1]), "ValueError", "labels must be 2 whole"),
    "labels in words": (lambda: nat.predict(network(), pixels(), labels=["a", "b"]), "ValueError", "whole numbers"),
    "labels below -1": (lambda: nat.predict(network(), pixels(), labels=[0, -2]), "ValueError", "none of them; got -2"),
    "maps of grey": (lambda: nat.predict_with_maps(network(), pixels(32, 32)), "ValueError", "(n, height, width, 3)"),
    "maps of a name": (lambda: nat.predict_with_maps("net", pixels()), "TypeError", "not a str"),
    "features of a list": (lambda: nat.features(network(), []), "TypeError", "not a list"),
    "features of nothing": (lambda: nat.features(None, pixels()), "TypeError", "not a NoneType"),
}

# --- wrap ------------------------------------------------------------------------------------------------------------


def wrap(module: object = None, **changes: object) -> Any:
    made = flat(32) if module is None else module
    values: dict[str, object] = {"classes": ["cat", "dog"], "mean": (0.5,) * 3, "std": (0.25,) * 3}
    return nat.wrap(made, **{**values, **changes})


def flat(side: int, **where: object) -> Any:
    from torch import nn

    return nn.Sequential(nn.Flatten(), nn.Linear(3 * side * side, 2, **where))  # type: ignore[arg-type]


def module(answer: Callable[[Any], object]) -> Any:
    from torch import nn

    class Answers(nn.Module):
        def forward(self, images: Any) -> object:
            return answer(images)

    return Answers()


def locked() -> Any:
    made = flat(32)
    made.lock = threading.Lock()
    return made


def lazy() -> Any:
    from torch import nn

    return nn.Sequential(nn.Flatten(), nn.LazyLinear(2))


WRAP: dict[str, Row] = {
    "a name": (lambda: wrap("resnet18"), "TypeError", "must be a torch.nn.Module, not a str"),
    "a class": (lambda: wrap(type(flat(32))), "TypeError", "make one first, Sequential(...)"),
    "lazy layers": (lambda: wrap(lazy()), "NetworkError", "has lazy layers"),
    "on meta": (lambda: wrap(flat(32, device="meta")), "NetworkError", "meta device"),
    "with a lock": (lambda: wrap(locked()), "NetworkError", "cannot be copied"),
    "another size": (lambda: wrap(flat(64)), "NetworkError", "it takes pictures of 64 x 64, so say size=64"),
    "one picture alone": (
        lambda: wrap(module(lambda images: images.reshape(-1)[:2].reshape(1, 2))),
        "NetworkError",
        "it answers one picture, but not two at once",
    ),
    "NaN": (lambda: wrap(module(lambda images: images[:, :2, 0, 0] * math.nan)), "NetworkError", "not finite"),
    "whole numbers": (lambda: wrap(module(lambda images: images[:, :2, 0, 0].int())), "NetworkError", "torch.int32"),
    "a text of classes": (lambda: wrap(classes="cd"), "ValueError", "at least 2 different names"),
    "a set of classes": (lambda: wrap(classes={"cat", "dog"}), "ValueError", "in the order of the logits"),
    "the background": (lambda: wrap(classes=["cat", "background"]), "ValueError", "none of the classes"),
    "a class without a name": (lambda: wrap(classes=["cat", ""]), "ValueError", "is called ''"),
    "a set of means": (lambda: wrap(mean={0.1, 0.2, 0.3}), "ValueError", "a set has no order"),
    "no means": (lambda: wrap(mean=None), "ValueError", "mean must be an array of numbers"),
    "means of one colour": (lambda: wrap(mean=[0.5]), "ValueError", "three numbers in [0, 1]"),
    "NaN as std": (lambda: wrap(std=(math.nan,) * 3), "ValueError", "std must be finite"),
    "a size in words": (lambda: wrap(size="32"), "ValueError", "size must be at least 1 pixel"),
    "too large a size": (lambda: wrap(size=4096), "ValueError", "at most 2,048"),
}

# --- metrics and evaluations -----------------------------------------------------------------------------------------


def images(**changes: object) -> Any:
    values: dict[str, object] = {"name": "a", "pixels": pixels(), "ids": ("0", "1")}
    return nat.ImageSet(**{**values, **changes})


def labelled(*labels: int) -> Any:
    import numpy as np

    return images(labels=np.array(labels), classes=("cat", "dog"))


METRICS: dict[str, Row] = {
    "accuracy without labels": (lambda: nat.accuracy([1, 2]), "ValueError", "needs labels"),
    "accuracy of words": (lambda: nat.accuracy(["a"], [0]), "ValueError", "predicted must be an array of whole"),
    "accuracy of fractions": (lambda: nat.accuracy([0.5], [0]), "ValueError", "whole numbers"),
    "accuracy of none": (lambda: nat.accuracy([0, 1], [-1, -1]), "ValueError", "of a known class"),
    "ncr of nothing": (lambda: nat.ncr(None, 0.9), "ValueError", "confidence must be an array of numbers"),
    "ncr of a generator": (lambda: nat.ncr(generated(), 0.9), "ValueError", "got generator"),
    "ncr at a word": (lambda: nat.ncr([0.5], "0.9"), "ValueError", "threshold must be an array of numbers"),
    "ncr at NaN": (lambda: nat.ncr([0.5], math.nan), "ValueError", "threshold must be finite"),
    "ncr of masked values": (lambda: nat.ncr(masked(), 0.9), "ValueError", "none of them masked"),
    "auroc of complex": (lambda: nat.auroc([0.5 + 1j], [0.5]), "ValueError", "confidence_in must be an array of"),
    "auroc of dates": (lambda: nat.auroc([0.5], pixels(2, dtype="M8[D]")), "ValueError", "datetime64[D]"),
    "auroc of none": (lambda: nat.auroc([], [0.5]), "ValueError", "must not be empty"),
    "fpr95 of True": (lambda: nat.fpr95([True], [0.5]), "ValueError", "must be an array of numbers"),
    "aupr of rows": (lambda: nat.aupr([[0.5]], [0.5]), "ValueError", "1-dimensional"),
    "a share in words": (lambda: nat.threshold_keeping([0.5], "all"), "ValueError", "share must be an array of"),
    "ece of NaN": (lambda: nat.expected_calibration_error([0.5], [math.nan]), "ValueError", "True or False"),
    "ece in no bins": (lambda: nat.expected_calibration_error([0.5], [True], 2.5), "ValueError", "bins must be"),
    "softmax of one row": (lambda: nat.softmax([1.0, 2.0]), "ValueError", "2-dimensional"),
    "softmax of nothing": (lambda: nat.softmax(None), "ValueError", "logits must be an array of numbers"),
    "softmax of infinity": (lambda: nat.softmax([[math.inf, 0]]), "ValueError", "logits must be finite; 1 of 1 rows"),
    "entropy of uneven rows": (lambda: nat.entropy([[0.5, 0.5], [1.0]]), "ValueError", "all rows of one length"),
    "energy at None": (lambda: nat.energy(TWO, None), "ValueError", "temperature must be"),
    "knn of NaN": (lambda: nat.knn_score([[math.nan]], [[1.0]], 1), "ValueError", "features must be finite"),
    "knn of half a neighbour": (lambda: nat.knn_score([[1.0]], [[1.0]], 0.5), "ValueError", "neighbours must be"),
    "scores of an array": (lambda: nat.scores_of(TWO), "TypeError", "Predictions, which predict returns"),
    "predictions of a list": (
        lambda: nat.Predictions("n", "s", ("a", "b"), TWO),
        "ValueError",
        "logits must be floats",
    ),
}
EVALUATE: dict[str, Row] = {
    "negatives without a name": (lambda: nat.evaluate_logits(TWO, TWO), "ValueError", "by the name of their set"),
    "negatives by number": (
        lambda: nat.evaluate_logits(TWO, {1: TWO, "1": TWO}),
        "ValueError",
        "names in quotes; got 1, a int",
    ),
    "a label past the classes": (lambda: nat.evaluate_logits(TWO, {"o": TWO}, [0, 2]), "ValueError", "0 to 1, or -1"),
    "a label that wraps around": (
        lambda: nat.evaluate_logits(TWO, {"o": TWO}, pixels(2, dtype="u8", value=2**64 - 1)),
        "ValueError",
        "labels count the classes from 0; got up to 18446744073709551615",
    ),
    "none but -1": (lambda: nat.evaluate_logits(TWO, {"o": TWO}, [-1, -1]), "ValueError", "none of the classes"),
    "thresholds that merge": (
        lambda: nat.evaluate_logits(TWO, {"o": TWO}, thresholds=[0.9, 0.90000001]),
        "ValueError",
        "differ in their first six digits",
    ),
    "thresholds from a generator": (
        lambda: nat.evaluate_logits(TWO, {"o": TWO}, thresholds=generated()),
        "ValueError",
        "thresholds must be an array of numbers",
    ),
    "thresholds in a text": (
        lambda: nat.evaluate_logits(TWO, {"o": TWO}, thresholds="0.9"),
        "ValueError",
        "thresholds must be an array of numbers",
    ),
    "known by its folder": (
        lambda: nat.evaluate(network(), known="photos", negatives=images()),
        "TypeError",
        "known must be an image set",
    ),
    "negatives by their folder": (
        lambda: nat.evaluate(network(), known=labelled(0, 1), negatives="photos"),
        "TypeError",
        "negatives must be an image set",
    ),
    "negatives by name and folder": (
        lambda: nat.evaluate(network(), known=labelled(0, 1), negatives={"o": "photos"}),
        "TypeError",
        "negatives 'o' must be an image set",
    ),
    "a network by its name": (
        lambda: nat.evaluate("wrn16_1_nat", known=labelled(0, 1), negatives=images()),
        "TypeError",
        "nat.load_network(NAME)",
    ),
    "a set's label past its classes": (
        lambda: labelled(0, 2),
        "ValueError",
        "labels go up to 2, but the number of named classes is 2",
    ),
}

# --- names of networks and sets --------------------------------------------------------------------------------------
STORED: dict[str, Row] = {
    "a very long name": (lambda: nat.load_network("x" * 5000), "CheckpointError", "No network is called 'xxxx"),
    "no name": (lambda: nat.load_network(None), "TypeError", "a network's name must be a text"),
    "a number": (lambda: nat.load_network(5), "TypeError", "not a int"),
    "an empty name": (lambda: nat.load_card(""), "CheckpointError", "No network is called ''"),
    "a slash at its end": (lambda: nat.load_network("wrn16_1_nat/"), "CheckpointError", "without a path"),
    "a way out": (lambda: nat.load_report("../x"), "CheckpointError", "No network is called '../x'"),
    "the folder itself": (lambda: nat.load_predictions("."), "CheckpointError", "No network is called '.'"),
    "a device that is none": (lambda: nat.load_network("digits_nat", device=5), "ValueError", "unknown device 5"),
    "a set that is not stored": (
        lambda: nat.load_predictions("digits_nat", "digits"),
        "ValueError",
        "digits_nat has no stored predictions on 'digits'; it has: digits_67_test, ",
    ),
    "a set by number": (lambda: nat.load_predictions("digits_nat", [5]), "ValueError", "predictions on 5; it has"),
}


def recipe(**changes: object) -> Any:
    return nat.Recipe(**{"name": "mine", "architecture": "wrn16_1", **changes})


RECIPE: dict[str, Row] = {
    "a name that is none": (lambda: recipe(name=5), "ValueError", "a recipe's name is a folder's"),
    "a switch in words": (lambda: recipe(flip="yes"), "ValueError", "flip to be True or False, not 'yes'"),
    "a switch by number": (lambda: recipe(held_out=1), "ValueError", "held_out to be True or False, not 1"),
    "epochs in words": (lambda: recipe(epochs="many"), "ValueError", "whole number of epochs >= 1"),
    "half an epoch": (lambda: recipe(epochs=0.5), "ValueError", "whole number of epochs >= 1"),
    "a batch of True": (lambda: recipe(batch_size=True), "ValueError", "whole number of batch_size >= 2"),
    "a rate in words": (lambda: recipe(learning_rate="0.1"), "ValueError", "learning_rate >= 0, not '0.1'"),
    "negatives by number": (lambda: recipe(negatives=5), "ValueError", "unknown image set of negatives 5"),
    "one name for many": (lambda: recipe(also_reported="svhn"), "ValueError", "a tuple of also_reported, not 'svhn'"),
    "a level for many": (lambda: recipe(attention_levels="low"), "ValueError", "a tuple of attention_levels"),
    "no sizes": (lambda: recipe(sizes=None), "ValueError", "a tuple of sizes, not None"),
    "a side alone": (lambda: recipe(sizes=(32,)), "ValueError", "each of sizes must be (side in pixels, share"),
    "half a pixel": (lambda: recipe(sizes=((24.5, 1.0),)), "ValueError", "each of sizes must be (side"),
    "a share in words": (lambda: recipe(sizes=((32, "1"),)), "ValueError", "each of sizes must be (side"),
    "a teacher by number": (lambda: recipe(teacher=1), "ValueError", "a teacher's name is a folder's"),
}


def train(**changes: object) -> Any:
    return nat.train(recipe(), **{"out": "nowhere", "known": "", **changes})


OWN: dict[str, Row] = {
    "no folder": (lambda: train(), "MissingDataset", "no folder and no file is named"),
    "one folder for both": (lambda: train(known="a", negatives="./a/"), "ValueError", "known and negatives share a:"),
    "one in the other": (lambda: train(known="a", negatives="a/b"), "ValueError", "known and negatives share a/b:"),
    "a seed in words": (lambda: train(seed="1"), "ValueError", "seed must be a whole number from 0"),
    "a seed that is too large": (lambda: train(seed=2**64), "ValueError", "2^63 - 1; got 18446744073709551616"),
    "no thread": (lambda: train(threads=0), "ValueError", "threads must be a whole number from 1 to 1024; got 0"),
    "more threads than a system starts": (lambda: train(threads=10**9), "ValueError", "got 1000000000"),
    "half a thread": (lambda: train(threads=0.5), "ValueError", "threads must be a whole number from 1 to 1024"),
    "a truth for threads": (lambda: train(threads=True), "ValueError", "got True"),
    "a seed below 0": (lambda: train(seed=-1), "ValueError", "seed must be a whole number from 0"),
    "a recipe by its name": (lambda: nat.train("digits_nat", out="nowhere"), "TypeError", "nat.recipe_named"),
    "pictures too large": (lambda: nat.read_folder("nat_core/data/gallery", size=10**6), "ValueError", "at most 2,048"),
}
ROWS: dict[str, Row] = {
    f"{group}: {name}": row
    for group, rows in {
        "predict": PREDICT, "wrap": WRAP, "metrics": METRICS, "evaluate": EVALUATE, "stored": STORED, "recipe": RECIPE,
        "own": OWN,
    }.items()
    for name, row in rows.items()
}  # fmt: skip


def came_to(call: Callable[[], object]) -> tuple[str, str]:
    """The kind of a call's error and its sentence; the value itself where there was none."""
    try:
        return "no error", f"{call()!r:.200}"
    except Exception as error:  # noqa: BLE001 - which kind it is is what is asked
        return type(error).__name__, str(error)


if __name__ == "__main__":
    sys.stdout.write(json.dumps({name: came_to(call) for name, (call, _, _) in ROWS.items()}))
