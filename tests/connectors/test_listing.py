"""Lists of posts: how far they go, what they never repeat, and texts that a platform keeps as HTML."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from connectors.contract import Receipt, Seen
from connectors.graph import following
from connectors.http import Unreadable
from connectors.listing import MOST, PAGES, newest
from connectors.markup import text_of

START = datetime(2026, 11, 25, 12, tzinfo=UTC)


def seen(number: int, seconds: float, text: str = "Bore da") -> Seen:
    return Seen(Receipt(str(number), "", START + timedelta(seconds=seconds)), text)


class Pages:
    """Counts what is asked for."""

    def __init__(self, *pages: list[Seen]) -> None:
        self.pages = pages
        self.asked = 0

    def __iter__(self) -> Iterator[list[Seen]]:
        for page in self.pages:
            self.asked += 1
            yield page


def test_no_page_is_asked_for_behind_the_first_older_post() -> None:
    pages = Pages([seen(4, 9), seen(3, 5)], [seen(2, 1), seen(1, -1)], [seen(0, -9)])
    assert [one.receipt.id for one in newest(pages, START)] == ["4", "3", "2"]
    assert pages.asked == 2


def test_a_page_from_which_all_was_left_out_does_not_end_the_list() -> None:
    pages = Pages([seen(2, 9)], [], [seen(1, 1)])
    assert [one.receipt.id for one in newest(pages, START)] == ["2", "1"]


def test_pages_without_end_are_left_after_a_few() -> None:
    pages = Pages(*([] for _ in range(PAGES * 2)))
    assert newest(pages, START) == ()
    assert pages.asked == PAGES


def test_no_more_is_asked_for_than_one_list_has() -> None:
    pages = Pages(
        *([seen(MOST * 2 - number * 60 - one, 999 - number * 60 - one) for one in range(60)] for number in range(3))
    )
    assert len(newest(pages, START)) == MOST
    assert pages.asked == 2


def test_a_post_that_moved_to_the_next_page_in_the_meantime_is_listed_once() -> None:
    assert [one.receipt.id for one in newest([[seen(3, 9), seen(2, 5)], [seen(2, 5), seen(1, 1)]], START)] == [
        "3",
        "2",
        "1",
    ]


def test_platforms_tell_time_in_whole_seconds() -> None:
    assert newest([[seen(1, 0)]], START + timedelta(milliseconds=700)) == (seen(1, 0),)


def test_a_post_whose_words_are_no_text_is_no_answer() -> None:
    with pytest.raises(Unreadable):
        newest([[seen(1, 1, None)]], START)  # type: ignore[arg-type]  # as a platform may


def test_what_asks_for_the_next_page_holds_no_secret_and_no_host() -> None:
    address = (
        "https://elsewhere.example/v26.0/1/published_posts?access_token=T&appsecret_proof=P&limit=100&after=QVFI%3D"
    )
    assert following({"paging": {"next": address}}) == {"limit": "100", "after": "QVFI="}
    assert following({"paging": {"cursors": {}}}) == following({}) == {}


FROM_A_TIMELINE = (
    '<p>Mae’r clinig &amp; mwy &lt;3<br>Yfory: <a href="https://example.org/ffliw/2026" rel="nofollow">'
    '<span class="invisible">https://</span><span class="ellipsis">example.org/</span>'
    '<span class="invisible">ffliw/2026</span></a></p><p>'
    '<a href="https://m.example/tags/Brechu" class="mention hashtag">#<span>Brechu</span></a></p>'
)
FROM_A_BLOCK_EDITOR = """<!-- wp:paragraph {"dropCap":true} -->
<p class="has-drop-cap">Bore da</p>
<!-- /wp:paragraph -->

<!-- wp:paragraph -->
<p>Dewch i’r clinig</p>
<!-- /wp:paragraph -->"""


@pytest.mark.parametrize(
    ("html", "text"),
    [
        (FROM_A_TIMELINE, "Mae’r clinig & mwy <3\nYfory: https://example.org/ffliw/2026\n\n#Brechu"),
        (FROM_A_BLOCK_EDITOR, "Bore da\n\nDewch i’r clinig"),
    ],
)
def test_what_platforms_keep_as_html_is_read_as_it_was_written(html: str, text: str) -> None:
    assert text_of(html) == text
