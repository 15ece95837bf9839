"""PyTorch files that are broken, too large, or more than a state dict."""

from grader.messages.sentence import Sentence

_SAVE = 'Save with torch.save(model.state_dict(), "model.pt") and upload that file.'
_AGAIN = "Load it with torch.load where you saved it. If that works, upload it again; if not, save it again."

PROBLEMS = {
    # --- the archive that torch.save writes
    "checkpoint-packed": Sentence(
        message="{where} is compressed; torch.save never compresses what it writes.",
        hint="Upload the file as torch.save wrote it: it was unpacked and zipped again on its way.",
        explanation="Some systems unpack a .pt file when it is downloaded, since it is a zip archive inside.",
    ),
    "checkpoint-roots": Sentence(
        message="The checkpoint has the folders {got} at its top; torch.save writes {expected}.",
        hint=_SAVE,
        explanation="Everything in a checkpoint lies in one folder.",
    ),
    "checkpoint-no-pickle": Sentence(
        message="The checkpoint has 0 files called data.pkl; it needs 1.",
        hint=_SAVE,
        explanation="It says which tensors there are and which numbers belong to each.",
    ),
    "checkpoint-pickle-size": Sentence(
        message="The checkpoint's data.pkl has {got}; at most {expected} are read.",
        hint=_SAVE,
        explanation="It holds names and shapes; numbers lie beside it.",
    ),
    "checkpoint-entry": Sentence(
        message="{where} is nothing that torch.save puts into a checkpoint.",
        hint=_SAVE,
        explanation="A checkpoint has data.pkl, the numbers below data/ and a few short facts about itself.",
    ),
    "checkpoint-byteorder": Sentence(
        message="{where} says neither little nor big.",
        hint=_SAVE,
        explanation="The order of bytes in the numbers is one of the two.",
    ),
    "torchscript": Sentence(
        message="The file is a TorchScript archive, a program; the assignment needs the weights alone.",
        hint='Load it with torch.jit.load, then torch.save(dict(model.state_dict()), "model.pt").',
        explanation="A TorchScript archive has code beside the weights; no code of an upload is read.",
    ),
    # --- its pickle
    "pickle-damaged": Sentence(
        message="The file's pickle makes no sense at {got}.",
        hint=_AGAIN,
        explanation="A pickle is a program of small steps; one that is cut or damaged breaks off in the middle.",
    ),
    "pickle-opcode": Sentence(
        message="The file's pickle uses the step {got}, which torch.save never writes.",
        hint=_SAVE,
        explanation="Only the steps that plain data needs are read, so that no pickle can run anything here.",
    ),
    "pickle-too-long": Sentence(
        message="The file's pickle is longer than {expected}.",
        hint=_SAVE,
        explanation="A state dict of 300 layers takes 150 kB. Logs and data sets go into another file.",
    ),
    "pickle-too-deep": Sentence(
        message="The file's pickle nests its contents more than {expected} deep.",
        hint=_SAVE,
        explanation="A state dict is a dictionary of tensors, three deep.",
    ),
    "pickle-integer": Sentence(
        message="The file's pickle holds a whole number of {got} bits; at most {expected} are read.",
        hint=_SAVE,
        explanation="Shapes need no more than 64 bits.",
    ),
    "pickle-memo": Sentence(
        message="The file's pickle numbers something as {got}; numbers below {expected} are read.",
        hint=_SAVE,
        explanation="A pickle numbers what it repeats from 0 upwards; a leap only takes memory.",
    ),
    # --- the format before version 1.6
    "legacy-head": Sentence(
        message="The file begins like torch.save's old format and does not go on like it.",
        hint=_SAVE,
        explanation="Until version 1.6 torch.save wrote a number, a version and facts about the machine first.",
    ),
    "legacy-keys": Sentence(
        message="The storages that the file lists and those that its tensors use are not the same.",
        hint=_SAVE,
        explanation="The old format lists its storages behind the pickle, each once.",
    ),
    "legacy-truncated": Sentence(
        message="The file has {got}; by its own tables it should have {expected}.",
        hint="Upload it again, or save it again: an upload, a copy or the disk's quota cut it short.",
        explanation="The old format has the numbers of its storages up to its last byte.",
    ),
    # --- safetensors
    "safetensors-table": Sentence(
        message="The table of contents of the safetensors file has {got}; at most {expected} are read.",
        hint='Save with safetensors.torch.save_file(model.state_dict(), "model.safetensors").',
        explanation="The table names tensors, their shapes and places.",
    ),
    "safetensors-damaged": Sentence(
        message="The table of contents of the safetensors file is no JSON with names that differ.",
        hint='Save with safetensors.torch.save_file(model.state_dict(), "model.safetensors").',
        explanation="A safetensors file begins with a table of its tensors, each named once.",
    ),
    "safetensors-row": Sentence(
        message="The table of contents does not give {where} a type, a shape and a place.",
        hint='Save with safetensors.torch.save_file(model.state_dict(), "model.safetensors").',
        explanation="Each tensor has dtype, shape and data_offsets, and nothing else.",
    ),
    "safetensors-places": Sentence(
        message="The numbers of {where} do not begin where those before them end.",
        hint='Save with safetensors.torch.save_file(model.state_dict(), "model.safetensors").',
        explanation="Tensors follow each other without gap or overlap, so that no number counts twice.",
    ),
    "safetensors-truncated": Sentence(
        message="The file has {got}; by its own table it should have {expected}.",
        hint="Upload it again, or save it again: an upload, a copy or the disk's quota cut it short.",
        explanation="The last tensor's numbers end with the file.",
    ),
}
