"""Your negatives: a stored network learns to have no opinion about a visitor's photos, and what that does elsewhere."""

import streamlit as st

from nat_app.answers import stored_answers
from nat_app.frame import frame
from nat_app.shared.drawing.palette import NAMES, Kind
from nat_app.shared.gallery import chosen_style, thumbnail_style
from nat_app.shared.language import _
from nat_app.shared.words import MADE_READY, literal, percent, threshold_text
from nat_app.views.your_negatives import words
from nat_app.views.your_negatives.charts import before_after
from nat_app.views.your_negatives.effects import OWN, Effect, effect
from nat_app.views.your_negatives.settings import BESIDE, KIND, MOST, TAUGHT
from nat_app.visit import labels, photos

with st.spinner(_(MADE_READY)):
    stored_answers.warm_up().result()

# Torch is imported by now, with the spinner to be seen; `state` needs it.
from nat_app.answers import computed_answers
from nat_app.views.your_negatives import state
from nat_app.visit.training import fair_queue
from nat_core.data.apart.process import formats
from nat_core.small import heads

ZONE = "negative_uploads"
fair_queue.make_ready()
chosen, t = frame.chosen_pair(), frame.threshold()
frame.require(chosen.names)
kind: Kind = KIND.value
teaching = state.TEACHING.get()
pair = state.learner(chosen, kind)
name = pair.by_kind[kind]
classes = stored_answers.card(name).classes


def require_features() -> None:
    """Go on where the network's features are stored; else say how to make them and end the page."""
    if not state.has_features(name):
        st.title(_("This network has no stored features to learn from."), anchor=False)
        st.markdown(_("Make them for `{name}` with the command below, or choose another pair.", name=name))
        st.code(f"nat features {name}", language="bash")
        raise frame.PageEnd
    with frame.checked():
        computed_answers.stored_features(name)


def choose_photos() -> None:
    """Draw the photos to choose from, the visitor's own first, and the drop zone."""
    picked = TAUGHT.value
    buttons = [photo.button for key, photo in state.offered(classes).items() if key in picked]
    st.html(thumbnail_style() + state.own_style() + chosen_style(buttons))
    with st.container(gap="xxsmall"):
        st.caption(
            _(
                "Press photos to teach them as negatives: {chosen} of at most {most} chosen.",
                most=MOST,
                chosen=len(state.chosen(classes)),
            )
        )
        row = st.container(key="row_taught", horizontal=True, wrap=False, gap="xsmall")
    for key, photo in state.offered(classes).items():
        row.button(
            literal(photo.label),
            key=photo.button,
            type="primary" if key in picked else "secondary",
            on_click=state.toggle,
            args=(key,),
        )
    if len(picked) >= MOST:
        st.caption(words.full(MOST))
    ask_what_they_show()


def ask_what_they_show() -> None:
    """Ask what the visitor's photos show, and warn of those that show a thing of the classes."""
    asked = [photo for photo in state.chosen(classes) if photo.asks]
    waiting = [photo.key for photo in asked if photo.shows is None]
    # Drawn in every run, or what follows would move, and what is unfolded would fold itself.
    above = st.container()
    if waiting:
        above.markdown(words.waits(len(waiting)))
        above.button(labels.for_all(len(waiting), classes), key="none_of_them", icon=":material/done_all:",
                  on_click=labels.none_of_them, args=(waiting, classes))  # fmt: skip
    if warning := words.shows_known([photo.shows for photo in asked], [photo.name for photo in asked], classes):
        above.warning(warning, icon=":material/warning:")
    if asked:
        with st.expander(_("What each of your photos shows"), icon=":material/help:"):
            for photo, answer in zip(asked, state.now(name, asked), strict=True):
                st.caption(literal(photo.name))
                labels.ask(photo.key, [answer.predicted], classes)


def own_photos() -> None:
    """Draw the drop zone for the visitor's own photos."""
    with st.expander(_("Teach it your own photos"), icon=":material/add_a_photo:", expanded=bool(photos.photos())):
        before = set(photos.photos())
        files = st.file_uploader(
            _(
                "Photos of things that are none of {classes} ({formats}). They stay in memory.",
                classes=labels.how_many(classes),
                formats=formats(),
            ),
            accept_multiple_files=True,
            key=photos.zone_key(ZONE),
            on_change=photos.removed,
            args=(ZONE,),
        )
        photos.take(ZONE, files)
        for problem in photos.problems().values():
            st.caption(literal(problem))
        if set(photos.photos()) != before:
            # The row of photos above is drawn already, so the page is drawn anew with the new ones chosen.
            state.take_own()
            st.rerun()


def controls() -> None:
    """Draw the buttons and, while it learns, how far it is."""
    busy = teaching.turn is not None
    with st.container(key="teach_controls", horizontal=True, gap="xsmall", vertical_alignment="center"):
        if busy:
            st.button(_("Cancel"), key="teach_cancel", icon=":material/stop:", on_click=state.cancel, type="primary")
        else:
            st.button(_("Train"), key="teach_train", icon=":material/play_arrow:", on_click=state.train, args=(name,),
                      type="primary", disabled=not state.chosen(classes))  # fmt: skip
        st.button(_("Undo"), key="teach_undo", icon=":material/undo:", on_click=state.undo,
                  disabled=not teaching.history, help=_("Back to what it said before the last training"))  # fmt: skip
        st.toggle(_("5,000 CIFAR-100 pictures beside them"), key=BESIDE.bind(), persist_state="session",
                  help=_("Negatives of a hundred other kinds take half of the places."))  # fmt: skip
        st.segmented_control(_("Network"), list(NAMES), format_func=NAMES.__getitem__, key=KIND.bind(), required=True,
                             label_visibility="collapsed", persist_state="session")  # fmt: skip
    # In a place of their own: what comes and goes here would be drawn where the bars were, and those below.
    with st.container():
        if busy:
            fair_queue.draw_progress(state.follow)
        if teaching.problem:
            st.warning(teaching.problem, icon=":material/warning:")


def before_learning() -> tuple[str, str, list[float]]:
    """Return what is said, as title and text, before the network learned anything, and how sure it is of each photo."""
    photos = state.chosen(classes)
    sure = [answer.confidence for answer in state.now(name, photos)]
    known = any(photo.shows != labels.NONE for photo in photos)
    title = words.title(sum(each > t for each in sure), len(photos), None, kind, untaught=not known)
    return title, words.unlearned(t, learns=teaching.turn is not None), sure


def after_learning(done: state.TaughtHead) -> tuple[str, str, Effect]:
    """Return what is said of the last training, as title and text, and what it changed for the photos and others."""
    changed = effect(done.before, done.alone, done.after, t)
    before, after = changed.own.counts
    return words.title(before, len(done.photos), after, kind), words.lesson(changed, done.beside), changed


def draw_photos(names: list[str], before, after) -> None:
    """Draw how sure it is of each photo."""
    was = [percent(float(sure)) for sure in before]
    now = [None] * len(was) if after is None else [percent(float(sure)) for sure in after]
    axis = _("how sure it is of each photo (line: t = {threshold})", threshold=threshold_text(t))
    alt = " ".join([_("How sure it is of each photo."), *map(words.alone, names, was, now)])
    st.html(before_after(names, before, after, kind, axis=axis, alt=alt, threshold=t))


def taught(done: state.TaughtHead, changed: Effect) -> None:
    """Draw what the last training did: for the photos, for others, and for the ten classes."""
    lesson, cost = words.lesson(changed, done.beside), words.cost(changed)
    left, right = st.columns([1, 1.15], gap="medium")
    with left:
        # What they are called in the language that is spoken now; a photo of one's own may be gone by now.
        offered = state.offered(classes)
        names = [offered[key].name if key in offered else name for key, name in done.photos.items()]
        draw_photos(names, done.before[OWN].confidence, done.after[OWN].confidence)
    with right:
        draw_sets(changed, " ".join([_("Before and after."), lesson.replace("**", ""), cost]))
    st.markdown(cost)
    stored = computed_answers.stored_features(name)
    learned = len(stored["cifar10_train"].values)
    beside = len(stored["cifar100_train"].values) if done.beside else 0
    st.caption(words.how(len(done.photos), heads.COPIES, learned, beside, heads.STEPS, done.seconds))


def draw_sets(changed: Effect, alt: str) -> None:
    """Draw what changed, set by set."""
    rows = words.rows(changed)
    first, second, third = ([getattr(each, when) for each in rows.values()] for when in ("before", "alone", "after"))
    st.html(
        before_after(
            list(rows), first, third, kind, alone=second, alt=alt,
            axis=_("share of pictures (sure: above {threshold})", threshold=threshold_text(t)),
            pictures=[each.pictures for each in rows.values()], fine={words.accuracy_row()},
        )
    )  # fmt: skip


require_features()
# Other networks may have learned since; the page speaks of the chosen one.
last = next((done for done in reversed(teaching.history) if done.network == name), None)
sure: list[float] = []
changed: Effect | None = None
if last:
    title, said, changed = after_learning(last)
else:
    title, said, sure = before_learning()
with st.container(key="teach_title"):
    st.title(title, anchor=False)
if pair != chosen:
    st.caption(words.stands_in(chosen.title, pair.title))
choose_photos()
controls()
# Below what is pressed, which it would push: what was learned takes more words than what is said before.
with st.container(key="teach_says"):
    st.markdown(said)
note = st.container()
if last and changed:
    if teaching.turn is None and set(last.photos) != {photo.key for photo in state.chosen(classes)}:
        note.caption(words.changed())
    taught(last, changed)
elif sure:
    draw_photos([photo.name for photo in state.chosen(classes)], sure, None)
own_photos()
