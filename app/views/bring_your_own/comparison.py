"""The comparison of a visitor's network with the one beside it, where it was made: set by set, with intervals."""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from nat_app.answers import stored_answers
from nat_app.answers.plain_names import architecture_title
from nat_app.shared.counts import Compared, compare
from nat_app.shared.drawing.palette import KINDS
from nat_app.shared.language import _, number
from nat_app.shared.pairs import ROLE_TITLES, Pair, in_markdown, set_title, short_name
from nat_app.shared.words import literal
from nat_app.views.bring_your_own import words
from nat_app.visit import brought_along
from nat_core.recipes import IN_DISTRIBUTION, headline_set


@dataclass(frozen=True)
class Line:
    """Both networks on one set of pictures, all of which both were asked about."""

    name: str
    role: str
    sure: Compared

    @property
    def known(self) -> bool:
        """Whether the pictures are of things that the networks know."""
        return self.role == IN_DISTRIBUTION


def lines(pair: Pair, threshold: float) -> tuple[Line, ...]:
    """Return the comparison at a threshold, what the networks know first."""
    reports = brought_along.networks()[pair.nat].card.report.sets
    found = []
    for name, report in reports.items():
        said = {kind: stored_answers.predictions(each, name) for kind, each in pair.by_kind.items()}
        sure = compare({kind: each.confidence > threshold for kind, each in said.items()})
        found.append(Line(name, report.role, sure))
    return tuple(sorted(found, key=lambda line: not line.known))


def title(pair: Pair, threshold: float) -> str:
    """Return the finding on the set of negatives that stands for all."""
    found = {line.name: line for line in lines(pair, threshold)}
    name = headline_set({line.name: line.role for line in found.values()})
    if name is None:
        return _(words.NOTHING_YET)
    return words.comparison_title(found[name].sure, threshold, set_title(name))


def draw(pair: Pair, threshold: float) -> None:
    """Draw what the visitor's network is, how often it is correct, and both networks set by set."""
    # The network beside it is there as well, and one that is stored was not brought.
    each = next(network for network in brought_along.networks().values() if network.brought)
    report = each.card.report
    sets = {name: found.images for name, found in report.sets.items()}
    st.markdown(f"**{literal(short_name(each.card.name))}**  \n" + words.network_line(
        architecture_title(each.card.architecture), each.card.parameters, sets))  # fmt: skip
    if report.in_distribution is not None:
        known = report.sets[report.in_distribution].images
        st.markdown(words.accuracy_sentence(round(report.accuracy * known), known, len(each.card.classes)))
    rows = list(_rows(lines(pair, threshold)))
    with st.container(key="wide_own_comparison"):
        st.table(
            pd.DataFrame(rows[1:], columns=rows[0]),
            hide_index=True,
            border="horizontal",
            alt=_("Both networks on each set of pictures. {finding}", finding=title(pair, threshold)),
        )
    st.caption(
        _(
            "Shares above t\u00a0=\u00a0{t}, with 95 % intervals: of what they know, kept; of other things, fooled. "
            "Both were asked about the same pictures.",
            t=number(threshold, "g"),
        )
    )


def _rows(found: tuple[Line, ...]) -> Iterator[tuple[str, ...]]:
    yield (_("pictures"), _("number"), _("share"), _("Baseline"), "NAT", _("verdict"))
    for line in found:
        role = ROLE_TITLES.get(line.role, line.role)
        yield (
            in_markdown(line.name, set_title(line.name)) + f" · {role}",
            number(line.sure.pictures, ","),
            _("kept") if line.known else _("fooled"),
            *(words.share_cell(line.sure.counts[kind], line.sure.pictures) for kind in KINDS),
            words.verdict(line.sure, known=line.known),
        )
