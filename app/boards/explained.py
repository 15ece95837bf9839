"""What goes wrong with boards, in words: by code its meaning, and what to do then."""

CODES = {
    "still-open": (
        "Boards are published when no files are taken any more.",
        "Wait for the close, or close the competition now.",
    ),
    "board-published": (
        "No files are taken again while boards are published.",
        "Take the publication back first, on their page.",
    ),
    "not-published": ("The boards were not published.", "There is nothing to take back."),
}
