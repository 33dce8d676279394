"""Evidence by other scores than confidence: what each score of the logits achieves, and those from features."""

from collections.abc import Mapping, Sequence

import streamlit as st

from nat_app.answers import stored_answers
from nat_app.answers.plain_names import name_of, plainly
from nat_app.shared import words
from nat_app.shared.language import _
from nat_app.views.evidence import drawn
from nat_app.views.evidence.parts import Evidence
from nat_app.views.evidence.settings import BY_SCORE, FROM_FEATURES, MEASURE
from nat_core.errors import CheckpointError
from nat_core.measure.scores import MEASURES, SCORES, Separation
from nat_core.paper.by_score import OTHER_SCORES, feature_findings, fitted_sentence, score_findings
from nat_core.paper.tables import reported_scores, score_grid, set_columns
from nat_core.store.feature_reports import ALL_SCORES


def line(found: Evidence) -> None:
    """Draw what other scores make of the first pair's comparison, below the claims that confidence decides."""
    if others := score_findings(found.reports):
        st.caption(f"{_(OTHER_SCORES)} {words.literal(plainly(others[0]))}")


def by_each_score(found: Evidence, networks: Sequence[str]) -> None:
    """Draw one measure of these networks by each score, those from features too where they are asked for."""
    reported = reported_scores({name: found.reports[name] for name in networks if name in found.reports})
    if not any(reported.values()):
        return
    with (fold := st.expander(_("By each score"), key=BY_SCORE.key, on_change="rerun", icon=":material/balance:")):
        if not fold.open:
            return
        measure = st.segmented_control(
            _("Measure"), list(MEASURES), format_func=MEASURES.__getitem__, key=MEASURE.bind(), required=True,
            persist_state="session", label_visibility="collapsed",
        ) or MEASURE.default  # fmt: skip
        _table(reported, tuple(SCORES), measure)
        if st.toggle(
            _("Scores from features as well: kNN, ViM, RMDS"), key=FROM_FEATURES.bind(), persist_state="session",
            help=_("Fitted to the stored features of some training pictures, which takes some seconds a network."),
        ):  # fmt: skip
            _from_features(tuple(reported), measure)


def _from_features(networks: Sequence[str], measure: str) -> None:
    try:
        with st.spinner(_("The scores are fitted to the stored features."), show_time=True):
            every = {name: stored_answers.features_report(name) for name in networks}
    except CheckpointError as error:
        st.warning(f"{str(error).rstrip('.')}.", icon=":material/warning:")
        return
    reports = {name: each for name, each in every.items() if each is not None}
    if not reports:
        st.caption(_("No features of these networks are stored. To make them: `nat features NAME`."))
        return
    _table({name: each.by_score for name, each in reports.items()}, ALL_SCORES, measure)
    if sentences := feature_findings(reports):
        st.markdown("\n".join(f"- {words.literal(plainly(each))}" for each in sentences))
    st.caption(words.literal(plainly(fitted_sentence(tuple(reports.values())))))


def _table(
    by_network: Mapping[str, Mapping[str, Mapping[str, Separation]]], scores: Sequence[str], measure: str
) -> None:
    """Draw one measure, a row a set and network, a column a score."""
    sets = set_columns((), [name for by_set in by_network.values() for name in by_set])
    networks = ", ".join(name_of(name) for name in by_network)
    alt = _("{measure} of {networks} by each score", measure=MEASURES[measure], networks=networks)
    drawn.table(f"{len(scores)}_scores", score_grid(by_network, sets, scores, [measure]), alt)
