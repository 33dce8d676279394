"""Downloads outlive what Streamlit forgets, for a while and as far as there is room; pictures do not."""

import pytest
from streamlit.runtime.media_file_storage import MediaFileKind, MediaFileStorageError

from nat_app.server.transfers import downloads
from nat_app.server.transfers.downloads import HELD, KEPT, KeptDownloads


class Clock:
    """A clock that stands still until it is told to go on."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """The storage's clock."""
    return Clock()


@pytest.fixture
def storage(clock: Clock) -> KeptDownloads:
    """An empty storage."""
    return KeptDownloads("/media", clock)


def made(storage: KeptDownloads, content: bytes, kind: MediaFileKind = MediaFileKind.DOWNLOADABLE) -> str:
    """Put a file there and return its name."""
    return storage.load_and_get_id(content, "text/csv", kind, "a.csv")


def there(storage: KeptDownloads, file_id: str) -> bool:
    """Whether a browser would find it."""
    try:
        storage.get_file(file_id)
    except MediaFileStorageError:
        return False
    return True


def test_a_download_is_there_for_a_minute_after_it_was_deleted(storage: KeptDownloads, clock: Clock) -> None:
    table = made(storage, b"phone,card")
    storage.delete_file(table)
    clock.now += KEPT - 1
    storage.delete_file(table)  # said twice, it is not kept for longer
    downloads.let_go()
    assert storage.get_file(table).content == b"phone,card"
    clock.now += 1
    downloads.let_go()
    assert not there(storage, table)


def test_a_picture_goes_at_once(storage: KeptDownloads) -> None:
    picture = made(storage, b"pixels", MediaFileKind.MEDIA)
    storage.delete_file(picture)
    assert not there(storage, picture)
    storage.delete_file("of no file")


def test_what_is_offered_again_is_no_longer_on_its_way_out(storage: KeptDownloads, clock: Clock) -> None:
    storage.delete_file(made(storage, b"phone,card"))
    table = made(storage, b"phone,card")
    clock.now += 2 * KEPT
    storage.let_go()
    assert there(storage, table)


def test_the_oldest_go_where_there_are_too_many(storage: KeptDownloads) -> None:
    names = [made(storage, bytes([number]) * (HELD // 2)) for number in range(3)]
    for name in names:
        storage.delete_file(name)
    assert [there(storage, name) for name in names] == [False, True, True]
    # One that is larger than all of the room is not kept at all.
    huge = made(storage, bytes(HELD + 1))
    storage.delete_file(huge)
    assert not any(there(storage, name) for name in (*names, huge))


def test_none_is_kept_once_somebody_was_told_that_it_is_forgotten(storage: KeptDownloads) -> None:
    left, offered = made(storage, b"left"), made(storage, b"offered")
    storage.delete_file(left)
    downloads.keep_none()
    assert (there(storage, left), there(storage, offered)) == (False, True)
    storage.delete_file(offered)
    assert not there(storage, offered)
    # What is made afterwards is kept as ever.
    storage.delete_file(again := made(storage, b"offered"))
    assert there(storage, again)
