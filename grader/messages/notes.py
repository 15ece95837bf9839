"""Remarks about a file that are no reason to refuse it."""

NOTES = {
    "optimizer-ignored": "{got} arrays of the optimizer were passed over; model.save_weights leaves most of them out.",
    "metrics-ignored": "{got} arrays of metrics were passed over.",
    "seeds-ignored": "{got} arrays of random seeds were passed over.",
    "model-config-ignored": "The file holds a whole model; its configuration was not read, only its weights.",
    "checkpoint-baggage-ignored": (
        "{got} entries of the checkpoint beside the network (optimizer, epoch and the like) were passed over."
    ),
    "other-networks-ignored": (
        "The checkpoint has {got} more dictionaries of tensors (an average of the weights, say); "
        "what is graded is the one under a usual name such as state_dict or model."
    ),
    "counters-ignored": "{got} counters of BatchNorm (num_batches_tracked) were passed over.",
    "whole-module": (
        "The file holds a whole pickled module; only its tensors were read, none of its code. "
        'A state dict is safer and smaller: torch.save(model.state_dict(), "model.pt").'
    ),
    "data-parallel": "The prefix module., which DataParallel puts before every name, was taken off.",
    "averaged": (
        "The network is the average that AveragedModel keeps: the prefix module. before its names was taken off, "
        "its counter n_averaged passed over."
    ),
    "compiled": "The prefix _orig_mod., which torch.compile puts before names, was taken off.",
    "tied-tensors": "{got} tensors are the same numbers under another name; they were read as arrays of their own.",
    "cast-to-float32": "{where} arrays are stored as {got}; they were converted to float32 and are counted so.",
    "code-exported": (
        "The network was built by {where} and exported with {expected}; {got} statements of it were left out, which are no "
        "imports, constants, classes or functions."
    ),
    "derived": "The assignment leaves open what the shapes tell: {got}.",
    "order-of-names": "The file does not say in which order its layers are used; by their names it is {got}.",
    "order-of-shapes": (
        "The file does not say in which order its layers are used; by their shapes, and where these are alike by the numbers "
        "in their names, it is {got}."
    ),
    "reordered": (
        "The layers were taken in the order {got}, which is not the file's: it is the only one in which their shapes fit."
    ),
    "almost-zero": (
        "{got} weights lie between 0 and 0.000001 without being 0, and {expected} are exactly 0: "
        "if those were meant to be pruned, multiply them by the mask before saving."
    ),
    "not-followed": (
        "Filters and neurons that do nothing were not looked for, since following this network would take more than "
        "{expected}: its effective multiply-accumulates are those of the whole network."
    ),
}
