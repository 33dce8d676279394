"""The sentences of the teacher's part and of the sheets."""

from nat_app.shared.language import N_, _

TITLE = N_("When should a network say: I do not know?")
ANSWERS_TITLE = N_("When should a network say: I do not know? The answers")
HIDDEN = {
    "networks": N_("choice of the networks"),
    "pages": N_("list of pages"),
    "link": N_("Copy link"),
    "download": N_("Download this view"),
    "settings": N_("everything that is folded"),
    "answers": N_("answers, and this part"),
}
"""What a link can hide, by the names of `links.HIDDEN`."""
PRINTED = N_("Pages for a browser; print them from there (Ctrl+P). Nothing in them is fetched from elsewhere.")
HIDING = N_("Choose what your class is not to see. The link opens the workshop without it, for that visit alone.")
JOINING = N_("Phones join (part *Class*), and everyone finds the first card.")
APART = N_("The challenges are apart from these 45 minutes: for whoever finishes early, a second lesson, or at home.")
SECTIONS = {
    "before": N_("Before the lesson"),
    "plan": N_("The plan"),
    "misconceptions": N_("Misconceptions, with answers"),
    "words": N_("A word list"),
    "without phones": N_("Without phones"),
}
"""The titles of the notes' sections, by their headings in the files."""
NO_PORTRAITS = N_(
    "Photos stay in the memory of one computer and are gone when the page is closed. Even so, no portraits of "
    "classmates."
)


def networks(pair: str) -> str:
    """Return for whom the answers are, and which networks gave them; `pair` is their plain name."""
    return _("For the teacher. Networks: {pair}, baseline and NAT.", pair=pair)
