"""Weights that do not fit the assignment's network."""

from grader.messages.sentence import Sentence

PROBLEMS = {
    "layer-count": Sentence(
        message="The file has {got} layers with weights; the assignment's network has {expected}.",
        hint="Build exactly the network of the assignment. The layers that differ follow.",
        explanation="Pruning sets weights to zero. Layers are neither added nor removed.",
    ),
    "missing-layer": Sentence(
        message="The network's layer {where}, with arrays of shape {expected}, is not in the file.",
        hint="Add the layer to your network. The nearest name in your file: {got}.",
        explanation="Every layer of the assignment's network with weights has to be in the file.",
    ),
    "extra-layer": Sentence(
        message="The file's layer {where}, with arrays of shape {got}, is not in the assignment's network.",
        hint="Remove the layer from your network. The nearest name in the assignment: {expected}.",
        explanation="Layers with weights that the assignment does not have are refused, batch normalisation too.",
    ),
    "layer-order": Sentence(
        message="The layer with the shapes of {where} stands at {got}; in the assignment's network it is at {expected}.",
        hint="Put the layers in the order of the assignment, load the weights, save again.",
        explanation="Layers are compared in the order of the network; only layers with weights are counted.",
    ),
    "order-untold": Sentence(
        message=(
            "The file does not say in which order its layers are used, and nothing tells {got} apart: "
            "their shapes are alike, and no numbers in their names count them."
        ),
        hint=(
            'Save with torch.save(model.state_dict(), "model.pt"), which keeps the order, '
            "or call all layers as the assignment does: {expected}."
        ),
        explanation=(
            "A .safetensors file sorts layers by name. Equal shapes are told apart by the names of the "
            "assignment's network, or by numbers, as features.0 and features.3."
        ),
    ),
    "missing-array": Sentence(
        message="{where} is missing; the assignment needs an array of shape {expected}, and the file's layer has {got}.",
        hint="Build the layer as the assignment does; use_bias=False, or bias=False in PyTorch, is a common reason.",
        explanation="Every array of a layer has to be there, also where all of it is zero.",
    ),
    "extra-array": Sentence(
        message="{where} has shape {got} and is none of the layer's arrays, which are {expected}.",
        hint="Build the layer as the assignment does; masks and thresholds of your own go into another file.",
        explanation="An array that the assignment's network does not have would be one that nobody counts.",
    ),
    "shape-mismatch": Sentence(
        message="{where} has shape {got}; the assignment needs {expected}.",
        hint="Set weights to zero instead of removing filters.",
        explanation="The network is fixed by the assignment: pruning makes weights zero and leaves every shape as it is.",
    ),
    "axes-order": Sentence(
        message="{where} has shape {got}, the assignment's {expected} with its axes in another order.",
        hint=(
            "Weights that come from PyTorch have to be transposed: "
            "kernel.permute(2, 3, 1, 0) for a convolution, kernel.T for a dense layer."
        ),
        explanation="Keras keeps a kernel as (height, width, in, out) and (in, out), PyTorch as (out, in, height, width) and (out, in).",
    ),
    "axes-order-torch": Sentence(
        message="{where} has shape {got}, the assignment's {expected} with its axes in another order.",
        hint=(
            "Weights that come from Keras have to be transposed: "
            "kernel.transpose(3, 2, 0, 1) for a convolution, kernel.T for a dense layer."
        ),
        explanation="PyTorch keeps a kernel as (out, in, height, width) and (out, in), Keras as (height, width, in, out) and (in, out).",
    ),
    "more-problems": Sentence(
        message="{got} more problems are not listed.",
        hint="The file is probably one of another network: compare what model.summary() or print(model) lists with the assignment.",
        explanation="The first problems tell what is wrong; a list of hundreds would not be read.",
    ),
    "not-finite": Sentence(
        message="{where} holds numbers that are not finite as float32: {got}.",
        hint="Lower the learning rate or go back to an epoch before the loss became nan, then save again.",
        explanation="NaN and infinity, and numbers beyond 3.4e38, cannot be evaluated or counted.",
    ),
}
