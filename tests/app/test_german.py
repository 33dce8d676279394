"""What several pages share, in German: cases and genders, plurals, numbers as German writes them."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nat_app.answers.plain_names import plainly
from nat_app.shared import counts, words
from nat_app.shared.classes import CLASSES, WITH_ARTICLE, any_of, article, class_title
from nat_app.shared.drawing import bars, charts
from nat_app.shared.gallery import gallery_pictures
from nat_app.shared.pairs import OFFERED, ROLE_TITLES, SET_TITLES, own_name, pictures_of
from nat_app.shared.score_scales import SCORE_TITLES
from nat_app.shared.words import Answer
from nat_app.views.bring_your_own.words import network_line
from nat_app.views.digits_live.words import title as of_two_networks
from nat_app.views.evidence.parts import hardware
from nat_app.views.thresholds import words as thresholds
from nat_core.data.headers.header import check_pixels
from nat_core.data.images import read_image
from nat_core.errors import UnreadableImage
from tests.pages import plain

pytestmark = pytest.mark.usefixtures("german")
FOOLED = {"baseline": 0.561, "nat": 0.052}
AT, APART = {"baseline": 0.9, "nat": 0.9}, {"baseline": 0.71, "nat": 0.3}
SENTENCES: list[tuple[Callable[..., str], tuple[Any, ...], str]] = [
    (words.answer_sentence, ("baseline", Answer(0.974, "ship"), "cat", 0.9),
     "Baseline: 97 % Schiff. Sicher, aber falsch: Das ist eine Katze."),
    (words.answer_sentence, ("nat", Answer(0.7, "dog"), "deer", 0.9),
     "NAT: 70 % Hund. Ziemlich sicher, aber falsch: Das ist ein Hirsch."),
    (words.answer_sentence, ("nat", Answer(0.2, "dog"), "none", 0.9), "NAT: 20 %. Es weiß es nicht."),
    (words.threshold_title, (FOOLED, AT, False),
     "Über 90 % lässt sich die Baseline von 56 von 100 täuschen, NAT von 5."),
    (words.threshold_title, (FOOLED, {"baseline": 0.995, "nat": 0.995}, True),
     "Über 99,5 % behält die Baseline 56 von 100, NAT 5."),
    (words.threshold_title, (FOOLED, APART, True),
     "Um 95 von 100 zu behalten, braucht die Baseline t = 0,71, NAT t = 0,30."),
    (words.threshold_title, (FOOLED, APART, False, "max_logit"),
     "Nach Max-Logit bei je 95 von 100 behaltenen Bildern lässt sich die Baseline von 56 von 100 täuschen, NAT von 5."),
    (thresholds.trade_sentence, (FOOLED, {"baseline": 0.95, "nat": 0.89}),
     "Von 100 unbekannten täuschen NAT 51 weniger, von 100 bekannten weist es 6 mehr ab."),
    # Not "nicht mehr", which would be "no longer".
    (thresholds.trade_sentence, (FOOLED, {"baseline": 0.95, "nat": 0.95}),
     "Von 100 unbekannten täuschen NAT 51 weniger, von den bekannten weist es keine weiteren ab."),
    (words.of_100, (0.0, 6), "0 von 6"),
    (hardware, ("Ein Prozessor, 1 thread",), "Ein Prozessor, 1 Thread"),
    (hardware, ("Ein Prozessor, 4 threads",), "Ein Prozessor, 4 Threads"),
    (hardware, ("NVIDIA H100 80GB HBM3",), "NVIDIA H100 80GB HBM3"),
    (words.percent_fine, (0.9341,), "93,4 %"),
    (words.duration, (4287.9,), "1 h 11 min"),
    (words.duration, (61.0,), "61 Sekunden"),
    (words.listed, (["Vogel", "Katze", "Hund"],), "Vogel, Katze oder Hund"),
    (pictures_of, ("cifar100_test", 10_000), "10.000 Bilder (CIFAR-100 Test)"),
    (pictures_of, (own_name("02ec1f60", "a.npz"), 3, "dative"), "3 Bildern von dir (a.npz)"),
    (pictures_of, ("gallery_none", 22, "dative"), "22 Fotos anderer Dinge aus der Galerie"),
    (network_line, ("WRN-16-1", 175_066, {"cifar10_test": 300, "gallery_none": 22}),
     "WRN-16-1, 175.066 Parameter. Befragt zu: 300 Bildern (CIFAR-10 Test), 22 Fotos anderer Dinge aus der Galerie."),
    (plainly, ("`nat_background_class, renormalised` 0,693, `student_low` 0,743",),
     "*eine elfte Klasse für Negative, auf die bekannten Klassen umgerechnet* 0,693, *nur untere Karten* 0,743"),
    (of_two_networks, ({"baseline": 0.53, "nat": 0.17}, 350),
     "Nie gesehene Ziffern täuschen die Baseline in 53 von 100 Fällen, NAT in 17 von 100."),
    (any_of, (["airplane", "cat"],), "Flugzeug oder Katze"),
    (any_of, ("012",), "0, 1 oder 2"),
    (article, ("3", "dative"), "einer 3"),
    (article, ("otter",), "„otter“"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("function", "arguments", "sentence"), SENTENCES, ids=lambda value: getattr(value, "__name__", None)
)
def test_sentences_are_german(function: Callable[..., str], arguments: tuple[Any, ...], sentence: str) -> None:
    assert plain(function(*arguments)) == sentence


def test_articles_follow_gender_and_case() -> None:
    said = {name: (article(name), article(name, "accusative"), article(name, "dative")) for name in CLASSES}
    assert said["dog"] == ("ein Hund", "einen Hund", "einem Hund")
    assert said["cat"] == ("eine Katze", "eine Katze", "einer Katze")
    assert said["ship"] == ("ein Schiff", "ein Schiff", "einem Schiff")
    assert set(WITH_ARTICLE) == set(CLASSES)
    for name, cases in said.items():
        assert {case.partition(" ")[2] for case in cases} == {class_title(name)}


def test_too_few_pictures_tell_nothing() -> None:
    found = counts.compare({"baseline": np.array([True, False]), "nat": np.array([False, False])})
    assert counts.chance(found) == (
        "So wenige Bilder verraten nicht, welches Netz sich seltener täuschen lässt: Der Unterschied kann Zufall sein."
    )


def test_no_title_is_left_in_english() -> None:
    assert {name for name, title in SET_TITLES.items() if "test" in title or "other" in title} == set()
    assert list(ROLE_TITLES.values()) == ["bekannt", "im Training", "gleiche Quelle", "nie gesehen"]
    assert OFFERED[0].title == "Großes Netz (ResNet-18)"
    assert SCORE_TITLES["entropy"] == "Entropie"
    pictures = {picture.file: picture for picture in gallery_pictures()}
    assert pictures["none-bee.jpg"].credit == "Jon Sullivan, gemeinfrei"
    assert (pictures["none-bee.jpg"].name, pictures["cat2.jpg"].name) == ("Biene", "Katze 2")
    assert pictures["none-eiffel.jpg"].caption == "Eiffelturm unter blauem Himmel"
    assert all(picture.shows != picture.description for picture in pictures.values())


def test_charts_speak_german() -> None:
    drawn = bars.probability_bars(np.array([0.875, 0.125]), ("cat", "dog"), "nat", alt="")
    assert re.findall(r'class="name">(\w+)<', drawn) == ["Katze", "Hund"]
    assert "wie sicher es ist" in drawn
    assert "keine Meinung, 1/2" in drawn
    assert 'title="NAT, Katze: 87,5\u00a0%"' in drawn
    assert charts.look(200, top=0, left=0, bottom=0)["separators"] == ",."


def test_a_photo_of_an_iphone_is_refused_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nat_core.data.headers.examine.kinds", frozenset)  # as where the decoder is not installed
    with pytest.raises(UnreadableImage) as caught:
        read_image(b"\0\0\0\x24ftypheic\0\0\0\0mif1heic", name="IMG_1.HEIC")
    assert str(caught.value) == (
        "IMG_1.HEIC ist ein HEIC-Foto, wie iPhones sie machen, das hier nicht gelesen wird: Exportiere es als JPEG, "
        "oder lass das iPhone JPEG aufnehmen (Einstellungen, Kamera, Formate, Maximale Kompatibilität) und mach es "
        "noch einmal."
    )


def test_sizes_in_refusals_are_written_as_german_writes_them() -> None:
    with pytest.raises(UnreadableImage, match=r"^wand\.bmp hat 12\.000 x 9\.000 Pixel, mehr als die \d+ Megapixel"):
        check_pixels((12_000, 9_000), "BMP", "wand.bmp")


def test_a_photo_that_nobody_owns_is_called_so_in_german() -> None:
    credits = {each.licence: each.credit for each in gallery_pictures()}
    assert credits["Public domain"].endswith(", gemeinfrei")
    assert credits["CC0 1.0"].endswith(", CC0 1.0")
