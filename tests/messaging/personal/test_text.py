"""Placeholders: every text either renders or is refused, with words that name the place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging import kinds
from messaging.personal import content, text
from messaging.personal.values import column_keys, first_name

TEXTS = st.text(alphabet=st.sampled_from("ab {}|é א\n"), max_size=40) | st.text(max_size=60)


@given(TEXTS, st.dictionaries(st.sampled_from(["a", "b", "a_b", "é"]), st.text(max_size=5)))
def test_any_text_renders_or_is_refused_before(said: str, values: dict[str, str]) -> None:
    form = kinds.get("text").form({"message": said})
    try:
        parts = text.parse(said)
    except text.BadText as error:
        refused = error.at
    else:
        refused = 0
    if refused:
        assert refused <= len(said)
        assert not form.is_valid()
        return
    lacking = [one.name for one in text.fields(parts) if one.fallback is None and not values.get(one.key)]
    if lacking:
        with pytest.raises(text.Lacking) as raised:
            text.render(parts, values)
        assert raised.value.name == lacking[0]
    else:
        assert isinstance(text.render(parts, values), str)


@given(st.text(max_size=60))
def test_any_words_can_be_written_with_doubled_braces(words: str) -> None:
    assert text.render(text.parse(text.written(words)), {}) == words


def test_a_value_a_fallback_and_braces() -> None:
    parts = text.parse("Dear {First Name|friend}, {{{number}}} {x|}")
    assert text.render(parts, {"first_name": "Asha", "number": "7"}) == "Dear Asha, {7} "
    assert text.render(parts, {"first_name": "", "number": "7"}) == "Dear friend, {7} "


@pytest.mark.parametrize(
    ("said", "at", "words"),
    [
        ("Hi {name", 4, "not closed"),
        ("Hi {a {b}}", 4, "not closed"),
        ("Hi {name|x", 4, "not closed"),
        ("Hi } there", 4, "closes nothing"),
        ("{}", 1, "no name"),
        ("{ | x}", 1, "no name"),
        ("{" + "n" * 101 + "}", 1, "too long"),
    ],
)
def test_a_wrong_brace_is_named_with_its_place(said: str, at: int, words: str) -> None:
    with pytest.raises(text.BadText, match=words) as raised:
        text.parse(said)
    assert raised.value.at == at


def test_headings_in_any_script_are_compared_without_case_and_spaces() -> None:
    assert column_keys(["First  Name", "first_name", "नाम", "", "{Due|date}"]) == [
        "first_name", "", "नाम", "", "duedate",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "first"),
    [("Asha Rao", "Asha"), ("Dr. Asha", "Asha"), ("+91 98", ""), ("", ""), ("נועה ל", "נועה")],
)
def test_a_first_name_is_the_first_word_that_is_no_title(name: str, first: str) -> None:
    assert first_name(name) == first


def test_every_text_of_a_survey_is_filled_and_what_is_the_same_for_all_is_not_kept() -> None:
    kind = kinds.get("survey")
    said = {
        "headline": "For {name}",
        "description": "Same",
        "questions": [{"title": "{name}?", "type": "SingleOption", "options": ["{x|Yes}", "No {{}}"]}],
    }
    assert content.own(kind, said, {"name": "Asha"}) == {
        "headline": "For Asha",
        "questions": [{"title": "Asha?", "type": "SingleOption", "options": ["Yes", "No {}"]}],
    }
    assert content.shown(kind, {"headline": "{x} {name} {"}, {"name": "A"})["headline"] == "{x} {name} {"
    assert content.plain(kind, {"headline": "a {{b}}"})["headline"] == "a {b}"
