"""The rules about an upload that do not depend on what is in it."""

from grader.messages.sentence import Sentence

PROBLEMS = {
    "too-large": Sentence(
        "The file has {got}; this competition takes at most {expected}.",
        "Save the weights alone: model.save_weights leaves the optimizer out.",
        "A file that is many times larger than the network's weights holds something else.",
    ),
    "too-heavy": Sentence(
        "Grading this file hit its own limit of {got} twice.",
        "Save the weights again from the network of the assignment; if they are what you meant to send, tell your instructor.",
        "Reading and evaluating a file may take only so much processor time and memory.",
    ),
    "wrong-file-name": Sentence(
        "The file is called {got}; the assignment asks for {expected}.",
        "Rename the file and upload it again.",
        "A course may ask for a certain file name. Nothing was stored and no try was used.",
    ),
}
