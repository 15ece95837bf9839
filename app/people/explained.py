"""What a refused request about people, accounts and rosters means: codes of `app.error_codes`."""

from collections.abc import Mapping

CODES: Mapping[str, tuple[str, str]] = {
    "scope-missing": (
        "The API token may less than this needs: `read` looks, `submit` hands in too, `admin` does everything.",
        "Make a token with the scope that the answer names, on your account's page.",
    ),
    "member-exists": ("This person is in the course already.", "Change their role on their page."),
    "account-unproven": (
        "The account was made with a join code, and nobody has checked that its e-mail address is its person's: it gets "
        "no role of staff.",
        "Give the person a link to set a password on their page, in the course as a student; then give the role.",
    ),
    "sid-taken": ("Somebody else in the course has this SID.", "Look the person up by it."),
    "last-instructor": (
        "The course would have no instructor any more.",
        "Make somebody else an instructor first; or ask an administrator.",
    ),
    "own-rights": (
        "An administrator would take the administration from themselves.",
        "Another administrator can do it.",
    ),
    "not-yours-to-manage": (
        "Whoever has a link to a new password can sign in as that person: it is made by an administrator, or by the "
        "instructor of all the person's courses.",
        "Ask an administrator.",
    ),
    "account-disabled": ("The account is disabled.", "Let the person in again first."),
    "link-ended": (
        "A link to set a password works once, for some days, until a newer one is made.",
        "Ask your staff for another.",
    ),
    "join-code-unknown": (
        "The join code is not known, was replaced, is too old, or as many as may have joined with it.",
        "Ask your instructor for the one of now.",
    ),
    "text-too-long": ("A text is too long.", "The answer says how many characters it may have."),
    "roster-encoding": ("The file is no text in UTF-8.", "Save it as `CSV UTF-8` in your spreadsheet."),
    "roster-form": (
        "The file is empty, too long, or no CSV.",
        "It needs a line of headers and a line for each person.",
    ),
    "roster-mapping": (
        "The columns of the roster do not tell who is who.",
        "Choose the column of the e-mail address, of the SID or of the login; each column for one thing.",
    ),
    "roster-changed": (
        "What was confirmed is not what would happen now: the course or the columns have changed.",
        "Look at the roster again, then confirm.",
    ),
    "roster-applied": ("The roster was applied already.", "Upload it again to see what is new."),
    "provider-away": (
        "The provider that you sign in with does not answer.",
        "Try again later, or sign in with your password.",
    ),
    "provider-not-believed": (
        "What the provider sent does not prove who you are, or is too old.",
        "Begin again on the sign-in page, in one browser, with cookies allowed.",
    ),
    "email-unverified": (
        "The provider does not say that your e-mail address is yours.",
        "Verify it there, or sign in with your password.",
    ),
    "no-account": (
        "There is no account with the e-mail address that the provider knows you by.",
        "Ask the staff of your course to add you by it.",
    ),
    "identity-taken": (
        "The account with your e-mail address belongs to somebody else at the provider.",
        "Ask the staff of your course.",
    ),
    "identity-not-found": ("Your account is not connected like that.", "Open your account's page again."),
    "last-way-in": (
        "You could not sign in any more.",
        "Ask the staff of your course for a link to set a password first.",
    ),
}
