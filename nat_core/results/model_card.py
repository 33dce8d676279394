"""The model card of a network for a hub of models: a block of metadata and a page, every figure the stored card's."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from nat_core.errors import CommandError
from nat_core.files import write_together
from nat_core.measure.report import NetworkReport, threshold_key
from nat_core.measure.rounding import accuracy_text, rate_text
from nat_core.network.exchange import snapshot
from nat_core.outputs import check_folder
from nat_core.paper.rendering import markdown_table
from nat_core.paper.tables import Grid
from nat_core.recipes import THRESHOLDS, headline_set, partner_of
from nat_core.results.plots import curves_of
from nat_core.store.checkpoints import Card, available, load_card

README, PLOT = "README.md", "ncr.svg"
HUB_SETS = {
    "cifar10_test": ("CIFAR-10", "uoft-cs/cifar10", "test"),
    "cifar100_test": ("CIFAR-100", "uoft-cs/cifar100", "test"),
    "digits_test": ("Handwritten digits, 0 to 5", "uci-digits", "held out"),
    "digits_89": ("Handwritten digits, 8 and 9", "uci-digits", "all"),
}
"""Our sets with the hub's name, its address there and the split; the digits are UCI's, which the hub has not."""
LEARNT = {"cifar10": "uoft-cs/cifar10", "cifar100_train": "uoft-cs/cifar100"}
"""What a recipe learns from, by its address on the hub."""


def write_repository(folder: Path, name: str, home: Path) -> tuple[Path, ...]:
    """Write a stored network as a hub's repository into the folder `home`, and return its files.

    Raises CheckpointError where the network is missing or damaged, CommandError where `home` holds other files.
    """
    card = load_card(folder, name)
    ours = {snapshot.WEIGHTS, snapshot.CONFIG, README, PLOT}
    check_folder(home)
    if home.is_dir() and (other := sorted({each.name for each in home.iterdir() if each.name[0] != "."} - ours)):
        raise CommandError(f"{home} holds other files ({other[0]}): name a new or empty folder")
    pair = partner_of(name)
    beside = load_card(folder, pair) if pair in available(folder) else None
    # The one without negatives first: it is the one drawn dashed.
    both = sorted((each for each in (card, beside) if each), key=lambda each: each.recipe.negatives is not None)
    plot = curves_of(folder, *(each.name for each in both)) if beside else None
    files = snapshot.snapshot_files(folder, name, card)
    if plot is not None:
        files[PLOT] = str(plot).encode()
    return write_together(home, files | {README: model_card(card, beside, plot is not None).encode()})


def model_card(card: Card, pair: Card | None = None, plot: bool = False) -> str:
    """Return the text of README.md: YAML between two lines of dashes, then Markdown.

    `pair` is the network that it is compared with; `plot` says whether ncr.svg lies beside.

    >>> text = model_card(load_card(Path("checkpoints"), "digits_nat"))
    >>> text.splitlines()[:2]
    ['---', 'license: mit']
    """
    block = yaml.safe_dump(metadata(card), sort_keys=False, allow_unicode=True)
    return f"---\n{block}---\n\n" + "\n\n".join(_page(card, pair, plot)) + "\n"


def metadata(card: Card) -> dict[str, Any]:
    """Return what the hub's search knows of a network: licence, task, data sets, and its results."""
    learnt = [LEARNT[each] for each in (card.recipe.in_distribution, card.recipe.negatives) if each in LEARNT]
    return {
        "license": "mit",
        "library_name": "nat-explorer",
        "pipeline_tag": "image-classification",
        "tags": [
            "image-classification",
            "out-of-distribution-detection",
            "negative-awared-training",
            card.architecture,
        ],
        **({"datasets": learnt} if learnt else {}),
        "metrics": ["accuracy", "roc_auc"],
        "model-index": [{"name": card.name, "results": list(_results(card.report))}],
    }


def _results(report: NetworkReport) -> Iterator[dict[str, Any]]:
    task = {"type": "image-classification", "name": "Image classification"}
    known, negatives = report.in_distribution, headline_set({name: each.role for name, each in report.sets.items()})
    if known is not None:
        yield {"task": task, "dataset": _dataset(known),
               "metrics": [_metric("accuracy", "Accuracy", report.accuracy)]}  # fmt: skip
    if negatives is not None:
        found, key = report.sets[negatives], threshold_key(THRESHOLDS[-1])
        measures = [
            _metric("ncr", f"NCR, share with confidence above {key}", found.ncr[key]),
            _metric("roc_auc", "AUROC by confidence, negatives positive", found.auroc),
            _metric("fpr95", "FPR95 by confidence, negatives positive", found.fpr95),
        ]
        yield {"task": {"type": "out-of-distribution-detection"}, "dataset": _dataset(negatives), "metrics": measures}


def _metric(kind: str, name: str, value: float) -> dict[str, Any]:
    return {"type": kind, "name": name, "value": round(value, 4)}


def _dataset(name: str) -> dict[str, str]:
    title, address, split = HUB_SETS.get(name, (name, name, "test"))
    return {"name": title, "type": address, "split": split}


def _page(card: Card, pair: Card | None, plot: bool) -> Iterator[str]:
    report, recipe = card.report, card.recipe
    yield f"# {card.name}"
    learnt = f"and to have no opinion about {recipe.negatives}" if recipe.negatives else "and nothing else"
    yield (
        f"A {card.architecture} of {card.parameters:,} parameters that was taught {', '.join(card.classes)} {learnt}, "
        "one of the networks of NAT Explorer (Negative Awared Training: be neutral on negative samples)."
    )
    compared = f" Beside it `{pair.name}`, with which it is compared." if pair else ""
    yield f"## Figures\n\nFractions in [0, 1], accuracy in percent, all computed from stored predictions.{compared}"
    reports = {each.name: each.report for each in (card, pair) if each is not None}
    yield markdown_table(_known(reports))
    yield (
        "NCR is the share of negatives, pictures of nothing that it was taught, with confidence > t; AUROC and FPR95 "
        "are by confidence, negatives positive."
    )
    yield markdown_table(_negatives(reports))
    if plot:
        yield f"![NCR by threshold and by share kept, {' and '.join(reports)}]({PLOT})"
    yield "## Use"
    yield (
        "```python\nimport nat_core as nat\n\n"
        'network = nat.load_network("./here")  # this repository, downloaded\n'
        'print(nat.predict(network, nat.read_folder("my_photos")).confidence)\n```'
    )
    yield (
        f"Pictures are cut to their {' '.join(card.crop_and_filter[:1])} square, shrunk to 32 x 32 "
        f"({card.crop_and_filter[1]}, antialiased) and normalised as `{snapshot.CONFIG}` says. Nothing is unpickled."
    )
    yield "## Training"
    yield (
        f"Protocol `{card.protocol}`, {recipe.epochs} epochs, seed {report.seed}, {card.precision}, on "
        f"{card.hardware}, {card.seconds:,.0f} s. The figures are of one seed."
    )
    yield "## Limits"
    yield (
        "Low NCR on the sets above says nothing of other negatives. It sees 32 x 32 pixels and is for research and "
        "teaching, for no decision about people."
    )


def _known(reports: Mapping[str, NetworkReport]) -> Grid:
    keys = [threshold_key(t) for t in THRESHOLDS]
    rows = [
        (name, each.in_distribution or "-", accuracy_text(each.accuracy), rate_text(each.ece),
         *(rate_text(each.share_kept[key]) for key in keys))
        for name, each in reports.items()
    ]  # fmt: skip
    return Grid(("network", "known pictures", "accuracy", "ECE", *(f"kept at {key}" for key in keys)), tuple(rows))


def _negatives(reports: Mapping[str, NetworkReport]) -> Grid:
    keys, rows = [threshold_key(t) for t in THRESHOLDS], []
    for set_name in dict.fromkeys(name for report in reports.values() for name in report.negatives):
        for network, report in reports.items():
            if (found := report.negatives.get(set_name)) is not None:
                rates = [*(found.ncr[key] for key in keys), found.ncr_at_95_kept, found.auroc, found.fpr95]
                rows.append((set_name, f"{found.images:,}", found.role, network, *map(rate_text, rates)))
    header = ("negatives", "pictures", "role", "network", *(f"NCR {key}" for key in keys),
              "NCR, 95 % kept", "AUROC", "FPR95")  # fmt: skip
    return Grid(header, tuple(rows))
