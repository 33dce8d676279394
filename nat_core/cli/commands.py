"""What each verb of the command line does. Torch is imported only by the verbs that run a network."""

import argparse
import glob
import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from textwrap import indent
from typing import TYPE_CHECKING, Any

import numpy as np
from tqdm import tqdm

from nat_core.data.images import read_image
from nat_core.data.sets import data_folder, describe
from nat_core.data.sources.image_sets import none_readable, pictures_under
from nat_core.errors import CommandError, NatError, UnreadableImage
from nat_core.files import REMOVED, folder_is_there, is_there, seal, sentence, write_durably
from nat_core.language import legible
from nat_core.outputs import check_file, check_folder, complain
from nat_core.paper.field_tables import annex
from nat_core.paper.rendering import render
from nat_core.ranks.group import Ranks, joined
from nat_core.recipes import partner_of
from nat_core.stopping import PATIENCE, run_in_order, stop_behind
from nat_core.store.checkpoints import (
    CHECKPOINTS,
    Card,
    available,
    checkpoints_folder,
    folder_with,
    load_card,
    own_folder,
    renew_report,
)
from nat_core.store.field_results import load_field_results
from nat_core.store.runs import RUNS

if TYPE_CHECKING:
    from nat_core.network.inference import Network

JSON_FORMAT = 1
"""Version of the JSON of `nat predict`."""


BLOCK = 64
"""How many pictures go through the networks at once. It is always the same, as the last digit may hang on it."""


def answers(files: Sequence[Path], networks: Sequence["Network"]) -> list[dict[str, Any]]:
    """Return each network's probabilities and confidence on each picture, or the sentence that says why there are none.

    The pictures are those of one block: they are decoded once for all networks that cut and shrink them alike.
    """
    from nat_core.network.inference import predict

    found: list[dict[str, Any]] = [{"file": str(file), "error": None, "networks": {}} for file in files]
    read: dict[tuple[str, str], dict[int, np.ndarray]] = {}
    for network in networks:
        look = crop_and_filter(network.card)
        if look not in read:
            read[look] = _readable(files, *look, found)
        if not read[look]:
            continue
        predictions = predict(network, np.stack(list(read[look].values())))
        for place, confidence, row in zip(
            read[look], predictions.confidence.tolist(), predictions.probabilities.tolist(), strict=True
        ):
            probabilities = dict(zip(network.classes, row, strict=True))
            found[place]["networks"][network.name] = {"confidence": confidence, "probabilities": probabilities}
    return found


def _readable(files: Sequence[Path], crop: str, resample: str, found: list[dict[str, Any]]) -> dict[int, np.ndarray]:
    """The pixels of those that can be read, by their places; the others are told in `found`."""
    pixels = {}
    for place, file in enumerate(files):
        try:
            pixels[place] = read_image(file, crop=crop, resample=resample)
        except UnreadableImage as error:
            found[place]["error"] = str(error)
    return pixels


def expanded(files: Sequence[Path]) -> list[Path]:
    """Return the files with wildcards replaced by what fits them, for shells that leave that to the program.

    A file of exactly that name comes first, whatever characters it has. A folder stands for all pictures below it.
    Raises CommandError where nothing fits, MissingDataset where a folder holds no picture.

    >>> [file.name for file in expanded([Path("bee.jpg")])]
    ['bee.jpg']
    """
    found: list[Path] = []
    for file in files:
        if file.is_dir():
            pictures, _ = pictures_under(file)
            if not pictures:
                raise none_readable(file)
            found += pictures
        elif not glob.has_magic(str(file)) or file.exists():
            found.append(file)
        elif fitting := sorted(map(Path, glob.glob(str(file), recursive=True))):
            found += [each for each in fitting if not each.is_dir()]
        else:
            raise CommandError(f"No file fits {file}: check the folder and the pattern")
    return found


def crop_and_filter(card: Card | None) -> tuple[str, str]:
    """Return how a network's pictures are cut square and shrunk.

    >>> crop_and_filter(None)
    ('centre', 'bicubic')
    """
    return card.crop_and_filter if card else ("centre", "bicubic")


def run(options: argparse.Namespace) -> int:
    """Carry out one parsed command and return its exit status: 0, or 1 with a sentence on standard error."""
    verbs = {"data": data, "train": train, "predict": predict, "evaluate": evaluate, "report": report, "app": app,
             "page": page, "export": export, "reproduce": reproduce, "levels": levels,
             "features": features, "bench": bench}  # fmt: skip
    if not folder_is_there():  # libraries that are loaded there end the process in words of their own
        return complain(options.verb, REMOVED)
    try:
        status = verbs[options.verb](options)
        sys.stdout.flush()  # what cannot be written is said now, not when Python closes the output
        return status
    except BrokenPipeError:  # an OSError, but no failure: `nat_core.__main__` ends quietly
        raise
    except NatError as error:
        return complain(options.verb, str(error))
    except OSError as error:
        if stop_behind(error) is not None:  # raised on the way out: the stop is what counts
            raise
        return complain(options.verb, sentence(error))


def data(options: argparse.Namespace) -> int:
    """Print which image sets are there and how to get the others; with --download, get them."""
    home = data_folder(options.data)
    for name in options.download:
        from nat_core.data.downloads.download import download

        print(f"{name} is there: {download(name, home)}")
    if options.download:
        return 0
    for row in describe(home):
        print(f"{row.name:<13} {'there' if row.present else 'missing':<8} {row.where}")
        if not row.present:
            print(f"{'':<22} {row.how_to_get}")
    return 0


def train(options: argparse.Namespace) -> int:
    """Train networks of a recipe, or of your own pictures."""
    from nat_core.cli.train import train as train_networks

    return train_networks(options)


def predict(options: argparse.Namespace) -> int:
    """Answer each picture with each network, for people or as JSON; 1 where a picture cannot be read."""
    from nat_core.network.inference import load_network

    # Each network once, in the order asked for.
    names = dict.fromkeys(options.networks or _every_network(checkpoints_folder(options.checkpoints)))
    networks = [load_network(folder_with(name, options.checkpoints), name) for name in names]
    files = expanded(options.images)
    errors: list[str] = []
    with joined("cpu") as ranks:
        # The bar would tear what stands on the same terminal as text.
        watched = options.json and ranks.first and sys.stderr.isatty()
        with tqdm(total=len(files), desc="reading", disable=not watched, unit="picture") as bar:
            images = _answered(files, networks, ranks, errors, bar)
            for piece in _as_json(images) if options.json else _as_text(images):
                sys.stdout.write(piece)
    for error in errors:
        complain(options.verb, error)
    return 1 if errors else 0


def _answered(
    files: Sequence[Path], networks: Sequence["Network"], ranks: Ranks, errors: list[str], bar: tqdm
) -> Iterator[dict[str, Any]]:
    """The answers in the files' order, and in `errors` what could not be read.

    Of several processes each computes one block in turn, and the first alone has the answers.
    """
    for start in range(0, len(files), BLOCK * ranks.count):
        own = start + BLOCK * ranks.number
        mine = answers(files[own : own + BLOCK], networks)
        every = [mine] if ranks.count == 1 else map(json.loads, ranks.gathered(json.dumps(mine).encode()))
        for image in chain.from_iterable(every):
            errors += [image["error"]] if image["error"] else []
            bar.update()
            yield image


def evaluate(options: argparse.Namespace) -> int:
    """Measure networks on pictures of one's own."""
    from nat_core.cli.evaluate import evaluate as measure

    return measure(options)


def report(options: argparse.Namespace) -> int:
    """Print the paper's tables with the numbers of every network that is there beside its own."""
    folder = checkpoints_folder(options.checkpoints)
    # Also of one that the environment names: tables without any number of ours would say nothing of the slip.
    if (options.checkpoints or os.environ.get(CHECKPOINTS)) and not folder.is_dir():
        raise CommandError(f"No folder {folder}: name the one that holds the networks")
    if options.renew:
        for name in available(folder):
            print(f"{name}: {'card renewed' if renew_report(folder, name) else 'nothing to renew'}")
        for path in _unsealed(folder):
            print(f"{path.name}: sealed")
        return 0
    if options.page:
        check_folder(options.page)  # said now, not after a minute of drawing
        from nat_core.results.results_page import write_page

        print("\n".join(map(str, write_page(folder, options.page))))
        return 0
    cards = {name: load_card(folder, name) for name in available(folder)}
    more = annex(cards, load_field_results(folder, cards))
    reports = {name: card.report for name, card in cards.items()}
    sys.stdout.write(render(reports, options.format, more).rstrip("\n") + "\n")
    return 0


def reproduce(options: argparse.Namespace) -> int:
    """Train the queue of all runs, or print its plan."""
    from nat_core.cli.reproduce import reproduce as train_all

    return train_all(options)


def levels(options: argparse.Namespace) -> int:
    """Measure and store how far the networks' maps lie apart."""
    from nat_core.cli.reproduce import levels as measure_levels

    return measure_levels(options)


def features(options: argparse.Namespace) -> int:
    """Compute and store the networks' features of the chosen pictures."""
    from nat_core.network.inference import extract

    for name in options.networks:
        print(f"stored {extract(own_folder(options.checkpoints), name, data_folder(options.data))}")
    return 0


CLONE = Path(__file__).parents[2]
"""Where the benchmarks lie beside the package: they need the tests and other libraries, so no wheel holds them."""


def bench(options: argparse.Namespace, clone: Path = CLONE) -> int:
    """Measure how fast everything is, beside what people run instead; return 1 where a benchmark failed.

    They run in a process of their own. Raises CommandError where the package was installed without the repository.
    """
    if not (clone / "benchmarks" / "__main__.py").is_file():
        raise CommandError(
            "The benchmarks are not part of the installed package: clone the repository, "
            "pip install -r requirements.txt there, and run nat bench again"
        )
    arguments = [*options.names, "--rounds", str(options.rounds)]
    arguments += [f"--{name}" for name in ("quick", "list") if getattr(options, name)]
    return run_in_order([sys.executable, "-m", "benchmarks", *arguments], PATIENCE, cwd=clone)


def app(options: argparse.Namespace) -> int:
    """Run the app until it is stopped. With --classroom, serve the local network."""
    from nat_core.cli.serve import serve

    return serve(options)


def page(options: argparse.Namespace) -> int:
    """Write the page that is one file."""
    from nat_core.cli.page import page as write

    return write(options)


def export(options: argparse.Namespace) -> int:
    """Write a network as ONNX, as a hub's repository, or both."""
    if options.file is None and options.hub is None:
        options.refuse("name a file to write (OUT.onnx), a folder (--hub DIR), or both")
    folder = folder_with(options.network, options.checkpoints)
    if options.file is not None:
        _export_onnx(folder, options.network, None if options.alone else partner_of(options.network), options.file)
    if options.hub is not None:
        from nat_core.results.model_card import write_repository

        print("\n".join(map(str, write_repository(folder, options.network, options.hub))))
    return 0


def _export_onnx(folder: Path, name: str, pair: str | None, file: Path) -> None:
    """Write a network and, where it is there, its pair as one ONNX file, and say what is in it."""
    if file.is_dir():
        raise CommandError(f"{file} is a folder: name the file, such as {file / name}.onnx")
    check_file(file)  # said now, not after the graph was made
    from nat_core.network.exchange.onnx_file import to_onnx
    from nat_core.network.inference import load_network

    beside = load_network(folder, pair) if pair in available(folder) else None
    content = to_onnx(load_network(folder, name), beside)
    write_durably(file, content)
    held = f"{name} and {beside.name}" if beside else name
    print(f"{file}: {held}, {len(content) / 1e6:.1f} MB")


def _unsealed(folder: Path) -> list[Path]:
    """Seal the files beside the networks that are from before there were seals, and return which."""
    from nat_core.store import field_results
    from nat_core.studies import choice, level_findings

    paths = [folder / name for name in (RUNS, level_findings.FILE, choice.FILE, field_results.FILE)]
    return [path for path in paths if is_there(path) and seal(path)]


def _every_network(folder: Path) -> tuple[str, ...]:
    names = available(folder)
    if not names:
        raise CommandError(
            f"No network in {folder}: train one with: nat train digits_nat, or name a folder: --checkpoints"
        )
    return names


def _as_text(images: Iterable[dict[str, Any]]) -> Iterator[str]:
    """The answers for people."""
    for image in images:
        if image["error"] is None:
            # A name may hold a line's end, or what a terminal takes for a command.
            yield legible(image["file"]) + "\n"
        for name, given in image["networks"].items():
            winner = max(given["probabilities"], key=given["probabilities"].get)
            yield f"  {name:<28} {100 * given['confidence']:5.1f} %  {winner}\n"


def _as_json(images: Iterable[dict[str, Any]]) -> Iterator[str]:
    """The answers as one JSON document, in pieces: those to a million pictures are never in memory at once."""
    head, tail = json.dumps({"format": JSON_FORMAT, "images": [0]}, indent=2).split("    0\n")
    before = head
    for image in images:
        yield before + indent(json.dumps(image, indent=2), "    ")
        before = ",\n"
    if before != head:
        yield f"\n{tail}\n"
