"""The verbs of the command line `nat`, their options and their help. argparse prints what a wrong word raises."""

import argparse
from pathlib import Path

from nat_core import __version__
from nat_core.data.sources.field_sets import FIELD_SETS
from nat_core.protocols import PROTOCOLS
from nat_core.recipes import PRECISIONS, RECIPES
from nat_core.studies.plan import studies

LONGEST = 20
"""The most digits of a number: no seed has more."""
DEVICES = ("auto", "cpu", "cuda", "mps")
Verbs = argparse._SubParsersAction
"""Where each verb adds its own parser."""


def count(text: str) -> int:
    """Return a whole number from 0 up, of at most LONGEST digits; ArgumentTypeError for anything else.

    >>> count("12")
    12
    """
    # int() alone would take "1_000", " 7 ", "-1" and the digits of other scripts, and no more than 4,300 digits.
    if not text.isascii() or not text.isdigit() or len(text) > LONGEST:
        raise argparse.ArgumentTypeError(f"needs a whole number from 0 up, not {text!r:.60}")
    return int(text)


def at_least_one(text: str) -> int:
    """Return a whole number from 1 up; ArgumentTypeError for anything else.

    >>> at_least_one("1")
    1
    """
    if (number := count(text)) < 1:
        raise argparse.ArgumentTypeError(f"needs a whole number from 1 up, not {text!r:.60}")
    return number


def place(text: str) -> Path:
    """Return the path of a file or folder; ArgumentTypeError where none is named.

    >>> place("photos").name
    'photos'
    """
    if not text:  # Path("") is the current folder
        raise argparse.ArgumentTypeError("needs the name of a file or folder, not ''")
    return Path(text)


def device_option(parser: argparse.ArgumentParser, what: str) -> None:
    """Add --device, one of DEVICES; `what` says what for."""
    parser.add_argument(
        "--device", choices=DEVICES, default="auto", help=f"{what} (default: auto, the fastest there is)"
    )


def data_option(parser: argparse.ArgumentParser) -> None:
    """Add --data, the folder of the image sets."""
    parser.add_argument(
        "--data", type=place, metavar="DIR", help="where the image sets are (default: $NAT_DATA, ./data)"
    )


def checkpoints_option(parser: argparse.ArgumentParser, what: str = "where the networks are") -> None:
    """Add --checkpoints, a folder of networks; `what` says what for."""
    parser.add_argument(
        "--checkpoints", type=place, metavar="DIR", help=f"{what} (default: $NAT_CHECKPOINTS, ./checkpoints)"
    )


STATUSES = """\
exit status:
  0    done
  1    something could not be done (unreadable picture, missing image set, damaged
       network, full disk); one sentence on standard error says what and why
  2    the command itself is wrong
  130  stopped with Ctrl-C; 143 by SIGTERM, 129 by SIGHUP (a closed terminal). `nat train`
       and `nat reproduce` save first, and say what is saved"""

FORMATS = ("text", "markdown", "csv", "json", "latex")


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of every verb.

    >>> build_parser().parse_args(["train", "digits_nat", "--seed", "3"]).seed
    3
    """
    parser = argparse.ArgumentParser(
        prog="nat",
        description="Negative Awared Training: train, measure and show image classifiers that stay neutral on what "
        "they were never taught.",
        epilog=f"`nat VERB --help` says more, with examples.\n\n{STATUSES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,  # keeps the table of exit statuses as it is laid out
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"nat {__version__}")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    for add in (_add_data, _add_train, _add_predict, _add_evaluate, _add_report, _add_reproduce, _add_levels,
                _add_features, _add_app, _add_page, _add_export, _add_bench):  # fmt: skip
        add(verbs)
    return parser


def _verb(verbs: Verbs, name: str, summary: str, text: str, examples: str) -> argparse.ArgumentParser:
    return verbs.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.\n{text}",
        epilog=f"examples:\n{examples}\n\n{STATUSES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def _add_data(verbs: Verbs) -> None:
    parser = _verb(
        verbs,
        "data",
        "say which image sets are there, which are missing and how to get them",
        "CIFAR-10 and CIFAR-100 are needed only to train or evaluate on them, never for the\n"
        "app or the tables. The digits and the noise are always there. The others are sets on\n"
        "which others report: `nat evaluate NAME --sets SET` measures on them.",
        "  nat data\n  nat data --download cifar10 cifar100\n  nat data --download svhn dtd",
    )
    parser.add_argument(
        "--download",
        nargs="+",
        choices=("cifar10", "cifar100", "svhn", "dtd"),
        default=[],
        metavar="SET",
        help="download cifar10, cifar100 (170 MB each), svhn (64 MB) or dtd (600 MB), checksummed",
    )
    data_option(parser)


TRAIN_TEXT = (
    "Killed at any moment, a run goes on with --resume to the very same weights. Started by\n"
    "torchrun, several processes train one network (docs/command-line.md).\n\n"
    "Your own pictures: --known names a folder with one folder a class, or an .npz file with\n"
    "MedMNIST's key names; --negatives any folder of pictures, or an .npz file. What lies in\n"
    "train/ is learnt, what lies in test/ or val/ evaluated on; undivided, one picture in five\n"
    "is held out. NAME is then the new network's, or a recipe whose settings are taken.\n\n"
    "Each epoch's losses and rates go to log.csv beside the network, and to TensorBoard's\n"
    "events in OUT/tensorboard where it is installed.\n\n"
    "recipes:\n" + "\n".join(f"  {name}" for name in RECIPES)
)


def _add_train(verbs: Verbs) -> None:
    parser = _verb(
        verbs,
        "train",
        "train a network, evaluate it and store it with its report",
        TRAIN_TEXT,
        "  nat train digits_nat --out my_networks     needs no data set, takes two minutes\n"
        "  nat train wrn16_1_nat --data data          about 40 minutes on one core\n"
        "  nat train wrn16_1_nat --data data --resume\n"
        "  nat train --known cats_and_dogs --negatives other_photos --out my_networks\n"
        "  nat train --known photos --negatives others --set negative_weight=2 --seeds 0 1 2",
    )
    parser.set_defaults(refuse=parser.error)
    parser.add_argument("name", nargs="?", metavar="NAME", help="a recipe, and so the network's name")
    parser.add_argument("--known", type=place, metavar="DIR_OR_NPZ", help="your own pictures of the classes to learn")
    parser.add_argument("--negatives", type=place, metavar="DIR_OR_NPZ", help="your own pictures to be neutral on")
    parser.add_argument(
        "--set", action="append", default=[], metavar="FIELD=VALUE", help="set any field of the recipe; may be repeated"
    )
    device_option(parser, "where to train")
    parser.add_argument("--seed", type=count, default=0, help="seed of every random choice (default: 0)")
    parser.add_argument("--seeds", nargs="+", metavar="N", help="several: one network each, called NAME_seedN")
    parser.add_argument(
        "--threads", type=at_least_one, metavar="N",
        help="threads of the processor, on which the weights depend (default: 1 for the digits, else PyTorch's number)",
    )  # fmt: skip
    parser.add_argument(
        "--epochs", type=at_least_one, metavar="N", help="passes over the pictures, if not the recipe's"
    )
    parser.add_argument("--protocol", choices=tuple(PROTOCOLS), help="schedule, if not the recipe's (cpu, digits)")
    parser.add_argument("--out", type=place, metavar="DIR", help="where to store the network (default: --checkpoints)")
    parser.add_argument("--resume", action="store_true", help="go on with a run that was stopped")
    parser.add_argument(
        "--log-test", action="store_true", help="log the rates on the test sets as well; do not choose settings by them"
    )
    data_option(parser)
    checkpoints_option(parser, "where a student's teacher is")


def _add_predict(verbs: Verbs) -> None:
    parser = _verb(
        verbs,
        "predict",
        "say what the networks see in pictures, and how sure they are",
        "PNG, JPEG, WebP, GIF and BMP files of any size, TIFF, AVIF and HEIC where their decoders\n"
        "are installed. A file that cannot be read makes exit status 1; the others are still\n"
        "answered.",
        "  nat predict bee.jpg\n  nat predict photos --json\n"
        "  nat predict photos/*.jpg --networks wrn16_1_baseline wrn16_1_nat --json",
    )
    parser.add_argument("images", nargs="+", type=place, metavar="IMAGE", help="a picture, or a folder of pictures")
    parser.add_argument(
        "--networks",
        nargs="+",
        action="extend",  # given twice, an option adds to its list instead of replacing it
        metavar="NAME",
        help="which networks (default: all that are there); write it after the pictures",
    )
    parser.add_argument("--json", action="store_true", help="all probabilities, as JSON on standard output")
    checkpoints_option(parser)


EVALUATE_TEXT = (
    "Prints the share of them on which a network's confidence exceeds each threshold, beside\n"
    "the share of known pictures kept. Where they are negatives, that share is the NCR, and\n"
    "NCR at 95 % kept, AUROC, AUPR and FPR95 stand with it, by confidence, entropy, GEN,\n"
    "energy and the largest logit. Pictures are known if they lie in folders named after the\n"
    "network's classes (or the classes of an .npz file are so named); the others beside them\n"
    "are negatives. Where no name fits, they may show anything, unless --negatives says that\n"
    "none shows one of its classes.\n\n"
    "--sets takes, in place of --images, sets on which others report beside CIFAR-10:\n"
    + "\n".join(f"  {each.name:<13} {each.title}" for each in FIELD_SETS.values())
    + "\n"
    "`nat data` says which are there; --store keeps the numbers for `nat report`."
)


def _add_evaluate(verbs: Verbs) -> None:
    parser = _verb(
        verbs,
        "evaluate",
        "measure networks on your own pictures",
        EVALUATE_TEXT,
        "  nat evaluate wrn16_1_nat --images photos\n"
        "  nat evaluate wrn16_1_baseline wrn16_1_nat --images holiday --negatives\n"
        "  nat evaluate wrn16_1_nat --images pathmnist.npz --negatives --output logits.npz\n"
        "  nat evaluate resnet18_nat --sets svhn dtd --store",
    )  # fmt: skip
    parser.set_defaults(refuse=parser.error)
    parser.add_argument("networks", nargs="+", metavar="NAME", help="name of a network")
    _pictures_to_evaluate(parser)
    parser.add_argument(
        "--store", action="store_true", help="with --sets: keep the numbers beside the networks, in field_sets.json"
    )
    parser.add_argument(
        "--output",
        type=place,
        metavar="FILE.npz",
        help="write `logits` (n, classes) float32, and `files` or `labels`, to this file; of several networks "
        "`logits_NAME` each; with the confidences in order, `ascending`; stopped or killed, the same command goes on",
    )
    parser.add_argument("--negatives", action="store_true", help="none of the pictures shows a class of the network")
    _printed_options(parser)
    parser.add_argument(
        "--precision", choices=PRECISIONS,
        help="what many pictures are scored in (default: auto, the faster one here; float32 with --store or --output)",
    )  # fmt: skip
    device_option(parser, "where to run the networks")
    data_option(parser)
    checkpoints_option(parser)


def _pictures_to_evaluate(parser: argparse.ArgumentParser) -> None:
    pictures = parser.add_mutually_exclusive_group(required=True)
    pictures.add_argument(
        "--images", type=place, metavar="DIR_OR_NPZ",
        help="a folder of pictures, or of one folder a class, or an .npz file with MedMNIST's key names (its test "
        "split is used)",
    )  # fmt: skip
    pictures.add_argument(
        "--sets", nargs="+", choices=tuple(FIELD_SETS), default=[], metavar="SET", help="sets by name, see above"
    )


def _printed_options(parser: argparse.ArgumentParser) -> None:
    printed = parser.add_mutually_exclusive_group()
    printed.add_argument("--json", action="store_true", help="all numbers as JSON on standard output")
    printed.add_argument("--csv", action="store_true", help="all numbers as CSV, one row a network and kind of picture")


def _add_report(verbs: Verbs) -> None:
    parser = _verb(
        verbs,
        "report",
        "print the paper's two tables with ours beside",
        "Every number comes from the networks' cards: no data set and no GPU is needed.",
        "  nat report\n  nat report --format json > report.json\n  nat report --page docs",
    )
    parser.add_argument("--format", choices=FORMATS, default="text", help="default: text")
    parser.add_argument(
        "--page",
        type=place,
        metavar="DIR",
        help="write results.md into this folder: tables, studies, verdicts, plots",
    )
    parser.add_argument(
        "--renew", action="store_true", help="compute the cards' numbers again from the stored predictions, print none"
    )
    checkpoints_option(parser)


def _add_reproduce(verbs: Verbs) -> None:
    parser = _verb(
        verbs,
        "reproduce",
        "train every network behind the tables and the studies, as long as you like",
        "Runs wait in order of worth, one single-thread process each; what is done is skipped.\n"
        "Stopped or killed, the same command goes on. All numbers go to runs.json, networks of\n"
        "the tables beside it.\n\n"
        "protocols:\n" + "\n".join(f"  {each.name:<8} {each.about}" for each in PROTOCOLS.values()
                                    if each.name != "digits") + "\n\n"
        "studies:\n" + "\n".join(f"  {study.name:<19} {study.question}" for study in studies()),
        "  nat reproduce --plan                      the queue, with times for this machine\n"
        "  nat reproduce --minutes 600 --out my_networks\n"
        "  nat reproduce --protocol full             with a GPU\n"
        "  nat reproduce --run full/resnet18_nat_strong/seed2",
    )  # fmt: skip
    known = [name for name in PROTOCOLS if name != "digits"]
    parser.add_argument("--plan", action="store_true", help="print the queue with estimated times, train nothing")
    parser.add_argument("--minutes", type=at_least_one, metavar="M", help="stop after that long (default: when done)")
    parser.add_argument("--protocol", choices=known, default="cpu", help="schedule of the tables (default: cpu)")
    _runs_option(parser)
    parser.add_argument(
        "--jobs",
        type=at_least_one,
        metavar="N",
        help="runs side by side (default: one a core; on a GPU 4 that share it)",
    )
    device_option(parser, "where to train")
    parser.add_argument(
        "--out", type=place, metavar="DIR", help="where to store all (default: $NAT_CHECKPOINTS, ./checkpoints)"
    )
    data_option(parser)


def _runs_option(parser: argparse.ArgumentParser) -> None:
    """Let some runs of the queue be chosen: those of some studies, or some by their names."""
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument(
        "--study", nargs="+", action="extend", choices=[each.name for each in studies()], default=[], metavar="STUDY",
        help="only the runs of these studies",
    )  # fmt: skip
    chosen.add_argument(
        "--run", nargs="+", action="extend", default=[], metavar="KEY",
        help="only these runs, by their names in the queue, whatever their protocol, and their teachers",
    )  # fmt: skip


def _add_levels(verbs: Verbs) -> None:
    parser = _verb(
        verbs,
        "levels",
        "measure how far the networks' attention maps lie apart at the low, middle and high level",
        "Each baseline is compared with the NAT network of its seed, and with the same baseline\n"
        "of other seeds, on up to 10,000 pictures of every set that is there. The numbers go to\n"
        "levels.json beside the networks; what is there already is not measured again. `nat\n"
        "reproduce` does this at its end.",
        "  nat levels\n  nat levels --checkpoints my_networks --data data",
    )
    device_option(parser, "where to run the networks")
    data_option(parser)
    checkpoints_option(parser)


def _add_features(verbs: Verbs) -> None:
    parser = _verb(
        verbs,
        "features",
        "store what a network's last layer is given, for a new head in the app and scores from features",
        "For 5,000 training and 2,000 test pictures each of CIFAR-10 and CIFAR-100, chosen with\n"
        "seed 0: 64 numbers (ResNet-18: 512) a picture in features.safetensors in the network's\n"
        "folder, with ids and labels; for the photos of ILSVRC, where they are there, and 1,000\n"
        "pictures of noise in features_unseen.safetensors. No picture is stored.",
        "  nat features wrn16_1_baseline wrn16_1_nat",
    )
    parser.add_argument("networks", nargs="+", metavar="NAME", help="name of a network")
    data_option(parser)
    checkpoints_option(parser)


def _add_app(verbs: Verbs) -> None:
    parser = _verb(
        verbs,
        "app",
        "open the app in a browser",
        "It is served to this machine only, until Ctrl-C; with --classroom to everyone in the local\n"
        "network, with the address and its QR code printed here and on the page Workshop. --public is\n"
        "for a server behind a proxy. Both hold visitors to limits (docs/deploying.md).",
        "  nat app\n  nat app --checkpoints my_networks --port 8600\n  nat app --classroom --code\n"
        "  nat app --public --host nat.example.org",
    )
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--classroom", action="store_true", help="serve the local network, for phones in a class")
    mode.add_argument("--public", action="store_true", help="serve strangers, behind a proxy")
    parser.add_argument(
        "--host", action="append", default=[], metavar="NAME", help="a name that browsers ask for; may be repeated"
    )
    parser.add_argument(
        "--code", nargs="?", const="", metavar="WORD", help="let in only who types this; without a word, a random one"
    )
    parser.add_argument("--address", metavar="IP", help="where to listen (default: 127.0.0.1)")
    parser.add_argument("--port", type=count, metavar="N", help="default: 8501, or the next free one")
    data_option(parser)
    checkpoints_option(parser)


def _add_page(verbs: Verbs) -> None:
    parser = _verb(
        verbs,
        "page",
        "write the small networks, the gallery and the thresholds as one HTML file",
        "The file holds everything: it opens from a disk, a mail or any web space, without a server\n"
        "and without a network. Photos that are dropped on it are answered in the browser and never\n"
        "leave the device; a rule in the file forbids the browser to fetch or send anything.",
        "  nat page nat.html\n  nat page nat.html --checkpoints my_networks",
    )
    parser.add_argument("file", type=place, metavar="OUT", help="the file to write")
    parser.add_argument(
        "--offline", action="store_true",
        help="for a web space: write OUT.offline.js beside it too, which keeps the page for times without a network",
    )  # fmt: skip
    checkpoints_option(parser)


def _add_export(verbs: Verbs) -> None:
    parser = _verb(
        verbs,
        "export",
        "write a network for other programs: as ONNX, or as a repository for a model hub",
        "OUT.onnx holds the network and the one it is compared with: uint8 pixels (n, 32, 32, 3) in,\n"
        "logits and the attention maps of three levels out, normalised inside; the names are in its\n"
        "metadata. It needs the packages of the extra onnx: pip install 'nat-explorer[onnx]'.\n\n"
        "--hub writes model.safetensors, config.json and README.md, a model card with its metadata and\n"
        "the network's figures, into a folder; nat.load_network reads such a folder. Nothing is sent.",
        "  nat export wrn16_1_nat wrn16_1.onnx\n  nat export wrn16_1_nat mine.onnx --alone\n"
        "  nat export wrn16_1_nat --hub wrn16_1_nat",
    )  # fmt: skip
    parser.set_defaults(refuse=parser.error)
    parser.add_argument("network", metavar="NETWORK", help="name of a network")
    parser.add_argument("file", nargs="?", type=place, metavar="OUT.onnx", help="the ONNX file to write")
    parser.add_argument("--alone", action="store_true", help="without the network that it is compared with")
    parser.add_argument("--hub", type=place, metavar="DIR", help="write a repository for a hub into this folder")
    checkpoints_option(parser)


def _add_bench(verbs: Verbs) -> None:
    parser = _verb(
        verbs,
        "bench",
        "measure how fast everything is, beside what people run instead",
        "In a clone of the repository. Both sides run in turn, five rounds; the figures go to\n"
        "benchmarks/performance.json, and from there to docs/performance.md, with hardware,\n"
        "versions, date and goal. All of them take about twelve minutes on two idle cores.",
        "  nat bench --list\n  nat bench curves jpeg\n  nat bench --quick          to see that all work",
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="a benchmark or one of its figures (default: all)")
    parser.add_argument("--quick", action="store_true", help="one round on little data; nothing is kept")
    parser.add_argument("--rounds", type=at_least_one, default=5, metavar="N", help="how often (default: 5)")
    parser.add_argument("--list", action="store_true", help="name the benchmarks and their figures, run none")
