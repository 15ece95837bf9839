"""Zips with a student's code and weights: what is missing, what went wrong while it ran, what cannot be exported."""

from collections.abc import Mapping

from grader.messages.sentence import Sentence

INSTEAD: Mapping[str, str] = {
    **dict.fromkeys(
        ("adaptive_avg_pool2d", "adaptive_max_pool2d"), "pool to a size that divides the input's, such as 1"
    ),
    **dict.fromkeys(
        ("upsample_bicubic2d", "grid_sampler", "affine_grid_generator"), "resize by whole factors, nearest or bilinear"
    ),
    **dict.fromkeys(
        ("scaled_dot_product_attention", "multi_head_attention_forward"), "use convolutions and dense layers"
    ),
    **dict.fromkeys(("lstm", "gru", "rnn_tanh", "rnn_relu"), "use convolutions and dense layers"),
}
"""Operator of torch -> what to do without it."""
_ONNX = "Or hand in an .onnx that you export yourself: secateur export, or torch.onnx.export as the help page shows."
_ALONE = "Only imports, constants, classes and functions are kept, so that nothing trains here."


def advice(operator: str) -> str:
    """What to do instead of an operator of torch that cannot be exported."""
    return INSTEAD.get(operator, "build it from plain layers with fixed sizes")


PROBLEMS = {
    "code-level": Sentence(
        message="This server's jail is at level {got}, and code of students runs at level A alone.",
        hint="Export the network on your own machine with secateur export, and hand in the .onnx.",
        explanation="Without every layer of the jail, code could read files of the server. No try was used.",
    ),
    # --- the zip
    "code-no-script": Sentence(
        message="The zip archive has no {expected}; it holds {got}.",
        hint="Add the script or notebook whose code builds the network.",
        explanation="A state dict holds numbers and names; the code says how they are put together.",
    ),
    "code-no-checkpoint": Sentence(
        message="The zip archive has no {expected}; it holds {got}.",
        hint='Add the weights: torch.save(model.state_dict(), "student_best.ckpt").',
        explanation="The code is run without data, so it cannot train; the weights have to come with it.",
    ),
    "code-too-many": Sentence(
        message="The zip archive has {got} weight files; at most {expected} are taken.",
        hint="Put the networks of an ensemble into one: torch.save(nn.ModuleList(networks).state_dict(), PATH).",
        explanation="Several weight files are for several networks.",
    ),
    "code-checkpoint-alone": Sentence(
        message="The file is a PyTorch checkpoint; the assignment needs a zip with it and with {expected}.",
        hint="Put both files into one zip. " + _ONNX,
        explanation="A state dict does not tell the network, only its numbers.",
    ),
    "code-too-long": Sentence(
        message="{where} has {got} bytes; at most {expected} are read.",
        hint="Clear the notebook's outputs before you save it.",
        explanation="Pictures and logs in a notebook are kept beside its code.",
    ),
    # --- the source
    "code-notebook": Sentence(
        message="{where} is no notebook: its JSON has no cells.",
        hint="Save it again in Jupyter or Colab, as .ipynb, or download it as .py.",
        explanation="A notebook is a table in JSON with a list of cells.",
    ),
    "code-syntax": Sentence(
        message="{where} is no Python: {got}.",
        hint="Run the file once before you hand it in: python hw13.py.",
        explanation="Lines that are commands to a notebook are left out; everything else has to be Python.",
    ),
    "code-no-entry": Sentence(
        message="{where} has no {expected}; it has {got}.",
        hint="Add a function build() that takes nothing and returns the network without weights.",
        explanation="The first of these names that is there is called to make the network. " + _ALONE,
    ),
    "code-entry-arguments": Sentence(
        message="{where} needs arguments: {got}.",
        hint="Give each a default, or add def build(): return {where}(...).",
        explanation="The grader calls it without arguments.",
    ),
    "code-left-out": Sentence(
        message="{where} uses {got}, which a line that was left out makes ({expected}).",
        hint="Make it inside the function that needs it, or write a constant.",
        explanation=_ALONE,
    ),
    "code-failed-name": Sentence(
        message="{where} uses {got}, which could not be made: {expected}.",
        hint="Correct the line that makes it, or do without.",
        explanation="Statements that fail are passed over as long as nothing needs what they make.",
    ),
    "code-import": Sentence(
        message="{where} needs the module {got}, which is not available here.",
        hint="Build the network with torch, numpy and Python's own library, in one file; or hand in an .onnx from secateur export.",
        explanation="Imports that the network does not need are passed over, whether they are there or not.",
    ),
    # --- while it runs
    "code-raised": Sentence(
        message="{where}: {got}.",
        hint="The line is: {expected}.",
        explanation="The code was run to build the network, and once with one image to export it; it raised an exception.",
    ),
    "code-forbidden": Sentence(
        message="{where}: {got}.",
        hint="The line is: {expected}. Nothing can be opened, downloaded or started here; the weights are loaded for you.",
        explanation="Code runs without files, data and network. Build networks with weights=None.",
    ),
    "code-device": Sentence(
        message="{where}: {got}.",
        hint="The line is: {expected}. There is no GPU here: leave .cuda() out, or ask torch.cuda.is_available().",
        explanation="The network is built and exported on a processor.",
    ),
    "code-no-network": Sentence(
        message="{where} gives {got}; it has to give a torch.nn.Module, or a list of them.",
        hint="Return the network itself: return StudentNet().",
        explanation="Several networks are an ensemble: the outputs of their softmax are averaged.",
    ),
    "code-too-slow": Sentence(
        message="{where} was still at work when its time was over: {got}.",
        hint="Let it build the network and nothing else: no training, no waiting, no data.",
        explanation="Building a network of this size and exporting it takes less than a second.",
    ),
    "code-memory": Sentence(
        message="{where} needed more than {got} of memory.",
        hint="Use smaller layers where the image is still large; keep data sets out of the code.",
        explanation="The network is run once with one image.",
    ),
    "code-output": Sentence(
        message="{where} gave more than {got}.",
        hint="The network has to fit the assignment's limits; a graph without its weights has some kilobytes.",
        explanation="What comes out of the jail is cut off there.",
    ),
    "code-died": Sentence(
        message="{where} ended without a network: {got}.",
        hint="Leave out what ends the process or speaks to the grader; try secateur export on your own machine.",
        explanation="The code may build a network and nothing else. Whatever it does to its process harms itself alone.",
    ),
    # --- the weights
    "code-checkpoints": Sentence(
        message="The code gives {expected} networks, the zip has {got} weight files.",
        hint="One file for each, sorted by name, or one for all: torch.save(nn.ModuleList(networks).state_dict(), PATH).",
        explanation="Each network of an ensemble needs its own weights.",
    ),
    "code-missing-weight": Sentence(
        message="The network's {where}, of shape {expected}, is not in the checkpoint.",
        hint="The code has to build the network that was saved. The nearest name in the checkpoint: {got}.",
        explanation="Weights are loaded strictly: every name of the network's state dict has to be there.",
    ),
    "code-unexpected-weight": Sentence(
        message="The checkpoint's {where}, of shape {got}, is not in the network.",
        hint="The code has to build the network that was saved. The nearest name in the network: {expected}.",
        explanation="Weights are loaded strictly: nothing in the checkpoint may be left over.",
    ),
    "code-weight-shape": Sentence(
        message="{where} has shape {got} in the checkpoint and {expected} in the network.",
        hint="The code has to build the network with the sizes that were saved.",
        explanation="Weights are loaded strictly.",
    ),
    # --- the export
    "code-operator": Sentence(
        message="{where}: torch's exporter does not write the operator {got} so that it can be read here.",
        hint="Instead: {expected}.",
        explanation="The network is exported as ONNX, so that it is counted and evaluated like everybody's.",
    ),
}
