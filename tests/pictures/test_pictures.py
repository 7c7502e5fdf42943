"""Every page that the script knows has its picture in the documentation."""

import pytest

from tests.pictures.__main__ import PATHS, PICTURES


@pytest.mark.parametrize("name", PATHS)
def test_a_picture_is_there_and_shown(name: str) -> None:
    assert (PICTURES / f"{name}.png").stat().st_size > 10_000
    assert f"(pictures/{name}.png)" in (PICTURES.parent / "pictures.md").read_text()
