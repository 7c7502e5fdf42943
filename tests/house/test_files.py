"""What can be seen by looking at the files."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MOST_LINES = 400
TAGS = re.compile(r"{%.*?%}|{{.*?}}|{#.*?#}|{%\s*comment.*?endcomment\s*%}", re.S)
TRANSLATED = re.compile(r"{%\s*blocktrans(?:late)?\b.*?{%\s*endblocktrans(?:late)?\s*%}", re.S)
ICON = r'<span class="material-symbols[^>]*>[^<]*</span>'
UNSEEN = re.compile(rf"<(script|style|svg)\b.*?</\1>|{ICON}|<!--.*?-->|<!DOCTYPE[^>]*>", re.S | re.I)
ATTRIBUTES = re.compile(r"\b(?:title|aria-label|placeholder|alt)=\"([^\"]*[A-Za-z]{2}[^\"]*)\"")
WORD = re.compile(r"[A-Za-z]{2,}")


def tracked(*endings: str) -> list[Path]:
    """Our files, whether committed yet or not."""
    asked = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    files = [ROOT / line for line in listed.splitlines()]
    return [path for path in files if path.suffix in endings and path.exists()]


def test_no_file_is_longer_than_400_lines() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in tracked(".py", ".html", ".js", ".css", ".sh")
        if "migrations" not in path.parts
        and (lines := len(path.read_text(encoding="utf-8").splitlines())) > MOST_LINES
    }
    assert long == {}


def test_every_requirement_is_pinned_and_says_what_it_is_for() -> None:
    lines = [
        line
        for name in ("requirements.txt", "requirements-dev.txt")
        for line in (ROOT / name).read_text(encoding="utf-8").splitlines()
        if line and not line.startswith(("#", "-r ", "-c "))
    ]
    assert [line for line in lines if not re.fullmatch(r"[\w.\[\]-]+==[\w.]+  # .+", line)] == []


def bare_words(text: str) -> list[str]:
    """The words of a template that no translator would see."""
    text = UNSEEN.sub("", TRANSLATED.sub("", text))
    attributes = [value for value in ATTRIBUTES.findall(TAGS.sub("", text)) if WORD.search(value)]
    visible = re.sub(r"<[^>]*>", " ", TAGS.sub("", text))
    return [*attributes, *(line.strip() for line in visible.splitlines() if WORD.search(line))]


def test_every_word_in_a_template_can_be_translated() -> None:
    found = {
        str(path.relative_to(ROOT)): words
        for path in tracked(".html")
        if "sandbox" not in path.parts and (words := bare_words(path.read_text(encoding="utf-8")))
    }
    assert found == {}


def test_the_scan_for_bare_words_finds_them() -> None:
    assert bare_words('<p title="Go on">Hello {{ name }}</p>{% translate "Bye" %}') == ["Go on", "Hello"]
    assert bare_words("{% blocktranslate %}Hello{% endblocktranslate %}") == []


def test_nothing_uses_pickle_or_signals_of_its_own() -> None:
    wrong = re.compile(r"^\s*(?:import|from) (?:pickle|django\.dispatch|django\.db\.models\.signals)\b", re.M)
    ours = [path for path in tracked(".py") if "tests" not in path.parts]
    assert [str(path) for path in ours if wrong.search(path.read_text(encoding="utf-8"))] == []
