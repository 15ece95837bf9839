"""Which of a checkpoint's tensors are the network's, in files that torch itself writes."""

import pytest

from tests.grader.reading.test_torch_files import (
    assert_same,
    expected,
    named,
    network,
    notes,
    read,
    refused,
    safetensors_torch,
    save,
    save_old,
    torch,
)


def test_tensors_beside_the_network_are_none_of_it() -> None:
    state_dict = network().state_dict()
    beside = {"epoch": 3, "best_acc1": torch.tensor(71.2), "rng": torch.get_rng_state(), "optimizer": {}}

    for name in ("state_dict", "model", "my_network"):
        assert_same(read(save({**beside, name: state_dict})), state_dict)
        assert_same(read(save({name: network(), **beside})), state_dict)
    assert_same(read(save({**beside, "model": {"epoch": torch.tensor(3), "state_dict": state_dict}})), state_dict)
    assert refused(save({**beside, "generator": state_dict, "critic": state_dict})) == [("several-state-dicts", "")]


def test_a_dictionary_among_layers_is_none_of_them() -> None:
    inside = {"scale": torch.ones(1)}

    assert refused(save({"a.weight": torch.ones(1), "extra": inside})) == [("not-a-tensor", "extra")]
    assert refused(save({"a.weight": torch.ones(1), "params": {"lr": 0.1}})) == [("not-a-tensor", "params")]


def test_a_network_beside_the_one_that_is_taken_is_told() -> None:
    weights = read(save({"model": network().state_dict(), "ema": {"a.weight": torch.ones(1)}}))

    assert_same(weights, network().state_dict())
    assert notes(weights) == ["other-networks-ignored", "checkpoint-baggage-ignored", "counters-ignored"]


def test_an_average_of_weights_is_read_without_its_counter() -> None:
    averaged = torch.optim.swa_utils.AveragedModel(network())
    state_dict = averaged.module.state_dict()

    for content in (save(averaged.state_dict()), save_old(averaged.state_dict())):
        assert_same(read(content), state_dict)
        assert notes(read(content)) == ["averaged", "counters-ignored"]
    assert notes(read(save(averaged))) == ["whole-module", "averaged", "counters-ignored"]
    table = read(safetensors_torch.save(dict(averaged.state_dict())))
    assert (named(table).keys(), notes(table)) == (expected(state_dict).keys(), ["averaged", "counters-ignored"])


def test_a_counter_of_no_average_is_refused() -> None:
    counter = {"n_averaged": torch.tensor(3)}

    assert refused(save({**counter, "a.weight": torch.ones(1)})) == [("tensor-dtype", "n_averaged")]
    assert refused(save(counter)) == [("tensor-dtype", "n_averaged")]


@pytest.mark.filterwarnings("ignore")
def test_a_network_after_quantize_dynamic_is_told_to_be_quantised() -> None:
    quantised = torch.ao.quantization.quantize_dynamic(network(), {torch.nn.Linear}, dtype=torch.qint8)

    assert ("tensor-quantised", "4._packed_params._packed_params") in refused(save(quantised.state_dict()))
