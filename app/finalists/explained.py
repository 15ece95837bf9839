"""What goes wrong with finalists, in words: by code its meaning, and what to do then."""

CODES = {
    "no-finalists": (
        "In this competition nobody is asked for code.",
        "Its staff declare `course.finalists` where they do.",
    ),
    "not-a-finalist": ("Code is asked of those who lead the final board.", "Wait until it is shown."),
    "code-full": ("As much code was handed in as may be.", "Ask the staff which upload they look at."),
    "code-name": ("Code is a zip, a notebook or a script.", "Put everything into one zip."),
    "check-unknown": ("The definition has no such check.", "The answer names those that there are."),
}
