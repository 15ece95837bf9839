"""Having a student's code looked at in the jail; nothing of it is run."""

import json
import logging
import os
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from app.storage import Store
from grader import limits, messages
from grader.airlock.protocol import JobLimits
from grader.airlock.runner import Airlock
from grader.errors import AirlockUnavailable, ChildDied, GraderFault, Refusal

JOB = "grader.sources.job"
LIMITS = JobLimits(limits.SCAN_CPU_SECONDS, limits.SCAN_WALL_SECONDS, limits.READ_MEMORY_BYTES, limits.MAX_HEAD_BYTES)
log = logging.getLogger(__name__)


class Told(BaseModel):
    """The form of a scan; what comes out of the jail is believed no further."""

    model_config = ConfigDict(extra="forbid", strict=True)

    files: list[tuple[str, int, str]]
    places: list[tuple[str, int, int, str, str, str]]
    cut: bool


def scan(store: Store, sha256: str, name: str) -> tuple[dict[str, Any] | None, str]:
    """What stored code names, or None and why it could not be looked at.

    A jail for this one file: it takes half a second, and only finalists hand in code.
    """
    descriptor = store.open(sha256)
    try:
        with Airlock(JOB) as jail:
            head = dict(jail.run({"file_name": name}, [descriptor], LIMITS).head)
        return Told.model_validate_json(json.dumps(head)).model_dump(mode="json"), ""
    except Refusal as refusal:
        return None, " ".join(messages.problem(finding).message for finding in refusal.findings)
    except AirlockUnavailable:
        return None, "This machine offers no jail to read it in."
    except (ChildDied, ValidationError) as error:
        return None, f"It could not be read ({type(error).__name__}); look at it by hand."
    except GraderFault:
        log.exception("finalists.scan_fault")
        return None, "It could not be read, by a fault of ours; see the log."
    finally:
        os.close(descriptor)
