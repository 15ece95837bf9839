"""Weights that fit no network of a family, or one that is too large."""

from grader.messages.sentence import Sentence

PROBLEMS = {
    "unknown-layer": Sentence(
        message="{where} holds {got}, and is none of the layers that the assignment allows: {expected}.",
        hint="Remove the layer from your network, or save the weights without it.",
        explanation="Layers are told apart by their arrays: four axes for a convolution, two for a dense layer, running statistics.",
    ),
    "kind-count": Sentence(
        message="The number of {where} in the file is {got}; the assignment's networks have {expected}.",
        hint="Build the layers of the assignment, as many as it names. Their sizes are free, their number is not.",
        explanation="A family of networks leaves sizes open, such as the number of filters, and fixes which layers there are.",
    ),
    "size-out-of-range": Sentence(
        message="{where} has {got}; the assignment allows {expected}.",
        hint="Choose a size that the assignment allows.",
        explanation="The assignment names the smallest and the largest size of what is free.",
    ),
    "chain": Sentence(
        message="{where} takes {got}; {expected}.",
        hint="Weights of one network are needed: save all layers together, after channels or neurons were removed from each side.",
        explanation="What a layer gives, the next one takes: filters become channels, an image's numbers become features.",
    ),
    "uneven-groups": Sentence(
        message="{where} has {got} filters, which cannot be split into {expected} groups.",
        hint="Keep as many filters in each group.",
        explanation="A convolution in groups gives each group of channels an equal share of the filters.",
    ),
    "does-not-fit": Sentence(
        message="{where} cannot be used where it stands: {got}.",
        hint="Use smaller kernels, or fewer of them after each other.",
        explanation="Without padding an image shrinks with every convolution, until a kernel is larger than it.",
    ),
    "ambiguous": Sentence(
        message="The shapes leave open which network it is: {expected}; or {got}.",
        hint="Tell your instructor, who can fix one of them in the assignment; or use sizes that leave one reading.",
        explanation="What no shape tells, such as the padding, is derived only where a single answer fits.",
    ),
    "several-orders": Sentence(
        message="The layers do not fit in the file's order, and in several others they do: {got}; or {expected}.",
        hint="Create the layers in the order in which they are used, load the weights, save again.",
        explanation="A state dict lists layers in the order in which __init__ creates them.",
    ),
    "too-many-parameters": Sentence(
        message="The network has {got} parameters; the assignment allows {expected}.",
        hint="Use fewer channels or neurons. Weights that are zero count as well.",
        explanation="Parameters are weights and biases; running statistics of BatchNorm are not counted.",
    ),
    "too-many-macs": Sentence(
        message="The network takes {got} multiply-accumulates for one image; the assignment allows {expected}.",
        hint="Use fewer channels, smaller kernels or smaller images on the way.",
        explanation="A network that is too heavy is refused before it is evaluated.",
    ),
    "too-large-activations": Sentence(
        message="A layer of the network gives {got} bytes for one image; the assignment allows {expected}.",
        hint="Use fewer channels where the image is still large.",
        explanation="What a layer gives has to fit into memory for a batch of images.",
    ),
}
