"""PyTorch files whose content is no state dict of plain tensors of floats."""

from grader.messages.sentence import Sentence

_SAVE = 'Save with torch.save(model.state_dict(), "model.pt") and upload that file.'

PROBLEMS = {
    # --- what the file holds
    "no-state-dict": Sentence(
        message="The file holds {got}; the assignment needs a state dict, a dictionary of names and tensors.",
        hint=_SAVE,
        explanation="A training checkpoint may hold the state dict under a name such as state_dict, model_state_dict or model.",
    ),
    "several-state-dicts": Sentence(
        message="The file holds more than one network: {got}.",
        hint="Save the one that is to be graded: torch.save(model.state_dict(), path).",
        explanation="Which of them to grade cannot be guessed.",
    ),
    "no-tensors": Sentence(
        message="The file holds 0 weights.",
        hint=_SAVE,
        explanation="A network without layers, or an optimizer's state, has no weights.",
    ),
    "too-many-tensors": Sentence(
        message="The file has more than {expected} tensors.",
        hint="Check that you saved the network of the assignment.",
        explanation="A network of 300 layers with BatchNormalization has 2,000.",
    ),
    "too-many-numbers": Sentence(
        message="With {where} the file has {got} numbers; at most {expected} are read.",
        hint="Check that you saved the network of the assignment.",
        explanation="Shapes can promise more numbers than a machine can hold; numbers in the same place count each time.",
    ),
    "module-odd": Sentence(
        message="{where} is no module, or its names are no short texts.",
        hint=_SAVE,
        explanation="Of a whole saved module only its parameters, buffers and modules are read.",
    ),
    "module-too-deep": Sentence(
        message="The modules below {where} never come to an end: more than {expected}.",
        hint=_SAVE,
        explanation="Modules lie within modules a few deep; one inside itself has no end.",
    ),
    "tensor-name": Sentence(
        message="A tensor is named by {got}; names are printable texts of at most {expected} characters.",
        hint=_SAVE,
        explanation="Names are shown to you and to staff, so they have to be readable.",
    ),
    "tensor-named-twice": Sentence(
        message="The file has two tensors called {where}.",
        hint=_SAVE,
        explanation="Which of them counts would depend on the program that reads it.",
    ),
    "not-a-tensor": Sentence(
        message="{where} is {got}, and no tensor.",
        hint="Keep numbers and settings of your own out of the state dict; they go beside it, or into another file.",
        explanation="Every entry of a state dict is a tensor. NumPy arrays are to be turned into tensors with torch.from_numpy.",
    ),
    "torch-pruned": Sentence(
        message="{where} is still wrapped by torch.nn.utils.prune: the file has its mask and its dense weights apart.",
        hint='Call prune.remove(module, "weight") for each pruned module, then save the state dict.',
        explanation="The pruned weight is the product of the two, and exists only while the network runs.",
    ),
    "torch-parametrised": Sentence(
        message="{where} is a part of a parametrised weight and not the weight itself.",
        hint="Call torch.nn.utils.parametrize.remove_parametrizations or remove_weight_norm, then save the state dict.",
        explanation="Such a weight is computed from its parts while the network runs.",
    ),
    # --- a tensor that is no plain one of floats
    "tensor-dtype": Sentence(
        message="{where} holds {got}; the assignment needs {expected} (float16, bfloat16 and float64 are converted).",
        hint=(
            "Cast a weight before you save it: tensor.float(). Leave out what is none: "
            "register_buffer(name, tensor, persistent=False)."
        ),
        explanation="Whole numbers, truth values and floats of 8 bits are no weights.",
    ),
    "tensor-complex": Sentence(
        message="{where} holds complex numbers ({got}); the assignment needs real ones.",
        hint="Save the real parts, tensor.real, if that is what the network uses.",
        explanation="A complex number is two weights under one name.",
    ),
    "tensor-quantised": Sentence(
        message="{where} is a quantised tensor; the assignment needs float32.",
        hint="Save the network before it is quantised, that is before convert() or quantize_dynamic().",
        explanation="A quantised tensor keeps whole numbers and a scale.",
    ),
    "tensor-sparse": Sentence(
        message="{where} is a sparse tensor; the assignment needs a dense one, its zeros included.",
        hint="Call tensor.to_dense() before you save it.",
        explanation="A sparse tensor keeps its non-zero numbers and their places. Zeros are counted in the dense one.",
    ),
    "tensor-without-numbers": Sentence(
        message="{where} has no numbers: it is a tensor on the meta device, or of a layer that never saw an input.",
        hint="Run the network once on a batch, or load its weights, then save the state dict.",
        explanation="A lazy layer takes its size from its first input.",
    ),
    "tensor-kind": Sentence(
        message="{where} is a tensor of an unusual kind, made by {got}.",
        hint="Make it a plain one before you save it: tensor.detach().cpu().clone().",
        explanation="Plain dense tensors are read; nested, distributed and other kinds are not.",
    ),
    "tensor-malformed": Sentence(
        message="The file does not give {where} a storage, an offset, a shape and strides.",
        hint=_SAVE,
        explanation="These four say which numbers a tensor has.",
    ),
    "tensor-too-many-dimensions": Sentence(
        message="{where} has {got} dimensions; at most {expected} are read.",
        hint="Check that you saved the network of the assignment.",
        explanation="The kernel of a two-dimensional convolution has four dimensions.",
    ),
    "tensor-empty": Sentence(
        message="{where} has shape {got}, which holds no numbers.",
        hint="Give every layer at least one channel, or leave the layer out.",
        explanation="A shape with a 0 in it is an array without content.",
    ),
    "tensor-outside": Sentence(
        message="{where} reaches up to number {got} of a storage that has {expected}.",
        hint=_SAVE,
        explanation="A tensor looks at numbers of a storage and has to stay inside it.",
    ),
    # --- a storage
    "storage-malformed": Sentence(
        message="The storage of {where} is not described as torch does it.",
        hint=_SAVE,
        explanation="A storage has a type, a key and a number of elements.",
    ),
    "storage-missing": Sentence(
        message="The numbers of {where} are not in the file.",
        hint=_SAVE,
        explanation="Each storage has an entry of its own below data/.",
    ),
    "storage-length": Sentence(
        message="The numbers of {where} take {got}; its description says {expected}.",
        hint=_SAVE,
        explanation="What a file says about a storage and what it holds have to agree.",
    ),
}
