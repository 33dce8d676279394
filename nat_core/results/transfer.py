"""Does attention carry it? Which share of NAT's effect each student of a NAT teacher took over, by what it imitated.

The ends are the plain baseline (0 %) and the NAT teacher itself (100 %), from the records of `attention_transfer`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from nat_core.language import N_, Titles, _, ngettext, number, written
from nat_core.measure.rounding import rate, rate_text
from nat_core.paper.figures import PAPER
from nat_core.paper.tables import Grid
from nat_core.recipes import HEADLINE_SETS, PAIRS
from nat_core.results.drawings.panels import BASELINE, FAINT, INK, NARROW, NAT, WIDE, Drawing, Panel, Point
from nat_core.store.runs import DivergedRun, RunRecord
from nat_core.studies.plan import studies
from nat_core.studies.rows import HIGHEST_KEY, StudyRow, measure_on, rows_of

HIGHEST_T = float(HIGHEST_KEY)
STUDY, HEADLINE = "attention_transfer", HEADLINE_SETS[0]
ENDS = ("wrn16_1_baseline", "wrn16_1_nat")
"""The network that carries nothing of NAT, and the teacher, which has all of it."""
ALONE = "student_of_nat"
"""The paper's student: attention maps alone, of all three levels."""
CHANNELS: Titles[str] = Titles(
    {
        "student_of_baseline": N_("maps of a teacher without NAT"),
        "student_of_nat": N_("attention maps alone"),
        "student_beta_100": N_("attention maps, a tenth of the weight"),
        "student_beta_10000": N_("attention maps, ten times the weight"),
        "student_low": N_("low maps alone"),
        "student_middle": N_("middle maps alone"),
        "student_high": N_("high maps alone"),
        "student_activated": N_("maps after the activation"),
        "student_not_normalised": N_("maps not normalised"),
        "student_not_normalised_weak": N_("maps not normalised, weak"),
        "student_unlabelled_negatives": N_("maps, on unlabelled negatives too"),
        "student_distilled": N_("answers alone (distillation)"),
        "student_classifier": N_("maps and the teacher's classifier"),
        "student_distilled_attention": N_("answers and maps"),
        "student_distilled_unlabelled": N_("answers, on unlabelled negatives too"),
        "student_distilled_classifier": N_("answers, maps, the classifier"),
        "student_all": N_("all of it, on unlabelled negatives too"),
    }
)
"""What each student takes from its teacher, in words."""
MEASURES = (measure_on(HEADLINE, "ncr", HIGHEST_KEY), measure_on(HEADLINE, "ncr_at_95_kept"))
"""NCR at t = 0.9, and where each network keeps 95 %."""
LEGEND = N_(
    "Filled: NCR where each network keeps 95 %. Hollow: NCR at t = 0.9. 0 %: the plain baseline; 100 %: the NAT "
    "teacher itself. Dotted: where the paper's ninth of NCR at t = 0.9 would lie."
)


@dataclass(frozen=True)
class Channel:
    """What one student took over."""

    label: str
    seeds: int
    at_threshold: float
    """Its NCR at t = 0.9."""
    at_kept: float
    """Its NCR where it keeps 95 %."""
    share_at_threshold: float
    """Of what NAT lowers NCR at t = 0.9 by; 0 is the baseline, 1 the teacher, below 0 worse than the baseline."""
    share_at_kept: float
    """The same where each keeps 95 %."""

    @property
    def words(self) -> str:
        """What it takes from its teacher."""
        return CHANNELS.get(self.label, self.label)


@dataclass(frozen=True)
class Transfer:
    """The whole study: both ends, and between them every student that was run."""

    baseline: tuple[float, float]
    """NCR at t = 0.9 and where 95 % are kept."""
    teacher: tuple[float, float]
    channels: tuple[Channel, ...]
    """The one that carries most where each keeps 95 % first."""
    diverged: tuple[str, ...]
    """The students whose loss stopped being a number, in words."""
    pictures: int

    @property
    def papers_goal(self) -> float:
        """The NCR at t = 0.9 of which that part is left, of both as they are written."""
        return round(papers_ninth(), 3) * self.baseline[0]

    @property
    def papers_share(self) -> float:
        """Where NCR at t = 0.9 would lie if a student kept as small a part of it as the paper's did."""
        (start, _start_kept), (end, _end_kept) = self.baseline, self.teacher
        return start * (1 - papers_ninth()) / (start - end)


def papers_ninth() -> float:
    """Return which part of NCR_0.9 is left in the paper's student of a NAT teacher, on the CIFAR-100 test set.
    >>> round(papers_ninth(), 3)
    0.115
    """
    without, aware = (PAPER[name].ncr[HEADLINE][HIGHEST_KEY] for name in PAIRS["students"])
    return aware / without


def transfer(records: Mapping[str, RunRecord], diverged: Mapping[str, DivergedRun]) -> Transfer | None:
    """Return what each student took over; None where an end or every student is missing.

    >>> transfer({}, {}) is None
    True
    """
    (study,) = (each for each in studies() if each.name == STUDY)
    rows = {row.label: row for row in rows_of(study, records, diverged)}
    ends = [_rates(rows[name]) for name in ENDS]
    students = {name: _rates(row) for name, row in rows.items() if name not in ENDS}
    known = {name: rates for name, rates in students.items() if rates is not None}
    baseline, teacher = ends
    # Where NAT lowers nothing there is no effect of which a share could be told.
    if baseline is None or teacher is None or not known or any(a <= b for a, b in zip(baseline, teacher, strict=True)):
        return None
    channels = []
    for name, rates in known.items():
        shares = [(a - own) / (a - b) for a, b, own in zip(baseline, teacher, rates, strict=True)]
        channels.append(Channel(name, len(rows[name].reports), *rates, *shares))
    blown_up = tuple(f"{CHANNELS.get(row.label, row.label)} {row.diverged}" for row in rows.values() if row.diverged)
    pictures = rows[ENDS[0]].reports[0].sets[HEADLINE].images
    channels.sort(key=lambda each: -each.share_at_kept)
    return Transfer(baseline, teacher, tuple(channels), blown_up, pictures)


def _rates(row: StudyRow) -> tuple[float, float] | None:
    """Both rates as they are written, so that shares of them follow from what a reader sees."""
    at_threshold, at_kept = (row.over_seeds(measure) for measure in MEASURES)
    return None if at_threshold is None or at_kept is None else (rate(at_threshold.mean), rate(at_kept.mean))


# --- in words --------------------------------------------------------------------------------------------------------


def percent(share: float) -> str:
    """Return a share of the effect as it is written: percent without decimals, a true minus before it.

    >>> percent(0.386), percent(-0.2), percent(-0.001)
    ('39 %', '−20 %', '0 %')
    """
    return f"{number(round(100 * share), 'd')} %"


def sentences(found: Transfer) -> tuple[str, ...]:
    """Return what the maps alone carry, what carries most, whether anything reaches the paper's ninth, how sure."""
    said = []
    alone = next((each for each in found.channels if each.label == ALONE), None)
    if alone:
        said.append(
            _(
                "Attention maps alone carry {kept} of NAT's effect where each network keeps 95 %, and {at_t} at t = "
                "{t:g}.",
                kept=percent(alone.share_at_kept),
                at_t=percent(alone.share_at_threshold),
                t=HIGHEST_T,
            )
        )
    most = found.channels[0]
    said.append(
        _(
            "Most is carried by {words} (`{label}`): {kept} and {at_t}.",
            words=_emphasised(most),
            label=most.label,
            kept=percent(most.share_at_kept),
            at_t=percent(most.share_at_threshold),
        )
    )
    said.append(_ninth(found))
    if found.diverged:
        said.append(_("Not in the plot: {students}.", students="; ".join(found.diverged)))
    single = sum(each.seeds == 1 for each in found.channels)
    if single == len(found.channels):
        said.append(_("One seed each, so a few points between two students say nothing."))
    elif single:
        said.append(
            ngettext(
                "One seed for {single} of {count:,} student.",
                "One seed for {single} of {count:,} students.",
                len(found.channels),
                single=single,
            )
        )
    return tuple(said)


def _emphasised(each: Channel) -> str:
    """What was transferred, set off from the sentence around it: "Most is carried by all of it, on ..." is a riddle."""
    return f"*{each.words}*"


def _ninth(found: Transfer) -> str:
    (start, _start_kept), (end, _end_kept) = found.baseline, found.teacher
    goal = found.papers_goal
    reached = [each for each in found.channels if each.at_threshold <= goal]
    nearest = min(found.channels, key=lambda each: each.at_threshold)
    part = f"{number(100 * papers_ninth(), '.1f')} %"
    told = _(
        "In the paper a student's NCR at t = {t:g} falls to {part} of what it was, about a ninth; here that would be "
        "{goal} (baseline {start}, NAT teacher {end}, nearest student {nearest}).",
        t=HIGHEST_T,
        part=part,
        goal=rate_text(goal),
        start=rate_text(start),
        end=rate_text(end),
        nearest=rate_text(nearest.at_threshold),
    )
    if reached:
        return told + " " + _("It is reached by: {students}.", students=", ".join(map(_emphasised, reached)))
    return told + " " + _("None reaches it; the nearest is: {words}.", words=_emphasised(nearest))


# --- as a plot -------------------------------------------------------------------------------------------------------


def plot(found: Transfer, *, narrow: bool = False, say: Callable[[str], str] = str) -> Drawing:
    """Return every student's share of NAT's effect, a row each, by both measures, between the two ends.

    A `narrow` one fits a phone: each row has its name above its marks; `say` names the image set in the title as a page
    does.
    """
    count = len(found.channels)
    alt = _("Share of NAT's effect that each student takes over on {name}", name=HEADLINE)
    drawing = Drawing(NARROW, 160 + 40 * count, alt, say) if narrow else Drawing(WIDE, 128 + 22 * count, alt, say)
    title = ngettext(
        "Share of NAT's effect on {name}, {count:,} picture",
        "Share of NAT's effect on {name}, {count:,} pictures",
        found.pictures,
        name=HEADLINE,
    )
    drawing.title(title)
    panel = _panel(found, narrow)
    _ends(drawing, panel, found)
    for row, each in enumerate(reversed(found.channels)):
        drawing.line([panel.at((edge, row)) for edge in panel.x_range], FAINT)
        if narrow:
            drawing.text((panel.left, panel.at((0, row))[1] - 12), each.words)
        else:
            drawing.text((panel.left - 10, panel.at((0, row))[1] + 4), each.words, anchor="end")
        colour = BASELINE if each.label == "student_of_baseline" else NAT
        drawing.dot(panel.at((each.share_at_threshold, row)), colour, hollow=True)
        drawing.dot(panel.at((each.share_at_kept, row)), colour)
        drawing.text(
            (panel.left + panel.width + 8, panel.at((0, row))[1] + 4),
            f"{percent(each.share_at_kept)} / {percent(each.share_at_threshold)}",
        )
    return drawing


def _panel(found: Transfer, narrow: bool) -> Panel:
    shares = [share for each in found.channels for share in (each.share_at_kept, each.share_at_threshold)]
    low, high = min(0.0, *shares), max(1.0, found.papers_share, *shares)
    room = 0.04 * (high - low)
    count = len(found.channels)
    if narrow:
        return Panel(16, 94, NARROW - 116, 40 * count, (low - room, high + room), (-0.5, count - 0.5))
    # Room for the longest label: German says more than English.
    left = max(270, 24 + round(6.6 * max(len(each.words) for each in found.channels)))
    return Panel(left, 62, WIDE - 110 - left, 22 * count, (low - room, high + room), (-0.5, count - 0.5))


def _ends(drawing: Drawing, panel: Panel, found: Transfer) -> None:
    """The ends and the paper's ninth as uprights, each with its rates below."""
    bottom, low, count = panel.top + panel.height, panel.y_range[0], len(found.channels)
    beside = _("95 % kept / t = {t:g}", t=HIGHEST_T)
    # It ends where the drawing does: beside the panel German would not have its whole room.
    drawing.text((drawing.width - 8, panel.top - 8), beside, anchor="end")
    uprights = (
        (0.0, BASELINE, "", _("baseline"), found.baseline),
        (1.0, NAT, "", _("NAT teacher"), found.teacher),
        (found.papers_share, INK, "1 3", _("the paper's ninth"), (found.papers_goal, None)),
    )
    for place, colour, dashes, name, (at_threshold, at_kept) in uprights:
        for ends in _stretches(panel, count, narrow=drawing.width == NARROW):
            drawing.line([(panel.at((place, 0))[0], end) for end in ends], colour, 1.5, dashes)
        rates = f"{'' if at_kept is None else rate_text(at_kept) + ' / '}{rate_text(at_threshold)}"
        # The paper's stands a line lower: it may lie close to the teacher's.
        told = {48: f"{name} {rates}"} if at_kept is None else {16: name, 31: rates}
        half = 3 * max(map(len, told.values()))
        across = min(max(panel.at((place, low))[0], half + 4), drawing.width - half - 4)
        for down, words in told.items():
            drawing.text((across, bottom + down), words, anchor="middle", colour=colour)
    above = 8 if drawing.width > NARROW else 26
    drawing.text((panel.left, panel.top - above), _("share of what NAT lowers NCR by"))


def _stretches(panel: Panel, rows: int, *, narrow: bool) -> list[Point]:
    """From where to where an upright goes: a narrow plot's rows have their names above them, which none may cross."""
    if not narrow:
        return [(panel.top, panel.top + panel.height)]
    places = [panel.at((0, row))[1] for row in range(rows)]
    return [(place - 9, place + 16) for place in places]


def section(found: Transfer | None) -> tuple[list[str], dict[str, Drawing]]:
    """Return what stands below the study on the results page, and its plot."""
    if found is None:
        return [], {}
    drawing = plot(found)
    return [" ".join(sentences(found)), f"![{drawing.alt_text}](plots/transfer.svg)", _(LEGEND)], {"transfer": drawing}


def grid(found: Transfer) -> Grid:
    """Return the table: what is taken, the recipe's name, its seeds, both rates, both shares."""
    rows = [
        (
            each.words,
            each.label,
            str(each.seeds),
            rate_text(each.at_kept),
            percent(each.share_at_kept),
            rate_text(each.at_threshold),
            percent(each.share_at_threshold),
        )
        for each in found.channels
    ]
    measured = (_("NCR, 95 % kept"), _("share"), f"NCR {written(HIGHEST_KEY)}", _("share at that t"))
    return Grid((_("what it takes"), _("student"), _("seeds"), *measured), tuple(rows))
