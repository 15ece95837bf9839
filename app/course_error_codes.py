"""What goes wrong with files, results and people, in words: by code its meaning, and what to do then."""

CODES = {
    "file-erased": ("The file was erased, for whoever handed it in to be forgotten.", "Its result stays as it is."),
    "erase-admin": ("Administrators are not erased.", "Make the person an ordinary one first."),
    "erase-confirm": ("The address was not the person's.", "Type it once more, exactly. Nothing was done."),
    "not-graded": ("The submission is still being graded.", "Ask again in a moment."),
    "grading-failed": ("The submission could not be graded, by a fault of ours.", "Have it graded again."),
    "student-unknown": (
        "The course has no student with this address.",
        "Add the student, or ask for the right address.",
    ),
    "waiting-full": ("Too many files of one entry wait.", "Wait until some of them have ended."),
    "queue-full": (
        "Too many files of everybody wait to be graded.",
        "Send it again in a minute; no try is used. A program waits as long as Retry-After says.",
    ),
    "hourly-full": ("Too many files of one entry came in within an hour.", "The answer says when the next one may."),
    "bytes-full": (
        "The files of one entry take as much room as they may.",
        "Tell the staff; the operator can allow more.",
    ),
    "uploads-at-once": ("Too many files of one person are on their way.", "Send them one after the other."),
    "streams-used": (
        "Too many pages are told at once what becomes of submissions.",
        "Nothing is lost: such a page asks by itself every few seconds.",
    ),
}
