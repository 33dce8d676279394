"""The workshop's fourth challenge: teach two things of one's own, and "none of these" as well."""

import streamlit as st

from nat_app.answers import computed_answers, stored_answers
from nat_app.frame import frame, links, revealed
from nat_app.frame.together import following
from nat_app.shared.language import N_, _, pgettext
from nat_app.shared.pairs import Pair
from nat_app.shared.score_scales import T_STEPS
from nat_app.shared.settings import Held
from nat_app.shared.words import of_100, threshold_text
from nat_app.views.workshop import score

TITLE = N_('Teach it "none of these"')
TASK = N_(
    "Teach two things of your own on the page Teach your own: five photos of each or more, no portraits. Then move t "
    "until NAT is fooled at most half as often as the baseline, and still keeps at least half as many of your photos."
)
PAGE, SAMPLES = "teach_your_own", {"teach_samples": "1"}
NOTHING = N_("Nothing is taught yet: add photos and press Train there first.")
LOOKED: Held[list[str]] = Held("teach_challenge", list)
"""What was found at the last look, in a sentence; none before the first."""


def look() -> None:
    """Look at what the visitor taught, and give the points where the challenge is met."""
    # They need the page's own rooms, which the workshop looks into only when it is asked to.
    from nat_app.views.teach_your_own import learning
    from nat_app.views.teach_your_own.outcome import Outcome
    from nat_app.views.teach_your_own.project import TEACHING

    revealed.mark("teach")
    name, taught = learning.network(), TEACHING.get().now.taught
    if name is None or taught is None:
        LOOKED.put([_(NOTHING)])
        return
    found: Outcome = learning.outcome(name, taught, frame.threshold())
    met = is_met(found)
    points = score.MOST if met else 0
    score.award("teach", points)
    following.tell("teach", found.fools("nat") / found.pictures, points)
    LOOKED.put([verdict(found, met=met)])


def is_met(found) -> bool:
    """Return whether NAT is fooled at most half as often as the baseline, and keeps at least half as many photos."""
    fewer = 2 * found.fools("nat") <= found.fools("baseline")
    return bool(
        fewer and found.fools("baseline") and found.keeps("nat") and 2 * found.keeps("nat") >= found.keeps("baseline")
    )


def verdict(found, *, met: bool) -> str:
    """Return how far it is, and whether that meets the challenge."""
    state = _state(found)
    return (
        _(":green[■]\u00a0Done: {state}.", state=state)
        if met
        else _("{state}. Not yet: move t, or add photos.", state=state)
    )


def _state(found) -> str:
    return _(
        "NAT is fooled by {nat_fooled} other pictures, the baseline by {fooled}; NAT keeps {nat} of the {photos} "
        "photos, the baseline {baseline}",
        nat_fooled=of_100(found.fools("nat") / found.pictures, found.pictures),
        fooled=of_100(found.fools("baseline") / found.pictures, found.pictures),
        nat=found.keeps("nat") or pgettext("how many", "none"),
        baseline=found.keeps("baseline") or pgettext("how many", "none"),
        photos=found.photos,
    )


def example() -> str:
    """Return with which t the twelve free photos meet the challenge; "" where nothing can be taught."""
    from nat_app.views.teach_your_own import learning
    from nat_app.views.teach_your_own.outcome import judge

    name = learning.network()
    if name is None:
        return ""
    heads = learning.taught_by_samples(stored_answers.folder(), name, stored_answers.stamp_of(name))
    held = learning.held_out(computed_answers.stored_features(name), (), heads.names)
    for t in T_STEPS:
        if is_met(found := judge(heads, held, t)):
            return _(
                'Teach it "none of these": the twelve free photos will do, for example with '
                "t\u00a0=\u00a0{t}: {state}.",
                t=threshold_text(t),
                state=_state(found),
            )
    return _('Teach it "none of these": no t does it with the twelve free photos, so it takes photos of your own.')


def draw(pair: Pair) -> None:
    """Draw the task, the ways to the page, and what was found there."""
    st.markdown(_(TASK))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.page_link(links.file_of(PAGE), label=_("**Teach your own**"), icon=":material/model_training:")
        st.page_link(links.file_of(PAGE), label=_("No photos at hand? Twelve free ones"),
                     icon=":material/photo_library:", query_params=SAMPLES | {"v": links.VERSION})  # fmt: skip
        st.button(_("Check what I taught"), key="check_teach", type="primary", on_click=look)
    for sentence in LOOKED.get():
        with st.container(key="answer_teach"):
            st.markdown(sentence)
            revealed.focus("teach", "answer_teach")
