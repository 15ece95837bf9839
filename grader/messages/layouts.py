"""HDF5 that is not laid out as Keras does it."""

from grader.messages.sentence import Sentence

_SAVE = 'Save with model.save_weights("my_model.weights.h5") and upload that file.'

PROBLEMS = {
    "h5-layout": Sentence(
        message="The file is HDF5, but it is not laid out as Keras does it; at its top are {got}.",
        hint=(
            "Save with model.save_weights from a Sequential or Functional network, "
            "or model.save to a name ending in .h5."
        ),
        explanation="A file made by hand, or by a subclass of Model, does not say which array belongs to which layer.",
    ),
    "h5-no-weights": Sentence(
        message="The file holds 0 weights.",
        hint="Build the network before you save it: call it once, or give it an Input.",
        explanation="A network that has never seen an input has no weights yet, and Keras saves it without a word.",
    ),
    "h5-name-list": Sentence(
        message="The attribute {expected} of {where} is missing or is no list of short names.",
        hint=_SAVE,
        explanation="Keras lists in it which layers and arrays there are, and in which order.",
    ),
    "h5-missing-group": Sentence(
        message="The file lists a layer {where} in layer_names and has no group of that name.",
        hint="Save again with model.save_weights; do not edit the file by hand.",
        explanation="What Keras lists and what the file holds have to agree.",
    ),
    "h5-missing-array": Sentence(
        message="The file lists an array {where} in weight_names and has no dataset of that name.",
        hint="Save again with model.save_weights; do not edit the file by hand.",
        explanation="What Keras lists and what the file holds have to agree.",
    ),
    "h5-listed-twice": Sentence(
        message="{where} is listed twice as a weight.",
        hint="Save again with model.save_weights; do not edit the file by hand.",
        explanation="One array under two names would be counted twice.",
    ),
    "h5-array-name": Sentence(
        message="{where} is called {got}; the arrays of a layer are called {expected} here.",
        hint="Save again with model.save_weights; do not edit the file by hand.",
        explanation="Keras 3 numbers the arrays of a layer from 0, without a gap; Keras 2 gives each a name before the colon.",
    ),
    "h5-extra-array": Sentence(
        message="{where} is an array that belongs to no layer.",
        hint="Save again with model.save_weights; masks and notes of your own go into another file.",
        explanation="Optimizer, metrics and random seeds are passed over; any other array would be one that nobody counts.",
    ),
    "nested-network": Sentence(
        message="{where} is a network within the network.",
        hint="Add the layers one by one to a single Sequential network, load the weights, save again.",
        explanation="A model that is used as a layer keeps its own layers inside it, and their order cannot be told.",
    ),
    "pruning-wrapper": Sentence(
        message="{where} is still wrapped by tensorflow_model_optimization.",
        hint="Prune with your own code if your course asks for that; else call tfmot.sparsity.keras.strip_pruning, then save.",
        explanation="The wrapper saves masks, thresholds and steps beside the weights.",
    ),
}
