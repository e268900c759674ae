"""The practitioner's e-mail as a person with two minutes reads it."""

import re
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reminders.reading import read
from training_tracker.mail.outbox import Draft
from training_tracker.reminders.asked import Asked, AskedItem, how_long
from training_tracker.reminders.letter import DigestLine, digest, subject_of
from training_tracker.reminders.letterhead import Letterhead
from training_tracker.standing.status import Status

BASE = "https://training.tracker.example"
COURSE = AskedItem("An introduction to Child Sexual Abuse", "https://learn.agency.example/intro?a=1&b=2", "2 hours")
BOOKED = AskedItem("Harmful sexual behaviour", "", "")
PARTNERSHIP, COUNCIL = "Harbour Safeguarding Partnership", "Harbour Council"


def asked(
    item: AskedItem = COURSE, *, code: str = "CSA", items: tuple[AskedItem, ...] = (), in_full: str = ""
) -> Asked:
    return Asked(
        expectation_id=1,
        code=code,
        title=item.title,
        in_full=in_full,
        rationale="A shared introduction helps everyone to respond in the same way.",
        owner=PARTNERSHIP,
        items=items or (item,),
        key=code,
    )


def line(
    what: Asked | None = None,
    status: Status = Status.DUE_SOON,
    *,
    due_on: date = date(2026, 6, 10),
    renewal: bool = True,
    new: bool = True,
    owners: tuple[str, ...] = (PARTNERSHIP,),
    grace_until: date | None = None,
) -> DigestLine:
    return DigestLine(what or asked(), status, due_on, renewal, new, owners, grace_until)


def letter(*lines: DigestLine, name: str = "Ann Reed", base_url: str = BASE) -> Draft:
    return digest(Letterhead(base_url), "digest:7:2026-06-03", "ann@agency.example", name, list(lines))


def unwrapped(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def test_it_says_what_by_when_why_where_and_how_long_in_both_parts() -> None:
    written = letter(line())
    for part in (unwrapped(written.text), unwrapped(read(written.html).text)):
        assert "Hello Ann Reed," in part
        assert "An introduction to Child Sexual Abuse" in part
        assert "Renew it by 10 June 2026" in part
        assert "A shared introduction helps everyone to respond in the same way." in part
        assert "about 2 hours" in part
        assert f"Asked of you by {PARTNERSHIP}" in part
    assert COURSE.address in written.text
    assert read(written.html).links[:2] == [f"{BASE}/me#expectation-CSA", COURSE.address]
    assert f"{BASE}/me" in written.text


def test_where_there_is_no_address_it_says_whom_to_ask() -> None:
    written = letter(line(asked(BOOKED)))
    for part in (written.text, read(written.html).text):
        assert "ask your agency’s training lead" in part
        assert "How long" not in part


def test_it_says_where_to_turn_if_the_subject_is_close_to_home() -> None:
    written = letter(line())
    for part in (unwrapped(written.text), unwrapped(read(written.html).text)):
        for place in ("your line manager", "your organisation’s staff support", "national services"):
            assert place in part
        assert not re.search(r"\d{5}|0\d{3}", part), "no telephone number is made up"


@pytest.mark.parametrize(
    ("status", "renewal", "words"),
    [
        (Status.OVERDUE, True, "Overdue: it needed renewing by 10 June 2026"),
        (Status.OVERDUE, False, "Overdue: it was due by 10 June 2026"),
        (Status.DUE_SOON, True, "Renew it by 10 June 2026"),
        (Status.NOT_YET_DUE, False, "Do it by 10 June 2026"),
        (Status.NOT_YET_DUE, True, "Renew it by 10 June 2026"),
    ],
)
def test_the_day_is_given_in_words_that_need_no_calendar(status: Status, renewal: bool, words: str) -> None:
    assert line(status=status, renewal=renewal).by_when == words


def test_what_is_in_grace_says_until_when() -> None:
    in_grace = line(status=Status.IN_GRACE, grace_until=date(2026, 6, 24))
    assert in_grace.by_when == "It needed renewing by 10 June 2026, and counts as overdue after 24 June 2026"
    assert subject_of([in_grace]) == "Your training: 1 thing to do"


@pytest.mark.parametrize(
    ("statuses", "subject"),
    [
        ([Status.DUE_SOON], "Your training: 1 thing to do"),
        ([Status.OVERDUE], "Your training: 1 thing overdue"),
        ([Status.OVERDUE, Status.NOT_YET_DUE], "Your training: 2 things to do, 1 overdue"),
        ([Status.OVERDUE, Status.OVERDUE], "Your training: 2 things overdue"),
        ([Status.NOT_YET_DUE] * 3, "Your training: 3 things to do"),
    ],
)
def test_the_subject_counts_and_carries_no_name(statuses: list[Status], subject: str) -> None:
    assert subject_of([line(status=status) for status in statuses]) == subject


@given(st.lists(st.sampled_from([Status.OVERDUE, Status.DUE_SOON, Status.NOT_YET_DUE]), min_size=1, max_size=40))
def test_the_subject_can_be_read_over_a_shoulder(statuses: list[Status]) -> None:
    subject = subject_of([line(status=status) for status in statuses])
    assert re.fullmatch(r"Your training: \d+ things? (overdue|to do(, \d+ overdue)?)", subject)


def test_what_made_us_write_is_told_apart_from_the_rest() -> None:
    written = letter(line(), line(asked(BOOKED, code="HSB"), new=False))
    for part in (written.text.casefold(), read(written.html).text.casefold()):
        assert part.index("why we write today") < part.index("an introduction") < part.index("also on your list")
        assert part.index("also on your list") < part.index("harmful sexual behaviour")
    assert "why we write today" not in letter(line()).text.casefold()


def test_where_nothing_is_new_no_heading_stands_over_nothing() -> None:
    written = letter(line(new=False), line(asked(BOOKED, code="HSB"), Status.OVERDUE, new=False))
    assert read(written.html).headings[1] == "What to do"
    for part in (written.text.casefold(), read(written.html).text.casefold()):
        assert BOOKED.title.casefold() in part
        assert "why we write today" not in part
        assert "also on your list" not in part


def test_a_rule_about_several_courses_is_said_in_full_with_each_place() -> None:
    several = asked(items=(COURSE, BOOKED), in_full="Complete at least 1 of: “this” or “that”, every 3 years.")
    written = letter(line(several))
    for part in (unwrapped(written.text), unwrapped(read(written.html).text)):
        assert "Complete at least 1 of: “this” or “that”, every 3 years." in part
        assert "ask your agency’s training lead about the others" in part
    assert COURSE.address in read(written.html).links


def test_different_owners_are_named_where_they_ask() -> None:
    written = letter(line(), line(asked(BOOKED, code="HSB"), owners=(COUNCIL, PARTNERSHIP)))
    assert unwrapped(written.text).count("Asked of you by") == 2
    assert f"{COUNCIL} and {PARTNERSHIP}" in unwrapped(read(written.html).text)


def test_a_long_list_tells_the_first_in_full_and_the_rest_in_a_line_each() -> None:
    lines = [line(asked(code=f"N{n}"), due_on=date(2026, 6, 10) + timedelta(days=n)) for n in range(12)]
    written = letter(*lines)
    for part in (unwrapped(written.text), unwrapped(read(written.html).text)):
        assert part.count("Renew it by") == 12
        assert part.count("A shared introduction") == 8


def test_names_and_titles_are_text_and_nothing_else() -> None:
    tricky = AskedItem("Boundaries <script>alert(1)</script> & trust", "", "")
    written = letter(line(asked(tricky)), name="Ann <b>Reed</b>")
    assert read(written.html).tags.isdisjoint({"script", "b", "img"})
    assert "Boundaries <script>alert(1)</script> & trust" in read(written.html).text
    assert "Ann <b>Reed</b>" in written.text


def test_the_html_is_whole_without_pictures_scripts_or_styles_from_elsewhere() -> None:
    written = letter(line(), line(asked(BOOKED, code="HSB"), Status.OVERDUE, new=False))
    page = read(written.html)
    assert page.lang == "en-GB"
    assert page.tags.isdisjoint({"img", "script", "link", "iframe", "form"})
    assert page.headings[0] == "Your training: 2 things to do, 1 overdue"
    assert all(attributes.get("role") == "presentation" and not headers for attributes, headers in page.tables)
    assert '<meta name="color-scheme" content="light dark">' in written.html
    assert "prefers-color-scheme: dark" in written.html
    assert len(written.html.encode()) < 100_000


def test_a_base_address_with_a_slash_at_its_end_makes_the_same_links() -> None:
    assert letter(line(), base_url=f"{BASE}/") == letter(line())


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        (None, ""),
        (0.5, "30 minutes"),
        (0.75, "45 minutes"),
        (1, "1 hour"),
        (1.5, "1 hour 30 minutes"),
        (2, "2 hours"),
        (12, "12 hours"),
        (1 / 60, "1 minute"),
    ],
)
def test_hours_are_said_as_people_say_them(hours: float | None, words: str) -> None:
    assert how_long(hours) == words


def test_a_site_is_shown_by_its_name() -> None:
    assert COURSE.site == "learn.agency.example"
    assert AskedItem("", "https://www.brook.example/x", "").site == "brook.example"
