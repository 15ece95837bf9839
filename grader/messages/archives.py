"""Zip archives that are broken, ambiguous or too large."""

from grader.messages.sentence import Sentence

_ZIP = "Make the archive again with an ordinary program: zip -r submission.zip FOLDER."

PROBLEMS = {
    "zip-no-end": Sentence(
        message="The zip archive does not end as zip archives do: it was cut short, or other bytes follow.",
        hint="Upload it again, or save it again: an upload, a copy or the disk's quota cut it short.",
        explanation="A zip archive, and a PyTorch file is one, has its table of contents at its end.",
    ),
    "zip-damaged": Sentence(
        message="The zip archive contradicts itself at {where}.",
        hint="Upload it again; if that does not help, save it again.",
        explanation="Lengths and places in an archive have to add up.",
    ),
    "zip-checksum": Sentence(
        message="{where} is damaged: its checksum is {got}, and the archive says {expected}.",
        hint="Upload it again; if that does not help, save it again.",
        explanation="A single changed bit changes the checksum. torch.load does not look at it.",
    ),
    "zip-disagrees": Sentence(
        message="{where} is described in two ways by the zip archive.",
        hint=_ZIP,
        explanation="Each file is described before its bytes and in the table of contents; both have to agree.",
    ),
    "zip-duplicate": Sentence(
        message="The zip archive has two files called {where}.",
        hint=_ZIP,
        explanation="Which of them counts would depend on the program that reads it.",
    ),
    "zip-overlap": Sentence(
        message="{where} shares bytes of the zip archive with another file.",
        hint=_ZIP,
        explanation="Files that overlap can unpack to more than any disk holds.",
    ),
    "zip-encrypted": Sentence(
        message="{where} is encrypted.",
        hint="Make the archive again without a password.",
        explanation="What cannot be read cannot be graded.",
    ),
    "zip-method": Sentence(
        message="{where} is packed by method {got} of zip; stored and deflated files are read.",
        hint=_ZIP,
        explanation="These two methods are what every zip program writes unless told otherwise.",
    ),
    "zip-link": Sentence(
        message="{where} is a symbolic link.",
        hint="Put the file itself into the archive.",
        explanation="Nothing outside the uploaded file is ever opened.",
    ),
    "zip-path": Sentence(
        message="The zip archive has a file called {got}, a path that leads out of its folder or is spelt oddly.",
        hint=_ZIP,
        explanation="Paths in an archive are folders and a name, joined by slashes.",
    ),
    "zip-name": Sentence(
        message="The zip archive holds something called {got}; names are printable texts of at most {expected} characters.",
        hint="Rename that file and make the archive again.",
        explanation="Names are shown to you and to staff, so they have to be readable.",
    ),
    "zip-too-many-entries": Sentence(
        message="The zip archive has {got} entries; at most {expected} are read.",
        hint="Leave out what is not part of the submission, such as data sets and environments.",
        explanation="Every entry takes time to look up.",
    ),
    "zip-inflates": Sentence(
        message="{where} unpacks to {got}; the archive says {expected}.",
        hint=_ZIP,
        explanation="A few bytes that unpack to gigabytes are an attack on the machine that reads them.",
    ),
    # --- archives of several files
    "archive-empty": Sentence(
        message="The zip archive holds 0 files.",
        hint=_ZIP,
        explanation="Folders, and what systems leave in archives by themselves, are passed over.",
    ),
    "archive-no-member": Sentence(
        message="{where} is not in the zip archive.",
        hint="Compare the names in the manifest with those in the archive: case counts.",
        explanation="Files of an archive are named by their whole path in it.",
    ),
    "archive-not-weights": Sentence(
        message="The file is a zip archive of {got} files; the assignment needs one weight file.",
        hint="Unpack it and upload the .pt file that is inside.",
        explanation="Only some assignments take archives of several files.",
    ),
    "archive-nested": Sentence(
        message="{where} is a zip archive of {got} files inside the zip archive.",
        hint="Put the files themselves into the archive.",
        explanation="Archives within archives are not opened.",
    ),
    "archive-too-deep": Sentence(
        message="{where} lies more than {expected} folders deep.",
        hint=_ZIP,
        explanation="Deeper paths come from archives of a whole disk or environment.",
    ),
    "archive-member-size": Sentence(
        message="{where} unpacks to {got}; at most {expected} are read.",
        hint="Leave out what is not part of the submission, such as data sets and environments.",
        explanation="Each file is unpacked in memory.",
    ),
    "archive-size": Sentence(
        message="The files of the zip archive unpack to {got}; at most {expected} are read.",
        hint="Leave out what is not part of the submission, such as data sets and environments.",
        explanation="A small archive can promise more bytes than a machine holds.",
    ),
}
