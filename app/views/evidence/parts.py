"""The parts of the page Evidence: claims with their verdicts, tables beside the paper's, networks with their cards."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import streamlit as st

import nat_core
from nat_app.answers import level_spreads, stored_answers
from nat_app.answers.level_spreads import COMPARED
from nat_app.answers.plain_names import architecture_title, name_of, names_table, plainly
from nat_app.shared import words
from nat_app.shared.language import N_, _, ngettext
from nat_app.shared.pairs import DIGITS, pair_named
from nat_app.views.evidence import drawn, plotted_studies
from nat_app.views.evidence.plotted_studies import PlottedStudies
from nat_app.views.evidence.settings import FIELD, SHEET
from nat_app.visit.limits import is_public
from nat_core.errors import CheckpointError
from nat_core.language import SOURCE, speaking
from nat_core.measure.metrics import map_distances
from nat_core.measure.report import NetworkReport
from nat_core.measure.rounding import accuracy_text
from nat_core.paper import decisions
from nat_core.paper.claims import VERDICTS, Claim, MapDistances, Verdict, claims, summary
from nat_core.paper.field_tables import annex
from nat_core.paper.findings import findings
from nat_core.paper.rendering import NO_ANNEX, Annex, render
from nat_core.paper.tables import ReportTable, sheets
from nat_core.recipes import LEVELS, Recipe
from nat_core.results.section import in_brief, study_sheet
from nat_core.store.checkpoints import Card
from nat_core.store.field_results import load_field_results
from nat_core.studies.choice import load_choice
from nat_core.studies.plan import studies
from nat_core.studies.rows import Noise, StudyRow, reports_of

MARKS: dict[Verdict, tuple[str, str]] = {
    "held": ("green", "■"),
    "held in part": ("blue", "◧"),
    "did not hold": ("orange", "▲"),
    "not measured yet": ("gray", "○"),
}
"""A mark as well as a colour for each verdict."""
THREADS = re.compile(r"(?P<processor>.+), (?P<count>\d+) threads?", re.DOTALL)
"""How a card names the hardware where a processor trained: with its threads."""
MOMENT = re.compile(r"(?P<day>\d{4}-\d\d-\d\d)T(?P<minute>\d\d:\d\d):\d\d(\.\d+)?(\+00:00|Z)")
"""How a card writes when it was trained."""
FORMATS = {
    "csv": ("CSV", "text/csv", "csv"),
    "json": ("JSON", "application/json", "json"),
    "latex": ("LaTeX", "text/x-tex", "tex"),
}
DIGITS_ELSEWHERE = N_(
    "Thresholds shows these two networks, one set of digits at a time: its numbers are those of the set chosen there. "
    "Digits live and the notebook train two other networks, in another way, so their numbers on 8 and 9 differ."
)
"""Why the digits have other numbers elsewhere."""
CALLED = N_("What they are called in commands and files")
LICENCES = (
    N_("**Code, weights and stored predictions:** MIT."),
    N_("**CIFAR-10 and CIFAR-100:** no licence is stated; their authors ask for a citation (Krizhevsky, 2009)."),
    N_(
        "**ILSVRC 2012:** non-commercial research and education, under ImageNet's own terms. None of it is "
        "redistributed here."
    ),
    N_(
        "**Tiny ImageNet, MNIST, SVHN, Textures, Places365, LSUN, iSUN:** their authors' own terms; none is "
        "redistributed here."
    ),
    N_("**Handwritten digits:** UCI, CC BY 4.0, by way of scikit-learn."),
    N_("**Gallery photos:** free, each with its author, in `nat_core/data/gallery/CREDITS.md`."),
)
"""Of the data and of the networks, a Markdown sentence each."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """What the checkpoints say."""

    cards: Mapping[str, Card]
    problems: tuple[str, ...]
    """One sentence for each checkpoint that cannot be read."""
    claims: tuple[Claim, ...]
    seeds: tuple[StudyRow, ...]
    """The networks that were trained with more than one seed, with the reports of all."""
    studies: str = ""
    """What the studies show, a Markdown list."""
    shown: PlottedStudies = field(default_factory=PlottedStudies)
    """Two of them as pictures, as far as they were run."""
    annex: Annex = NO_ANNEX
    """The sets on which others report."""
    in_files: Annex = NO_ANNEX
    """The same in English, as files have it."""

    @property
    def reports(self) -> dict[str, NetworkReport]:
        """The reports by network."""
        return {name: card.report for name, card in self.cards.items()}


def gather() -> Evidence:
    """Read all cards that can be read, and judge the claims by them."""
    cards, problems = {}, []
    # One by one, so that a damaged network hides no other.
    for name in stored_answers.present():
        try:
            cards[name] = stored_answers.card(name)
        except CheckpointError as error:
            problems.append(f"{str(error).rstrip('.')}.")
    reports = {name: card.report for name, card in cards.items()}
    seeds, damaged = _several_seeds(cards)
    judged = claims(reports, _distances(cards), level_spreads.longest())
    published, unreadable = _field(cards)
    with speaking(SOURCE):
        in_files, _same = _field(cards)
    problems += (*damaged, *unreadable)
    # The studies stand in the same file of runs: where it is damaged, one sentence says so and they are left out.
    if damaged:
        return Evidence(cards, tuple(problems), judged, seeds, annex=published, in_files=in_files)
    return Evidence(cards, tuple(problems), judged, seeds, _studies(), plotted_studies.gather(), published, in_files)


def _several_seeds(cards: Mapping[str, Card]) -> tuple[tuple[StudyRow, ...], tuple[str, ...]]:
    """The networks with more than one seed, and a sentence where the file of runs cannot be read."""
    try:
        records = stored_answers.runs()
    except CheckpointError as error:
        return (), (f"{str(error).rstrip('.')}.",)
    rows = [StudyRow(name, "", reports_of(card.recipe, records)) for name, card in cards.items()]
    return tuple(row for row in rows if len(row.reports) > 1), ()


def _field(cards: Mapping[str, Card]) -> tuple[Annex, tuple[str, ...]]:
    """The sets on which others report, and a sentence where the file of our numbers on them cannot be read."""
    try:
        return annex(cards, load_field_results(stored_answers.folder(), cards)), ()
    except CheckpointError as error:
        return annex(cards, {}), (f"{str(error).rstrip('.')}.",)


def _studies() -> str:
    """What the studies show, as far as they were run; nothing where what the study `beyond` chose cannot be read."""
    try:
        every = studies(choice=load_choice(stored_answers.folder()))
    except CheckpointError:
        return ""
    return in_brief(every, stored_answers.runs())


def _distances(cards: Mapping[str, Card]) -> MapDistances | None:
    """The maps' distances over thousands of pictures, else those of the first two networks over the gallery."""
    if (measured := level_spreads.claimed()) is not None:
        return measured
    for first, second in COMPARED:
        if first in cards and second in cards:
            try:
                return MapDistances((first, second), _map_distances(first, second))
            except CheckpointError:
                return None
    return None


def _map_distances(first: str, second: str) -> dict[str, float]:
    """The median distance of two networks' maps over the gallery's pictures, by level."""
    ours, theirs = stored_answers.maps(first), stored_answers.maps(second)
    return {level: float(np.median(map_distances(ours[level], theirs[level]))) for level in LEVELS}


def title(found: Evidence) -> str:
    """The page's finding."""
    return summary(found.claims)


def claim_list(found: Evidence) -> None:
    """Draw each claim with its verdict, the numbers and the rule."""
    for claim in found.claims:
        with st.container(key=f"claim_{found.claims.index(claim)}", gap=None):
            colour, mark = MARKS[claim.verdict]
            st.markdown(f":{colour}[**{mark} {VERDICTS[claim.verdict]}**]\u2002{claim.statement}")
            st.caption(words.literal(plainly(claim.measured)), help=plainly(claim.rule))


def tables(found: Evidence) -> tuple[str, ...]:
    """Draw one of the report's tables, the paper's figures in brackets beside ours, and return its networks."""
    shown = {f"Table {place}": sheet for place, sheet in enumerate(sheets(found.reports), start=1)}
    # Nothing was chosen yet, or a link named a table that these networks do not fill.
    if SHEET.value not in shown:
        SHEET.put(_first_with_numbers(shown))
    chosen = st.segmented_control(
        _("Table"), list(shown), format_func=lambda name: _("Table {number}", number=name.rpartition(" ")[2]),
        key=SHEET.key, required=True, label_visibility="collapsed",
    )  # fmt: skip
    sheet = shown[chosen or _first_with_numbers(shown)]
    st.markdown(f"**{sheet.title}**")
    for grid, key, what in ((sheet.networks, "accuracy", _("accuracy")), (sheet.rates, "NCR", "NCR")):
        drawn.table(key, grid, _("{title}: {what}, ours, the paper's in brackets", title=sheet.title, what=what))
    _over_seeds([row for row in found.seeds if row.label in {cells[0] for cells in sheet.networks.rows}])
    notes = [note for note in sheet.notes if not note.endswith(sheet.commands or ("\n",))]
    st.caption("  \n".join(words.literal(plainly(note)) for note in notes))
    if any(row[0] in pair_named(DIGITS).names for row in sheet.networks.rows):
        st.caption(_(DIGITS_ELSEWHERE))
    if sheet.commands:
        st.caption(_("Not trained yet; the commands that train them:"))
        st.code("\n".join(sheet.commands), language="bash")
    return tuple(row[0] for row in sheet.networks.rows)


def field_tables(found: Evidence) -> None:
    """Draw one of the comparisons with what others publish, or say where to read it."""
    shown = {sheet.title.partition(". ")[0]: sheet for sheet in found.annex.sheets}
    if FIELD.value not in shown:
        FIELD.put(next(iter(shown)))
    chosen = st.segmented_control(
        _("Comparison"), list(shown), key=FIELD.key, required=True, label_visibility="collapsed"
    )
    sheet = shown[chosen or next(iter(shown))]
    st.markdown(f"**{sheet.title}**")
    for grid, key, what in ((sheet.networks, "means", _("means")), (sheet.rates, "each_set", _("each set"))):
        drawn.table(f"field_{key}", grid, _("{title}: {what}, published and ours", title=sheet.title, what=what))
    ending = {command: note for command in sheet.commands for note in sheet.notes if command in note}
    st.caption("  \n".join(words.literal(plainly(note)) for note in sheet.notes if note not in ending.values()))
    for command, note in ending.items():
        st.caption(words.literal(plainly(note.replace(command, "").strip())))
        st.code(command.replace("; ", "\n"), language="bash", wrap_lines=True)


def _over_seeds(rows: Sequence[StudyRow]) -> None:
    """Draw mean and standard deviation of the networks that were trained with several seeds, in grey."""
    if not rows:
        return
    measured = study_sheet(rows, None, Noise(()))
    heading = _("Over seeds: mean ± standard deviation")
    st.markdown(f":gray[**{heading}**]")
    for grid, key, what in ((measured.recipes, "accuracy", _("accuracy")), (measured.rates, "NCR", "NCR")):
        alt = _("{what}: mean and standard deviation over seeds", what=what)
        drawn.table(f"seeds_{key}", grid, alt, grey=True)


def _first_with_numbers(shown: Mapping[str, ReportTable]) -> str:
    """The first table in which a network is trained, else the first."""
    begun = (name for name, sheet in shown.items() if len(sheet.commands) < len(sheet.networks.rows))
    return next(begun, next(iter(shown)))


def finding_list(found: Evidence) -> None:
    """Draw what the reports show, in words."""
    sentences = findings(found.reports)
    if sentences:
        with st.expander(_("Findings, pair by pair"), icon=":material/lightbulb:"):
            st.markdown("\n".join(f"- {words.literal(words.capital(plainly(sentence)))}" for sentence in sentences))


def study_list(found: Evidence) -> None:
    """Draw what the studies show, in words."""
    if found.studies:
        with st.expander(_("What our studies show"), icon=":material/experiment:"):
            st.markdown(plainly(found.studies))
            st.caption(
                _(
                    "In the words of docs/results.md, which has every number. The list under {names} says for how many "
                    "epochs each network learned.",
                    names=_(CALLED),
                )
            )


def downloads(found: Evidence) -> None:
    """Offer all numbers as files."""
    with st.container(horizontal=True):
        for format, (name, mime, ending) in FORMATS.items():
            st.download_button(
                _("All numbers ({format})", format=name),
                # Reports alone: a button keeps what it was given, and anything that held the session would keep it from
                # ending.
                partial(render, found.reports, format, found.in_files),
                file_name=f"nat-report.{ending}",
                mime=mime,
                key=f"report_{format}",
                icon=":material/download:",
                on_click="ignore",
            )


def networks(found: Evidence) -> None:
    """Draw the card of each network that is here."""
    st.header(_("The networks and their cards"), anchor=False)
    if not found.cards:
        st.caption(_("None is trained yet."))
        if not is_public():
            st.caption(_("Networks are looked for in `{folder}`.", folder=stored_answers.folder()))
    for name, card in found.cards.items():
        label = _("{name}: accuracy {accuracy}", name=words.literal(words.capital(name_of(name))),
                  accuracy=words.kept_together(accuracy_text(card.report.accuracy)))  # fmt: skip
        with st.expander(label, icon=":material/hub:"):
            st.markdown(_card_text(name, card))
            digests = "\n".join(f"{digest}  {file}" for file, digest in card.sha256.items())
            st.code(digests, language=None, wrap_lines=True)
            st.caption(_("SHA-256 of its files, checked whenever they are read."))


def _card_text(name: str, card: Card) -> str:
    recipe = card.recipe
    versions = ", ".join(f"{each} {version}" for each, version in card.versions.items())
    lines = {
        _("Name in commands and files"): f"`{name}`",
        _("Shape"): words.literal(_("{architecture}, {parameters:,} parameters, {classes} classes",
                                    architecture=architecture_title(card.architecture),
                                    parameters=card.parameters, classes=len(card.classes))),
        _("Training"): words.literal(f"{_seen(recipe)}; {_schedule(card)}"),
        _("Time and hardware"): words.literal(_("{time} on {hardware}, finished {date}",
                                                time=words.duration(card.seconds), hardware=hardware(card.hardware),
                                                date=_minute(card.trained_at))),
        _("Versions"): words.literal(versions),
    }  # fmt: skip
    return "\n".join(f"- **{title}:** {text}" for title, text in lines.items())


def _minute(trained_at: str) -> str:
    """A card's moment as people write one, to the minute.

    >>> _minute("2026-11-26T15:55:02+00:00"), _minute("yesterday")
    ('2026-11-26 15:55 UTC', 'yesterday')
    """
    found = MOMENT.fullmatch(trained_at)
    return f"{found['day']} {found['minute']} UTC" if found else trained_at


def hardware(named: str) -> str:
    """Return the hardware that a card names, the threads of a processor counted in the visitor's language.

    >>> hardware("A processor, 2 threads"), hardware("NVIDIA H100 80GB HBM3")
    ('A processor, 2 threads', 'NVIDIA H100 80GB HBM3')
    """
    counted = THREADS.fullmatch(named)
    if not counted:
        return named
    return ngettext("{processor}, {count} thread", "{processor}, {count} threads", int(counted["count"]),
                    processor=counted["processor"])  # fmt: skip


def _seen(recipe: Recipe) -> str:
    """What a network learned from."""
    negatives = _("negatives from {set}", set=name_of(recipe.negatives)) if recipe.negatives else _("no negatives")
    known = {"cifar10": "CIFAR-10", "cifar100": "CIFAR-100", "digits": _("digits")}
    learned = f"{known.get(recipe.in_distribution, recipe.in_distribution)}, {negatives}"
    if recipe.teacher:
        learned += ", " + _("taught by {teacher}", teacher=name_of(recipe.teacher))
    return learned


def _schedule(card: Card) -> str:
    return _(
        "{epochs} epochs, protocol {protocol}, seed {seed}, {precision}",
        epochs=card.recipe.epochs,
        protocol=card.protocol,
        seed=card.seed,
        precision=card.precision,
    )


def names() -> None:
    """Draw what the networks and image sets are called in commands and files, folded away."""
    with st.expander(_(CALLED), icon=":material/code:"):
        st.markdown(names_table())


def protocol() -> None:
    """Draw what the paper says on training and measuring, and what was chosen here."""
    with st.container(key="wide_protocol"):
        st.markdown(plainly(decisions.page()))


def licences() -> str:
    """The licences of the data and of the networks, as a Markdown list."""
    return "\n".join(f"- {_(each)}" for each in LICENCES)


def citation() -> str:
    """The BibTeX entries, with this version."""
    text = Path(__file__).with_name("citation.bib").read_text(encoding="utf-8")
    return text.replace("VERSION", nat_core.__version__)


def report_csv(reports: Mapping[str, NetworkReport], more: Annex) -> str:
    """Every number of these networks, the paper's and others' beside them."""
    return render(reports, "csv", more)
