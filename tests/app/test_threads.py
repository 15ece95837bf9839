"""Threads of their own: what is short is not kept waiting by what is long, and each kind has so many."""

import asyncio
import threading

from anyio import to_thread

from app.threads import ADMITTING, RECORDING, UPLOADING, Threads


def test_uploads_do_not_wait_for_pages_that_take_every_thread() -> None:
    async def crowded() -> list[int]:
        shown = threading.Event()
        pages = to_thread.current_default_thread_limiter().total_tokens
        async with asyncio.TaskGroup() as group:
            for _ in range(int(pages)):
                group.create_task(to_thread.run_sync(shown.wait, 30))
            await asyncio.sleep(0)
            try:
                return [await each.run(int, "7") for each in (ADMITTING, UPLOADING, RECORDING)]
            finally:
                shown.set()

    assert asyncio.run(crowded()) == [7, 7, 7]


def test_no_more_threads_of_a_kind_work_at_once_than_it_has() -> None:
    two, at_once, most, lock = Threads("two", 2), 0, 0, threading.Lock()

    def work(seconds: float) -> None:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        threading.Event().wait(seconds)
        with lock:
            at_once -= 1

    async def all_of_it() -> None:
        await asyncio.gather(*(two.run(work, seconds=0.02) for _ in range(6)))

    asyncio.run(all_of_it())
    assert most <= 2
