"""What goes wrong with the file store, in words: by code its meaning, and what to do then."""

CODES = {
    "store-away": (
        "The server's file store does not answer.",
        "Nothing was stored and no try is used. Try again in a minute.",
    ),
}
