"""Anonymous files."""

import mmap
import os

import pytest

from grader.memory_files import beginning_of, content_of, memory_file


def test_what_was_put_in_can_be_read_as_often_as_one_likes() -> None:
    with memory_file(b"content") as file:
        assert [content_of(file), beginning_of(file, 4), content_of(file)] == [b"content", b"cont", b"content"]


def test_nobody_can_change_it() -> None:
    with memory_file(b"content") as file:
        with pytest.raises(PermissionError):
            os.pwrite(file, b"C", 0)
        with pytest.raises(PermissionError):
            os.ftruncate(file, 0)
        with pytest.raises(PermissionError):
            mmap.mmap(file, 7, access=mmap.ACCESS_WRITE)
