"""What is said when somebody asks for an id that is not there."""

from __future__ import annotations

import pytest

from layers.errors import Text
from layers.ids import strangers

MANY = [f"B{number:02d}" for number in range(1, 13)]
SOME = "B01, B02, B03, B04, B05, B06, B07, B08, B09, B10"


@pytest.mark.parametrize(
    ("wanted", "known", "unknown", "said"),
    [
        (["B01"], MANY, [], Text("", "")),
        (
            ["park B1", "zz", "zz"],
            ["park B01", "q"],
            ["park B1", "zz"],
            Text("；相近的有：park B01", "; close ones: park B01"),
        ),
        (["zz"], ["B01", "B02"], ["zz"], Text("；现有：B01, B02", "; there are: B01, B02")),
        (["zz"], MANY, ["zz"], Text(f"；现有：{SOME} 等 12 个", f"; there are: {SOME} and 2 more")),
        (["zz"], [], ["zz"], Text("", "")),
    ],
)
def test_only_what_is_close_is_called_close(
    wanted: list[str], known: list[str], unknown: list[str], said: Text
) -> None:
    assert strangers(wanted, known) == (unknown, said)
