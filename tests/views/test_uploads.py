"""Uploaded files leave the memory as soon as they have been copied to the disk."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from streamlit.proto.Common_pb2 import FileURLs
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFile
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from views import uploads


@pytest.fixture
def manager(monkeypatch: pytest.MonkeyPatch) -> MemoryUploadedFileManager:
    """Return a manager with files of two sessions, the first of which runs."""
    manager = MemoryUploadedFileManager("/_stcore/upload_file")
    for session, name, size in (("one", "a", 3), ("one", "b", 4), ("two", "c", 5)):
        manager.add_file(session, UploadedFileRec(name, f"{name}.csv", "text/csv", b"x" * size))
    context = SimpleNamespace(session_id="one", uploaded_file_mgr=manager)
    monkeypatch.setattr(uploads, "get_script_run_ctx", lambda: context)
    instance = SimpleNamespace(uploaded_file_mgr=manager)
    monkeypatch.setattr("views.uploads.runtime.exists", lambda: True)
    monkeypatch.setattr("views.uploads.runtime.get_instance", lambda: instance)
    return manager


def test_what_was_copied_is_forgotten_and_nothing_else(
    manager: MemoryUploadedFileManager,
) -> None:
    assert uploads.held() == {"one": 7, "two": 5}
    (record,) = manager.get_files("one", ["a"])
    uploads.forget([UploadedFile(record, FileURLs())])
    assert uploads.held() == {"one": 4, "two": 5}


def test_outside_of_a_server_nothing_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("views.uploads.runtime.exists", lambda: False)
    assert uploads.held() == {}
