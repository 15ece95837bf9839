"""What was uploaded in place of a weight file."""

from grader.messages.sentence import Sentence

_SAVE = 'Save with model.save_weights("my_model.weights.h5") and upload that file.'

PROBLEMS = {
    "empty-file": Sentence(
        message="The file has 0 bytes.",
        hint="Look at the file's size where you saved it; if it is not 0 there, upload it again.",
        explanation="An upload that broke off, or a notebook that stopped while it was saving, leaves an empty file.",
    ),
    "git-lfs-pointer": Sentence(
        message="The file is a pointer of Git LFS, a few lines of text, and not the weights.",
        hint="Run git lfs pull in your repository, then upload the file that takes the pointer's place.",
        explanation="Git LFS keeps large files elsewhere and leaves a short text with their name.",
    ),
    "html-page": Sentence(
        message="The file is a web page, not a weight file.",
        hint="Download the weights again with the site's own download button; a page to log in was saved in their place.",
        explanation="Saving a link often saves the page around the file.",
    ),
    "text-file": Sentence(
        message="The file is {got}; the assignment needs an HDF5 weight file.",
        hint="Upload the .h5 file, not the notebook, the code or the configuration of the network.",
        explanation="A notebook, a script or model.to_json() holds no weights that can be graded.",
    ),
    "compressed-file": Sentence(
        message="The file is {got}; the assignment needs the HDF5 weight file itself.",
        hint="Unpack it and upload the .h5 file that is inside.",
        explanation="Archives are not opened, so that what is graded is exactly what was uploaded.",
    ),
    "zip-archive": Sentence(
        message="The file is a zip archive that begins with {got}; the assignment needs the HDF5 weight file itself.",
        hint="Unpack it and upload the .h5 file that is inside.",
        explanation="Archives are not opened, so that what is graded is exactly what was uploaded.",
    ),
    "keras-archive": Sentence(
        message="The file is a .keras archive, a whole model; the assignment needs an HDF5 weight file.",
        hint='Load it with keras.models.load_model, then call model.save_weights("my_model.weights.h5").',
        explanation="model.save writes a zip archive with the network's code in it since Keras 3; only weights are read here.",
    ),
    "pytorch-checkpoint": Sentence(
        message="The file is a PyTorch checkpoint; the assignment needs an HDF5 weight file of Keras.",
        hint="Save the weights of the Keras network with model.save_weights, or choose the assignment that takes PyTorch.",
        explanation="torch.save writes a zip archive or a pickle, and its kernels have their axes in another order.",
    ),
    "python-pickle": Sentence(
        message="The file is a Python pickle; the assignment needs an HDF5 weight file.",
        hint="Load it in your notebook, put it into the network with model.set_weights, then call model.save_weights.",
        explanation="Loading a pickle runs whatever code is in it, so none is ever loaded here.",
    ),
    "numpy-file": Sentence(
        message="The file is {got} of NumPy; the assignment needs an HDF5 weight file.",
        hint="Put the arrays into the network with model.set_weights, then call model.save_weights.",
        explanation="A list of arrays does not say to which layer each belongs.",
    ),
    "other-model": Sentence(
        message="The file is {got}; the assignment needs an HDF5 weight file.",
        hint=_SAVE,
        explanation="Converted models have their weights renamed, folded or quantised.",
    ),
    "tensorflow-checkpoint": Sentence(
        message="The file belongs to a TensorFlow checkpoint: {got}. The assignment needs one HDF5 file.",
        hint="Give save_weights a name that ends in .h5; without it, Keras 2 writes a checkpoint of several files.",
        explanation="A checkpoint consists of `checkpoint`, a .index file and .data files, none of which can be read alone.",
    ),
    "saved-model": Sentence(
        message="The file is the graph of a SavedModel, without its weights; the assignment needs an HDF5 weight file.",
        hint='Load the folder in your notebook, then call model.save_weights("my_model.weights.h5").',
        explanation="A SavedModel is a folder; its .pb file holds the program, and its weights lie beside it.",
    ),
    "not-hdf5": Sentence(
        message="The file is not HDF5: it does not begin with the eight bytes that every HDF5 file begins with.",
        hint=_SAVE,
        explanation="A file may be called .h5 and hold something else, or it was damaged on its way.",
    ),
}
