"""Archives of several weight files that do not say what each of them is for."""

from grader.messages.sentence import Sentence

_NAMES = "Name them step-01-pruned.pt, step-01-retrained.pt and so on, the first base.pt and the scored one final.pt; or add a series.yaml."

PROBLEMS = {
    "series-not-taken": Sentence(
        message="The file is an archive of {got} files; this competition takes a single weight file.",
        hint="Unpack it and upload the weight file that is to be scored.",
        explanation="Only where the assignment asks for a series of weight files may they come in one zip.",
    ),
    "series-no-weights": Sentence(
        message="None of the archive's {got} files is a weight file; their names end in {expected}.",
        hint='Add the weights, saved with torch.save(model.state_dict(), "final.pt"), to the archive.',
        explanation="Notebooks and reports are kept for the staff, but a score needs weights.",
    ),
    "series-too-many": Sentence(
        message="The archive has {got} weight files; at most {expected} are taken.",
        hint="Keep what the report of the assignment needs: three files for each step at most, and the final one.",
        explanation="Each weight file is evaluated on the whole test set.",
    ),
    "series-unclear": Sentence(
        message="What {where} is for cannot be told from its name; names that can be told are such as {expected}.",
        hint=_NAMES,
        explanation="An archive with several weight files needs names, or a manifest, that give each one its place.",
    ),
    "series-twice": Sentence(
        message="{where} and {got} are named for the same place in the series.",
        hint=_NAMES,
        explanation="A step has one file for each of its stages: before, pruned, retrained.",
    ),
    "series-missing": Sentence(
        message="The manifest names {where}, which is not among the archive's weight files: {expected}.",
        hint="Correct the name in series.yaml, or add the file; names are relative to the folder of series.yaml.",
        explanation="Every file that a manifest names has to be in the archive.",
    ),
    "series-manifest": Sentence(
        message="The manifest cannot be used: {got}.",
        hint="A manifest has steps (each with name, layer, before, pruned, retrained), final, and declared.",
        explanation="A manifest is optional; without one the names of the files tell what they are for.",
    ),
}
