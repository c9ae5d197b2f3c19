"""Rows that somebody changed in a published table are counted when they are put back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from layers.catalogue import load_catalogue
from layers.workspace import Workspace
from tests.cli_hand import run
from tests.layers.database.database_hand import parks
from tests.layers.database.database_hand import put

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from layers.database.publishing import Published
    from tests.layers.database.database_hand import Base


def _put(base: Base, tables: dict[str, Any], version: int = 0, **choices: Any) -> Published:
    (done,) = put(base, tables, version, **choices).layers
    return done


def _by_hand(base: Base) -> None:
    """Change two rows, take one out and add one: four that were not published so."""
    base.run(
        "UPDATE atlas.parks SET name = 'x' WHERE park_id IN ('P00000', 'P00001')",
        "DELETE FROM atlas.parks WHERE park_id = 'P00002'",
        "INSERT INTO atlas.parks (park_id, name) VALUES ('P99999', 'y')",
    )


def test_nothing_is_put_back_where_nobody_changed_anything(base: Base) -> None:
    assert _put(base, {"parks": parks()}).put_back is None  # there was nothing before
    assert _put(base, {"parks": parks()}).put_back == 0


def test_the_same_version_again_puts_back_all(base: Base) -> None:
    _put(base, {"parks": parks()})
    _by_hand(base)
    done = _put(base, {"parks": parks()})
    assert (done.added, done.changed, done.removed) == (1, 2, 1)
    assert done.put_back == 4
    assert _put(base, {"parks": parks()}).put_back == 0


def test_a_later_version_counts_only_what_it_would_not_have_written(base: Base) -> None:
    first = parks()
    _put(base, {"parks": first})
    _by_hand(base)
    # The layer changed P00000 and P00004 itself, lost P00003, and has one more.
    later = parks(6, {0: "新0", 4: "新4"})
    later = later[later["park_id"] != "P00003"].reset_index(drop=True)
    done = _put(base, {"parks": later}, 1, earlier=lambda _key, _version: first)
    assert (done.added, done.changed, done.removed) == (2, 3, 2)
    assert done.put_back == 3  # P00001, P00002 and P99999


def test_what_cannot_be_told_is_not_told(base: Base) -> None:
    first, later = parks(), parks(5, {0: "新0"})
    _put(base, {"parks": first})
    _by_hand(base)
    assert _put(base, {"parks": later}, 1, earlier=lambda _key, _version: None).put_back is None
    _by_hand(base)
    other = {"earlier": lambda _key, _version: later, "wish_take_over": True}
    assert _put(base, {"parks": first}, 2, wish_workspace="w2", **other).put_back is None


def test_another_language_is_no_change_by_hand(base: Base) -> None:
    first, later = parks(), parks(5, {0: "新0"})
    _put(base, {"parks": first})
    done = _put(base, {"parks": later}, 1, lang="en", earlier=lambda _key, _version: first)
    assert done.put_back is None


def test_the_command_says_it(base: Base, tmp_path: Path) -> None:
    opened = Workspace.create(tmp_path / "w", load_catalogue(), author="我")
    opened.commit("parks", parks(), author="我", message="开始")
    command = ("--lang", "en", "publish", base.address(), "parks", "--workspace", opened.path)
    assert run(*command).exit_code == 0
    _by_hand(base)
    opened.commit("parks", parks(5, {0: "新0"}), author="我", message="改名")
    tried = run(*command, "--dry-run", "--json")
    assert json.loads(tried.stdout)["layers"][0]["put_back"] == 3
    done = run(*command)
    assert "3 rows of the table were not as last published" in done.stderr
    assert "not as last published" not in run(*command).stderr
