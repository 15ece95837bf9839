"""HDF5 that is broken, too large, or more than a weight file needs."""

from grader.messages.sentence import Sentence

_SAVE = 'Save with model.save_weights("my_model.weights.h5") and upload that file.'

PROBLEMS = {
    # --- HDF5 that is broken or too large
    "h5-user-block": Sentence(
        message="Other bytes stand before the HDF5 content of this file.",
        hint=_SAVE,
        explanation="HDF5 allows a user block at the start of a file. Keras never writes one, so it is refused.",
    ),
    "h5-truncated": Sentence(
        message="The file ends after {got}; by its own header it should have {expected}.",
        hint="Upload it again, or save it again: an upload, a copy or the disk's quota cut it short.",
        explanation="An HDF5 file states its length in its header.",
    ),
    "h5-damaged": Sentence(
        message="{where} cannot be read: its bytes do not make sense as HDF5.",
        hint="Open the file with h5py where you saved it. If that works, upload it again; if not, save it again.",
        explanation="Copying a file as text, or saving while a cell is interrupted, damages it.",
    ),
    "h5-too-deep": Sentence(
        message="{where} lies more than {expected} groups deep.",
        hint=_SAVE,
        explanation="Keras nests five groups at most; deeper ones only cost time.",
    ),
    "h5-too-many-objects": Sentence(
        message="The file has more than {expected} groups and datasets.",
        hint=_SAVE,
        explanation="A network of 300 layers, saved with its optimizer, has about 2,500.",
    ),
    "h5-attributes": Sentence(
        message="{where} has {got} attributes; at most {expected} are taken.",
        hint=_SAVE,
        explanation="Keras writes a handful of attributes to a group.",
    ),
    "h5-name": Sentence(
        message="{where} holds something called {got}; names are printable text of at most {expected} characters.",
        hint="Rename that layer, build the network again, load the weights and save them.",
        explanation="Names are shown to you and to staff, so they have to be readable.",
    ),
    "h5-too-many-numbers": Sentence(
        message="With {where} the file has {got} numbers; at most {expected} are read.",
        hint="Check that you saved the network of the assignment.",
        explanation="The shapes in a file can promise more numbers than a machine can hold.",
    ),
    "h5-too-many-chunks": Sentence(
        message="With {where} the file has {got} chunks; at most {expected} are read.",
        hint="Save without chunks, as model.save_weights does.",
        explanation="HDF5 can cut an array into chunks. Each one takes time to look up.",
    ),
    "h5-too-many-dimensions": Sentence(
        message="{where} has {got} dimensions; at most {expected} are read.",
        hint="Check that you saved the network of the assignment.",
        explanation="The kernel of a two-dimensional convolution has four dimensions.",
    ),
    # --- features of HDF5 that a weight file never needs
    "h5-soft-link": Sentence(
        message="{where} is a soft link, a name for another place in the file; the weights have to lie there themselves.",
        hint=_SAVE,
        explanation="Keras writes ordinary groups and datasets only. Links could count one array twice, so they are refused.",
    ),
    "h5-external-link": Sentence(
        message="{where} is a link into another file; the weights have to be in the file that you upload.",
        hint=_SAVE,
        explanation="Nothing outside the uploaded file is ever opened.",
    ),
    "h5-user-link": Sentence(
        message="{where} is a link of a kind that HDF5 itself does not know.",
        hint=_SAVE,
        explanation="Keras writes ordinary groups and datasets only.",
    ),
    "h5-linked-twice": Sentence(
        message="{where} is an object of the file that also has another name.",
        hint=_SAVE,
        explanation="One array under two names would be counted twice, and a group inside itself has no end.",
    ),
    "h5-external-storage": Sentence(
        message="{where} keeps its numbers in another file; they have to be in the file that you upload.",
        hint=_SAVE,
        explanation="Nothing outside the uploaded file is ever opened.",
    ),
    "h5-virtual": Sentence(
        message="{where} is a virtual dataset, put together from other datasets; the numbers have to lie there themselves.",
        hint="Read it in your notebook and write it as an ordinary dataset, or save the weights with model.save_weights.",
        explanation="A virtual dataset whose source is missing reads as zeros, which would count as pruned.",
    ),
    "h5-filter": Sentence(
        message="{where} is packed by the filter {got}; gzip, shuffle and fletcher32 are taken, once each.",
        hint='Save with model.save_weights, or with compression="gzip" in h5py.',
        explanation="Other filters need code that HDF5 would have to load.",
    ),
    "h5-inflates": Sentence(
        message="A chunk of {where} unpacks to {got}; its shape has room for {expected}.",
        hint=_SAVE,
        explanation="A few bytes that unpack to gigabytes are an attack on the machine that reads them.",
    ),
    "h5-named-type": Sentence(
        message="{where} is, or uses, a named datatype; the assignment needs plain arrays of floats.",
        hint=_SAVE,
        explanation="Keras writes plain arrays only.",
    ),
    "h5-dtype": Sentence(
        message="{where} holds {got}; the assignment needs {expected} (float16 and float64 are converted).",
        hint='Cast the array before you save it: array.astype("float32").',
        explanation="Integers, complex numbers, text and floats of unusual size are no weights. bfloat16 is to be cast first.",
    ),
    "h5-no-shape": Sentence(
        message="{where} has neither shape nor numbers.",
        hint="Build the network and load its weights before you save it.",
        explanation="HDF5 can hold a dataset without any content.",
    ),
    "h5-empty-array": Sentence(
        message="{where} has shape {got}, which holds no numbers.",
        hint="Set weights to zero instead of removing filters.",
        explanation="A shape with a 0 in it is an array without content.",
    ),
    "h5-unwritten": Sentence(
        message="{where} has room for {expected} and {got} were written.",
        hint="Write all numbers of the array, zeros too, or save with model.save_weights.",
        explanation="HDF5 reads what was never written as zeros; those zeros were not put there by pruning, so the file is refused.",
    ),
}
