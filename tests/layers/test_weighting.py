from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pytest

from layers.catalogue import load_catalogue
from layers.errors import UsageError
from layers.evaluation import evaluate
from layers.underuse import RankChoice
from layers.weighting import entropy_advice
from layers.weighting import judged_weights
from layers.weighting import read_judgements
from layers.weighting import weights_by_group
from tests.evaluation_hand import card
from tests.evaluation_hand import criterion
from tests.evaluation_hand import park
from tests.evaluation_hand import record
from tests.evaluation_hand import tables

if TYPE_CHECKING:
    from pathlib import Path

CARD = card(
    criterion("a", 30, "x"),
    criterion("b", 10, "x"),
    criterion("c", 40, "y"),
    criterion("d", 20, "z"),
)
# Saaty's example: weights .636986, .258285, .104729, CR .033199.
SAATY = "项,x,y,z\nx,1,3,5\ny,1/3,1,3\nz,1/5,1/3,1\n"
WEIGHTS = (0.636986, 0.258285, 0.104729)


def written(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "ahp.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_criteria_keep_their_proportions_within_a_heading() -> None:
    found = weights_by_group(CARD, {"x": 0.5, "y": 0.2, "z": 0.3})
    assert found == pytest.approx({"a": 0.375, "b": 0.125, "c": 0.2, "d": 0.3})
    with pytest.raises(ValueError, match="`shares`"):
        weights_by_group(CARD, {"x": 1})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_judgements_about_headings_give_weights_of_criteria(tmp_path: Path, encoding: str) -> None:
    named = SAATY.replace("x", "大类x").replace("y", "大类y")
    judged = read_judgements(written(tmp_path, named, encoding), CARD)
    first, second, third = WEIGHTS
    assert judged.weights == pytest.approx(
        {"a": 0.75 * first, "b": 0.25 * first, "c": second, "d": third}, abs=1e-6
    )
    assert judged.ahp.cr == pytest.approx(0.033199, abs=1e-5)


def test_one_cell_of_a_pair_is_enough(tmp_path: Path) -> None:
    upper = ",x,y,z\nx,,3,5\ny,,,3\nz,,,\n"
    one, other = (read_judgements(written(tmp_path, t), CARD) for t in (SAATY, upper))
    assert one.weights == pytest.approx(other.weights)


def test_judgements_within_a_heading_keep_its_weight(tmp_path: Path) -> None:
    judged = read_judgements(written(tmp_path, ",a,b\na,1,4\nb,,1\n"), CARD)
    assert judged.weights == pytest.approx({"a": 32, "b": 8})


def test_judgements_about_all_criteria_are_their_weights() -> None:
    ratios = np.array([4.0, 3.0, 2.0, 1.0])
    judged = judged_weights(CARD, ["d", "c", "b", "a"], ratios[:, None] / ratios)
    assert judged.weights == pytest.approx({"d": 0.4, "c": 0.3, "b": 0.2, "a": 0.1})


def test_judgements_that_contradict_each_other_are_refused_with_the_ratio(tmp_path: Path) -> None:
    circle = ",x,y,z\nx,1,3,1/3\ny,1/3,1,3\nz,3,1/3,1\n"
    with pytest.raises(UsageError, match=r"CR = \d\.\d{3}.*0\.10") as refused:
        read_judgements(written(tmp_path, circle), CARD)
    matrix = np.array([[1, 3, 1 / 3], [1 / 3, 1, 3], [3, 1 / 3, 1]])
    largest = np.linalg.eigvals(matrix).real.max()
    assert f"{(largest - 3) / 2 / 0.58:.3f}" in refused.value.text.en


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "首行与首列"),
        (",x,y\nx,1,2\n", "首行与首列"),
        (",x,x\nx,1,2\nx,,1\n", "首行与首列"),
        (",x,y,z\nx,1,2\ny,,1\nz,,\n", "格数"),
        (",x,y,z\nx,1,,2\ny,,1,3\nz,,,1\n", "至少填一格"),
        (",x,y,z\nx,1,much,2\ny,,1,3\nz,,,1\n", "much"),
        (",x,y,z\nx,1,1/0,2\ny,,1,3\nz,,,1\n", "1/0"),
        (",x,y,z\nx,1,2,2\ny,2,1,3\nz,,,1\n", "倒数"),
        (",x,y,z\nx,1,-2,2\ny,,1,3\nz,,,1\n", "倒数"),
        (",x,y,z\nx,1,0,2\ny,,1,3\nz,,,1\n", "倒数"),
        (",x,y,q\nx,1,2,2\ny,,1,1\nq,,,1\n", "全部大类"),
        (",x,y\nx,1,2\ny,,1\n", "全部大类"),
    ],
)
def test_a_matrix_that_is_none_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        read_judgements(written(tmp_path, text), CARD)


def test_a_file_that_is_not_there_or_too_large_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="无法读取"):
        read_judgements(tmp_path / "none.csv", CARD)
    with pytest.raises(UsageError, match="字节"):
        read_judgements(written(tmp_path, "x" * 200_000), CARD)


def test_entropy_weights_are_advice_on_those_of_whom_all_is_known() -> None:
    numbers = {"P1": (10, 50), "P2": (20, 50), "P3": (70, 50), "P4": (90, None)}
    records = [
        record(subject, key, value, sample=True)
        for subject, values in numbers.items()
        for key, value in zip("ab", values, strict=True)
        if value is not None
    ]
    by = card(criterion("a", 25), criterion("b", 75))
    found = evaluate(
        tables([park(key) for key in numbers], records),
        load_catalogue(),
        by,
        2025,
        choice=RankChoice(draws=10),
    )
    advice: Any = entropy_advice(found).set_index("criterion")
    assert advice["entropy_weight"].to_dict() == pytest.approx({"a": 1, "b": 0})
    assert advice["weight"].to_dict() == pytest.approx({"a": 0.25, "b": 0.75})
    assert advice["subjects"].eq(3).all()
    assert advice["sample"].all()
    assert found.card is by
