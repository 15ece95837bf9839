"""What was uploaded in place of a weight file of PyTorch."""

from grader.messages.sentence import Sentence

_SAVE = 'Save with torch.save(model.state_dict(), "model.pt") and upload that file.'

PROBLEMS = {
    "keras-weights": Sentence(
        message="The file is HDF5, as Keras writes it; the assignment needs weights of PyTorch.",
        hint="Build the network in PyTorch, or choose the assignment that takes Keras.",
        explanation="Keras keeps the axes of its kernels in another order than PyTorch.",
    ),
    "not-pytorch": Sentence(
        message="The file begins neither as torch.save writes it nor as safetensors does.",
        hint=_SAVE,
        explanation="A file may be called .pt and hold something else, or it was damaged on its way.",
    ),
    "pytorch-not-text": Sentence(
        message="The file is {got}; the assignment needs weights of PyTorch.",
        hint="Upload the .pt file, not the notebook or the code; a zip archive may hold them beside the weights.",
        explanation="A notebook or a script holds no weights that can be graded.",
    ),
    "pytorch-not-compressed": Sentence(
        message="The file is {got}; the assignment needs a .pt file, or a zip archive of several.",
        hint="Unpack it and upload the .pt file that is inside, or make a zip archive.",
        explanation="Other archives than zip are not opened.",
    ),
    "pytorch-not-keras": Sentence(
        message="The file is a .keras archive, a whole model of Keras; the assignment needs weights of PyTorch.",
        hint="Build the network in PyTorch, or choose the assignment that takes Keras.",
        explanation="Keras keeps the axes of its kernels in another order than PyTorch.",
    ),
    "pytorch-not-pickle": Sentence(
        message="The file is a Python pickle that torch.save did not write.",
        hint=_SAVE,
        explanation="A plain pickle does not put the numbers of tensors where they could be read without running the pickle.",
    ),
    "pytorch-not-numpy": Sentence(
        message="The file is {got} of NumPy; the assignment needs weights of PyTorch.",
        hint="Put the arrays into the network with load_state_dict, then save its state dict with torch.save.",
        explanation="A list of arrays does not say to which layer each belongs.",
    ),
    "pytorch-not-other-model": Sentence(
        message="The file is {got}; the assignment needs weights of PyTorch.",
        hint=_SAVE,
        explanation="Converted models have their weights renamed, folded or quantised.",
    ),
    "pytorch-not-tensorflow": Sentence(
        message="The file belongs to a TensorFlow checkpoint: {got}. The assignment needs weights of PyTorch.",
        hint="Build the network in PyTorch, or choose the assignment that takes Keras.",
        explanation="Both frameworks call their files .ckpt; TensorFlow writes several that belong together.",
    ),
    "pytorch-not-saved-model": Sentence(
        message="The file is the graph of a SavedModel of TensorFlow; the assignment needs weights of PyTorch.",
        hint="Build the network in PyTorch, or choose the assignment that takes Keras.",
        explanation="A SavedModel is a folder; its .pb file holds the program, and its weights lie beside it.",
    ),
    "pytorch-tar": Sentence(
        message="The file is the tar archive that torch.save wrote in its first months, before version 0.2.",
        hint="Load it with torch.load and save its state dict again.",
        explanation="Files of that age have to be rewritten; every version of PyTorch since 2017 writes another format.",
    ),
}
