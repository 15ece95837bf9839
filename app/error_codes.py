"""Every code that a refused request can have, in words: the help page shows them, and an error's `type` leads there."""

from typing import NamedTuple

from app import course_error_codes as courses
from app.boards import explained as boards
from app.finalists import explained as finalists
from app.gradebooks import explained as gradebooks
from app.people import explained as people
from app.storage import explained as storage
from app.teams import explained as teams


class Explained(NamedTuple):
    """What a code means, and what to do then."""

    meaning: str
    advice: str


CODES = {
    "not-signed-in": Explained(
        "Nobody is signed in, or the token is not known.", "Sign in, or make a new token on your account's page."
    ),
    "session-needed": Explained(
        "A token may not do this.", "Sign in with your password and do it on your account's page."
    ),
    "cross-site": Explained("The request came from another site.", "Open the page on this server and try again there."),
    "forbidden": Explained(
        "This is for others: the staff of the course, its instructors, administrators.", "Ask them."
    ),
    "board-hidden": Explained(
        "The staff keep the scores of this competition to themselves.", "Wait until they show them."
    ),
    "column-unknown": Explained(
        "A plot was asked for with a column that there is not.", "The answer names the columns that there are."
    ),
    "not-found": Explained(
        "There is no such thing, or it is not yours to see.",
        "Check the address; ask your instructor whether you are in the course.",
    ),
    "not-a-member": Explained("You are not in this course.", "Ask its instructor to add you."),
    "session-not-found": Explained(
        "You have no such session.", "Open your account's page again: it lists those that there are."
    ),
    "token-not-found": Explained(
        "You have no such API token.", "Open your account's page again: it lists those that there are."
    ),
    "method-not-allowed": Explained(
        "The address exists, but not for this method.", "The header Allow names those that it takes."
    ),
    "request-form": Explained(
        "A value is missing or has another form than it needs.", "The answer lists each one and what was found."
    ),
    "request-refused": Explained("The server could not take the request as it was.", "The answer says why."),
    "too-large": Explained(
        "The request has more bytes than this address takes.", "The answer says how many it may have."
    ),
    "multipart-form": Explained(
        "The body is not the form that its content type names.", "Send it with curl -F file=@FILE."
    ),
    "no-competition": Explained(
        "The upload names no competition.",
        "Add ?competition=SLUG to the address, or a field `competition` before the file.",
    ),
    "no-file": Explained("The form held no file.", "Choose a file first; with curl: -F file=@FILE."),
    "several-files": Explained("The form held more than one file.", "Send one file a submission."),
    "upload-cut-short": Explained(
        "The connection ended before the file was complete.", "Nothing was stored. Send the file again."
    ),
    "upload-too-slow": Explained(
        "The file took too long to arrive.", "Nothing was stored. Send it again, over a faster connection."
    ),
    "disk-full": Explained(
        "The server has no room for uploads.",
        "Nothing was stored and no try is used. Tell your instructor, and try again later.",
    ),
    "not-open-yet": Explained(
        "The phase has not begun.", "The competition's page says when it opens, in the course's time zone."
    ),
    "closed": Explained(
        "The phase is over.",
        "What counts is when your request reached the server, not how long the upload or the queue took.",
    ),
    "quota-used": Explained(
        "Today's submissions are used.",
        "Rejected files and our own faults are not counted. The answer says when the next day begins.",
    ),
    "total-used": Explained(
        "All submissions that the competition allows are used.",
        "Rejected files and our own faults are not counted. Ask the staff if you need another.",
    ),
    "refused-used": Explained(
        "Too many files of today were refused.",
        "Check the file at home first. The answer says when the next day begins; your submissions are not used up.",
    ),
    "board-private": Explained(
        "The private board is shown when nobody can hand in any more.", "The competition's page says when that is."
    ),
    "choice-full": Explained(
        "As many submissions are chosen as may be.", "Take one of them back first; the answer names them."
    ),
    "choice-closed": Explained(
        "The competition is over, and with it the time to choose.", "What was chosen by then counts."
    ),
    "no-choice": Explained("In this competition nothing is chosen.", "Its page says which submission counts."),
    "no-points": Explained(
        "The competition's definition has no points.", "Its staff declare them under `course.points`."
    ),
    "points-hidden": Explained(
        "The points are not shown, or not yet.", "They are shown with the final board, where the staff want it."
    ),
    "number-form": Explained(
        "A number is neither a decimal one nor a fraction, or not in its range.", "The answer says what it may be."
    ),
    "part-unknown": Explained("The grade has no such part by hand.", "The answer names those that there are."),
    "moment-form": Explained(
        "A moment is not a local day and time.", "Write it as 2026-12-18 23:59, in the course's time zone."
    ),
    "reason-missing": Explained("What is decided about somebody needs a reason.", "Say it in a sentence."),
    "idempotency-key-reused": Explained(
        "The Idempotency-Key came before with another file.", "Use a new key for each file."
    ),
    "not-scored": Explained(
        "A submission without a score can be neither the dense reference nor chosen.", "Choose one that was scored."
    ),
    "grading-under-way": Explained("The submission is being graded at this moment.", "Wait until it has ended."),
    "announcement-empty": Explained("The announcement has no text.", "Write it first."),
    "name-taken": Explained("The name stands on the board already.", "Choose another one."),
    "baseline-of-numbers": Explained("A baseline of numbers takes no file.", "Enter another one without numbers."),
    "nothing-chosen": Explained(
        "The form names no submission and no entrant.", "Tick at least one, then press the button again."
    ),
    "not-disqualified": Explained(
        "Nothing that was named is disqualified itself.", "Where the whole entrant is, reinstate the entrant."
    ),
    "note-empty": Explained("The note has no text.", "Write it first."),
    "rejudge-open": Explained(
        "Another rejudge of the competition is not decided about yet.", "Make it live or drop it first."
    ),
    "rejudge-unfinished": Explained(
        "A rejudge has gradings that have not ended.", "Wait for them; the rejudge's page shows how many are left."
    ),
    "rejudge-ended": Explained("The rejudge was made live or dropped already.", "Begin another one."),
    "nothing-to-rejudge": Explained(
        "None of the submissions was graded yet, or each is on its way under the same rules.", "Choose others, or wait."
    ),
    "nothing-failed": Explained("Nothing of the rejudge ended by a fault of ours.", "There is nothing to try again."),
    "rules-changed": Explained(
        "The rules changed after the rejudge had begun.", "Drop it and begin another one under the present rules."
    ),
    "too-many-sign-ins": Explained(
        "Too many sign-ins failed.",
        "Wait for a quarter of an hour, then try again; or ask the staff for a new password.",
    ),
    "password-wrong": Explained("The present password is another one.", "Nothing was changed. Type it again."),
    "password-too-short": Explained("The new password is too short.", "The answer says how many characters it needs."),
    "password-too-long": Explained("The new password is too long.", "The answer says how many characters it may have."),
    "name-length": Explained("A name is empty or too long.", "The answer says how many characters it may have."),
    "title-length": Explained(
        "A course's title is empty or too long.", "The answer says how many characters it may have."
    ),
    "email-form": Explained("This is not an e-mail address.", "It needs the form name@host."),
    "email-too-long": Explained("The e-mail address is too long.", "The answer says how many characters it may have."),
    "email-taken": Explained(
        "There is already an account with this e-mail address.", "Use that one, or another address."
    ),
    "course-taken": Explained("There is already a course with this short name.", "Choose another one."),
    "slug-form": Explained(
        "A short name has characters that cannot stand in an address.", "Use a to z, 0 to 9 and hyphens."
    ),
    "slug-taken": Explained("The short name belongs to a competition of another course.", "Choose another one."),
    "time-zone-unknown": Explained("This is not a time zone.", "Use an IANA name such as America/New_York."),
    "version-outdated": Explained(
        "Somebody saved another version while you were editing.",
        "Look at what was changed; your text is still in the editor, and is saved as a change of the newest version.",
    ),
    "definition": Explained(
        "The definition of a competition has something to change.", "The answer names line and column of each place."
    ),
    "dataset-missing": Explained(
        "The competition has no hidden test set yet.", "Upload one, and choose it where the competition is edited."
    ),
    "not-a-draft": Explained(
        "The competition has been opened.", "Change its definition: it asks what becomes of earlier submissions."
    ),
    "base-missing": Explained(
        "A change has to name the version that it began with, so that nobody overwrites what another saved.",
        "Send `base`, or the header `If-Match` with the ETag of the definition.",
    ),
    "draft": Explained("The competition is a draft.", "Open it when its check list is green."),
    "not-ready": Explained(
        "The competition's check list has something to do before it opens.", "The answer names each point."
    ),
    "earlier-unsaid": Explained(
        "The competition is open and has submissions, and a change has to say what becomes of them.",
        "Send `earlier`: keep, rescore or rejudge; the preview says who gains and who loses.",
    ),
    "no-jail": Explained(
        "This machine has no jail in which a file could be read.",
        "Tell the operator; docs/operations.md says what is needed.",
    ),
    "network-file": Explained(
        "The file holds no network that can be read.",
        "Upload a model saved whole as .h5, the JSON of model.to_json(), or an ONNX export.",
    ),
    "dataset-file": Explained(
        "The file is no data set.",
        "Upload an .npz with images and labels, or a zip of pictures in a folder for each class.",
    ),
    "dataset-exists": Explained("There is a data set of this name with other content.", "Choose another name."),
    "dataset-shape": Explained(
        "The data set's samples have another shape than the network takes.",
        "Name the data set that was made for this network.",
    ),
    "dataset-classes": Explained(
        "The data set has labels beyond the network's outputs.", "Name the data set that was made for this network."
    ),
    "dataset-parts": Explained(
        "The public and the private part together are not all samples of the data set.",
        "Give the parts of `grading.splits` the sizes that add up to it.",
    ),
    "upload-fields": Explained(
        "What is said about an uploaded file is missing, or has a form that it cannot have.",
        "The answer names the field.",
    ),
    "database-away": Explained(
        "The database does not answer, is full, or lets nobody write.", "Try again in a few seconds."
    ),
    "our-fault": Explained(
        "Something broke on our side.", "No try is used. Tell your instructor the number in the answer."
    ),
    **{
        code: Explained(*told)
        for code, told in {
            **boards.CODES,
            **courses.CODES,
            **finalists.CODES,
            **gradebooks.CODES,
            **people.CODES,
            **storage.CODES,
            **teams.CODES,
        }.items()
    },
}
"""Every code that an AppError can have; the help page shows them, and an error's `type` leads there."""
