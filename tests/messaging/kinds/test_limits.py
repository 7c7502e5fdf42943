"""Each limit of each kind, from both sides, with the message at its field; and text that means mischief."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.http import QueryDict

from messaging import kinds
from messaging.kinds.parts.fields import LONG, SHORT, YEAR

from . import samples

pytestmark = pytest.mark.django_db
TOO_LONG = "This has {:,} characters; at most {:,} are allowed. Shorten it."
EMPTY = "Write something here: it cannot be empty."
HOURS = f"Give a whole number from 1 to {YEAR:,}."
TEXTS = {
    "announcement": {"headline": SHORT, "message": LONG},
    "poll": {"question": SHORT},
    "survey": {"headline": SHORT, "description": LONG},
    "job": {"headline": LONG},
    "lets_meet": {"headline": SHORT, "place_name": SHORT, "agenda": LONG},
    "image": {"caption": LONG},
    "album": {"caption": LONG},
    "audio": {"caption": LONG},
    "document": {"caption": LONG},
    "video": {"caption": LONG},
    "custom_action": {"headline": SHORT, "package_id": 200},
}
OPTIONAL = {"description", "place_name", "agenda", "caption"}
COUNTS = {
    "poll": {"expires_in_hours": YEAR},
    "survey": {"due_in_hours": YEAR},
    "job": {"due_in_hours": YEAR},
    "lets_meet": {"minutes": 14 * 24 * 60},
    "custom_action": {"validity": YEAR},
}
MISCHIEF = [
    "<script>alert('x')</script><b>bold</b> {{ name }} {% now %}",
    "مرحبا بالعالم \u202eevil\u202c",
    "quotes \" and ' & ampersands",
]


def errors(kind: str, content: dict[str, Any]) -> dict[str, list[str]]:
    form = kinds.get(kind).form(content)
    return {name: [str(one) for one in said] for name, said in form.errors.items()}


@pytest.fixture
def contents(library: dict[str, int]) -> dict[str, dict[str, Any]]:
    return samples.every(library)


def test_every_text_is_taken_at_its_limit_and_refused_one_above(contents: dict[str, dict[str, Any]]) -> None:
    for kind, fields in TEXTS.items():
        for name, most in fields.items():
            fits, over = "é" * most, "é" * (most + 1)
            assert (kind, name, errors(kind, {**contents[kind], name: fits})) == (kind, name, {})
            assert errors(kind, {**contents[kind], name: over}) == {name: [TOO_LONG.format(most + 1, most)]}


def test_every_text_that_is_needed_is_asked_for(contents: dict[str, dict[str, Any]]) -> None:
    for kind, fields in TEXTS.items():
        for name in fields:
            said = errors(kind, {**contents[kind], name: " \r\n "})
            if name in OPTIONAL or (kind, name) == ("custom_action", "headline"):
                assert (kind, name, said) == (kind, name, {})
            elif name == "package_id":
                assert said == {name: ["Give the ID of the action package."]}
            else:
                assert said == {name: [EMPTY]}


def test_every_number_is_taken_from_1_to_its_limit(contents: dict[str, dict[str, Any]]) -> None:
    for kind, fields in COUNTS.items():
        for name, most in fields.items():
            for good in (1, most, str(most)):
                assert errors(kind, {**contents[kind], name: good}) == {}
            for bad in (0, most + 1, -1, "", "x", "1.5"):
                said = errors(kind, {**contents[kind], name: bad})
                assert said == {name: [f"Give a whole number from 1 to {most:,}."]}


@pytest.mark.parametrize("text", MISCHIEF)
def test_markup_and_right_to_left_text_are_kept_as_they_are(
    contents: dict[str, dict[str, Any]], text: str
) -> None:
    for kind, fields in TEXTS.items():
        for name in fields.keys() - {"package_id"}:
            form = kinds.get(kind).form({**contents[kind], name: text})
            assert (form.errors, form.cleaned_data[name]) == ({}, text)


def test_a_broken_character_is_refused_in_every_text(contents: dict[str, dict[str, Any]]) -> None:
    for kind, fields in TEXTS.items():
        for name in fields:
            for broken in ("a\ud800b", "a\0b"):
                said = errors(kind, {**contents[kind], name: broken})
                assert said == {name: ["This holds a broken character. Write it again."]}


def question(**more: Any) -> dict[str, Any]:
    return {"title": "Which?", "type": "SingleOption", "options": ["A"], "hidden": False, **more}


@pytest.mark.parametrize(
    ("questions", "said"),
    [
        ([], ["Ask at least one question."]),
        ([question(title="")], ["Question 1: Write the question."]),
        (
            [question(), question(title="é" * (SHORT + 1))],
            ["Question 2: " + TOO_LONG.format(SHORT + 1, SHORT)],
        ),
        ([question(type="Essay")], ["Question 1: Choose what kind of answer it wants."]),
        ([question(options=[])], ["Question 1: Add at least one option to choose from."]),
        ([question(options=["A", " "])], ["Question 1: Write this option."]),
        ([question(options=["A", "A"])], ["Question 1: This option stands there twice."]),
        ([question(options=["A"] * 101)], None),
        ([question(hidden=True)], ["Every question is hidden. Show at least one."]),
        ([question()] * 101, ["There are 101; at most 100 are allowed. Take some out."]),
        ("[[", ["This form is not complete. Open the page again."]),
        ('{"a": 1}', ["This form is not complete. Open the page again."]),
        ("[" * 100_000, ["This form is not complete. Open the page again."]),
    ],
)
def test_what_is_wrong_with_a_question_is_said_at_the_question(
    contents: dict[str, dict[str, Any]], questions: Any, said: list[str] | None
) -> None:
    found = errors("survey", {**contents["survey"], "questions": questions})
    if said is None:
        assert "Question 1: At most 100 options are allowed." in " ".join(found["questions"])
    else:
        assert found == {"questions": said}


def test_a_hundred_questions_with_a_hundred_options_are_taken(contents: dict[str, dict[str, Any]]) -> None:
    options = [f"{at} " + "é" * (SHORT - 4) for at in range(100)]
    questions = [question(title="é" * SHORT, options=options)] * 100
    assert errors("survey", {**contents["survey"], "questions": questions}) == {}


def test_the_builder_gets_back_what_it_sent_with_the_places_of_what_is_wrong(
    contents: dict[str, dict[str, Any]],
) -> None:
    written = [question(), question(title="", options=["A", ""])]
    data = QueryDict(mutable=True)
    data.update({"headline": "S", "questions": json.dumps(written), "due_in_hours": "24"})
    form: Any = kinds.get("survey").form(data)
    assert not form.is_valid()
    assert json.loads(form["questions"].value()) == written
    assert form.fields["questions"].problems == [
        (1, "title", "Write the question."),
        (1, "options.1", "Write this option."),
    ]


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        ([], ["Add at least two choices."]),
        ([{"title": "A"}], ["Add at least two choices."]),
        ([{"title": "A"}, {"title": ""}], ["Choice 2: Write this choice."]),
        ([{"title": "A"}, {"title": "A"}], ["Choice 2: This choice stands there twice."]),
        (
            [{"title": "A"}, {"title": "B", "picture": 999}],
            ["Choice 2: This file is not in the media library any more. Choose another."],
        ),
        (
            [{"title": f"{at}"} for at in range(101)],
            ["There are 101; at most 100 are allowed. Take some out."],
        ),
    ],
)
def test_what_is_wrong_with_a_choice_is_said_at_the_choice(
    contents: dict[str, dict[str, Any]], choices: Any, said: list[str]
) -> None:
    assert errors("poll", {**contents["poll"], "choices": choices}) == {"choices": said}


def test_two_and_a_hundred_choices_are_taken(contents: dict[str, dict[str, Any]]) -> None:
    for count in (2, 100):
        choices = [{"title": f"{at}"} for at in range(count)]
        assert errors("poll", {**contents["poll"], "choices": choices}) == {}


def test_a_choices_picture_must_be_a_picture(
    contents: dict[str, dict[str, Any]], library: dict[str, int]
) -> None:
    choices = [{"title": "A"}, {"title": "B", "picture": library["document"]}]
    said = ["Choice 2: Choose a picture (JPG or PNG) here."]
    assert errors("poll", {**contents["poll"], "choices": choices}) == {"choices": said}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"name": ""}, "Name this property."),
        ({"type": "Colour"}, "Choose a type."),
        ({"type": "Numeric", "value": "many"}, "Give a number, like 12.5."),
        ({"type": "Numeric", "value": "nan"}, "Give a number, like 12.5."),
        ({"type": "DateTime", "value": "tomorrow"}, "Give a date and time, like 2026-12-24T18:30."),
        (
            {"type": "Location", "value": "91, 0"},
            "Give latitude, longitude and a name, like 12.97, 77.59, Bengaluru.",
        ),
        ({"type": "Attachment", "value": []}, "Choose a file."),
        ({"type": "Attachment", "value": [1, 2]}, "Only one file can be here."),
        (
            {"type": "AttachmentList", "value": [999]},
            "This file is not in the media library any more. Choose another.",
        ),
    ],
)
def test_what_is_wrong_with_a_property_is_said_at_the_property(
    contents: dict[str, dict[str, Any]], given: dict[str, Any], said: str
) -> None:
    row = {"name": "crop", "type": "Text", "value": "Maize", **given}
    found = errors("custom_action", {**contents["custom_action"], "properties": [row]})
    assert found == {"properties": [f"Property 1: {said}"]}


def test_an_action_package_id_has_no_spaces(contents: dict[str, dict[str, Any]]) -> None:
    said = errors("custom_action", {**contents["custom_action"], "package_id": "com example"})
    assert said == {"package_id": ["An action package ID has no spaces in it."]}


FILES = {"image": "a picture (JPG or PNG)", "audio": "a sound (MP3 or WAV)", "video": "a film (MP4 or 3GP)"}
FILES["document"] = "a document (PDF, Word, Excel or PowerPoint)"


def test_each_media_kind_takes_its_own_files_alone(
    contents: dict[str, dict[str, Any]], library: dict[str, int]
) -> None:
    for kind, words in FILES.items():
        for other in FILES:
            said = errors(kind, {**contents[kind], "media_files": [library[other]]})
            wanted = {} if other == kind else {"media_files": [f"Choose {words} here."]}
            assert (kind, other, said) == (kind, other, wanted)
        assert errors(kind, {**contents[kind], "media_files": []}) == {
            "media_files": [f"Choose {words} here."]
        }
        gone = errors(kind, {**contents[kind], "media_files": [999]})
        assert gone == {"media_files": ["This file is not in the media library any more. Choose another."]}
        two = errors(kind, {**contents[kind], "media_files": [library["image"], library["second"]]})
        assert two == {"media_files": ["At most 1 files can be here. Take some out."]}


def test_an_album_has_two_to_thirty_pictures(library: dict[str, int]) -> None:
    from messaging.media.models import MediaFile

    same = {"kind": "image", "content_type": "image/png", "size": 1, "name": "a.png"}
    many = [MediaFile.objects.create(sha256=f"{at:064}", **same).pk for at in range(31)]
    assert errors("album", {"media_files": many[:1]}) == {
        "media_files": ["An album has at least two pictures. Add another."]
    }
    assert errors("album", {"media_files": many[:2]}) == errors("album", {"media_files": many[:30]}) == {}
    assert errors("album", {"media_files": many}) == {
        "media_files": ["At most 30 files can be here. Take some out."]
    }


def test_an_albums_pictures_have_100_mb_together_at_most(library: dict[str, int]) -> None:
    from messaging.media.models import MediaFile

    same = {"kind": "image", "content_type": "image/png", "name": "a.png", "size": 25 * 1024 * 1024}
    four = [MediaFile.objects.create(sha256=f"{at:064}", **same).pk for at in range(4)]
    assert errors("album", {"media_files": four}) == {}
    assert errors("album", {"media_files": [*four, library["image"]]}) == {
        "media_files": ["The pictures have 100.0 MB together; at most 100 MB are allowed."]
    }


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"starts_at": "soon"}, {"starts_at": ["Give a date and a time."]}),
        ({"starts_at": ""}, {"starts_at": ["Give a date and a time."]}),
        (
            {"starts_at": "2020-01-01T10:00"},
            {"starts_at": ["This time is over already. Choose a later one."]},
        ),
        (
            {"starts_at": "2031-03-30T02:30", "zone": "Europe/Berlin"},
            {"starts_at": ["The clocks skip this time in Europe/Berlin that day. Choose another."]},
        ),
        (
            {"zone": "Mars/Base"},
            {"zone": ["Select a valid choice. Mars/Base is not one of the available choices."]},
        ),
        ({"latitude": 90.01}, {"latitude": ["Give degrees from -90 to 90, like 12.97."]}),
        ({"longitude": -180.01}, {"longitude": ["Give degrees from -180 to 180, like 12.97."]}),
        ({"longitude": None}, {"longitude": ["Give both coordinates, or none."]}),
        (
            {"latitude": None, "longitude": None},
            {"latitude": ["Kaizala shows a place on a map: give its coordinates too."]},
        ),
        ({"latitude": 90, "longitude": -180}, {}),
        ({"starts_at": "2031-10-26T02:30", "zone": "Europe/Berlin"}, {}),
        ({"latitude": None, "longitude": None, "place_name": ""}, {}),
    ],
)
def test_what_is_wrong_with_a_meeting_is_said_at_its_field(
    contents: dict[str, dict[str, Any]], given: dict[str, Any], said: dict[str, list[str]]
) -> None:
    assert errors("lets_meet", {**contents["lets_meet"], **given}) == said


def test_numbers_of_a_job_are_read_in_any_spelling_with_the_tenants_country() -> None:
    form: Any = kinds.get("job").form(
        {"headline": "Count", "assignees": "098000 00001\n+91-98000-00001, +919800000002", "due_in_hours": 1}
    )
    form.region = "IN"
    assert form.is_valid()
    assert form.cleaned_data["assignees"] == samples.NUMBERS


def test_a_wrong_number_of_a_job_is_named_with_its_line() -> None:
    said = errors("job", {"headline": "Count", "assignees": "+919800000001\n+91 12", "due_in_hours": 1})
    assert said == {"assignees": ["Line 2, “+91 12”: The number has too few digits."]}
    nobody = errors("job", {"headline": "Count", "assignees": " \n", "due_in_hours": 1})
    assert nobody == {"assignees": ["Name at least one person by phone number."]}


def test_a_thousand_people_can_have_a_job_and_one_more_cannot() -> None:
    numbers = [f"+9198{at:08d}" for at in range(1, 1002)]
    assert errors("job", {"headline": "Count", "assignees": numbers[:1000], "due_in_hours": 1}) == {}
    assert errors("job", {"headline": "Count", "assignees": numbers, "due_in_hours": 1}) == {
        "assignees": ["There are 1,001 people; at most 1,000 are allowed. Take some out."]
    }
