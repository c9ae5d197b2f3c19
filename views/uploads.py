"""Files that were uploaded: Streamlit holds them in memory until their page is closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlit import runtime
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlit.runtime.uploaded_file_manager import UploadedFile


def forget(files: Sequence[UploadedFile]) -> None:
    """Free the memory of files of this session that have been copied to the disk."""
    context = get_script_run_ctx()
    if context is None:
        return
    manager = context.uploaded_file_mgr
    if isinstance(manager, MemoryUploadedFileManager):
        for one in files:
            manager.remove_file(context.session_id, one.file_id)


def held() -> dict[str, int]:
    """Return how much is held of each session, in bytes."""
    if not runtime.exists():
        return {}
    manager = runtime.get_instance().uploaded_file_mgr
    if not isinstance(manager, MemoryUploadedFileManager):
        return {}
    # Copies, because files come and go in other threads meanwhile.
    return {
        session: sum(len(file.data) for file in list(files.values()))
        for session, files in list(manager.file_storage.items())
    }
