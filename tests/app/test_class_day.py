"""A class's day: forty pruned networks of the Fashion-MNIST assignment, handed in to one service by twenty students.

What the board and the plot say is computed here once more, by other means: PyTorch in float64 on the networks as they
were handed in, and sums over the sizes that pruning left, worked out by hand.
"""

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest

torch = pytest.importorskip("torch")

from app.accounts import service as accounts  # noqa: E402 - nothing here makes sense without torch
from app.accounts.passwords import Passwords  # noqa: E402
from app.competitions import definition  # noqa: E402
from app.competitions import service as competition_service  # noqa: E402
from app.courses import service as courses  # noqa: E402
from app.database import Database  # noqa: E402
from app.schema import migrate  # noqa: E402
from app.storage import Store  # noqa: E402
from models.courses import Course, Role  # noqa: E402
from tests.app.world import FOLDER, World, populate, write_images  # noqa: E402
from tests.databases import Backend  # noqa: E402
from tests.faults.tree import Tree, running, wait_for  # noqa: E402

pytestmark = pytest.mark.only_on(
    "sqlite",
    reason="sums and drawings are what is tested; boards and services have tests of their own on each database",
)
STUDENTS = 20
EXAMPLES = 100
BAR = Fraction(87, 100)
SIZES = (6, 8, 24)
"""Filters of the first and second convolution, and neurons of the hidden layer, before pruning."""


@dataclass(frozen=True)
class Handed:
    """A network that was handed in, and what this test says that it comes to."""

    student: int
    content: bytes
    flops: int
    correct: int
    is_masked: bool
    """Whether pruning set zeros, so that there is something to take out."""

    @property
    def accuracy(self) -> Fraction:
        return Fraction(self.correct, EXAMPLES)


def base() -> Any:
    """A network whose later channels and neurons matter less and less, so that pruning costs by degrees."""
    torch.manual_seed(6886)
    first, second, hidden = SIZES
    network = torch.nn.Sequential(
        torch.nn.Conv2d(1, first, 3),
        torch.nn.ReLU(),
        torch.nn.Conv2d(first, second, 3),
        torch.nn.ReLU(),
        torch.nn.Flatten(),
        torch.nn.Linear(second * 24 * 24, hidden),
        torch.nn.ReLU(),
        torch.nn.Linear(hidden, 10),
    )
    with torch.no_grad():
        for place, units in zip((0, 2, 5), SIZES, strict=True):
            scale = 0.4 ** torch.arange(units)
            network[place].weight.mul_(scale.reshape(-1, *[1] * (network[place].weight.ndim - 1)))
            network[place].bias.mul_(scale)
    return network


def centred(network: Any, images: Any) -> Any:
    """The network with its last bias moved so that the classes are about evenly spread over the images."""
    with torch.no_grad():
        logits = network(images)
        network[7].weight.div_(logits.std())
        network[7].bias.copy_(-(logits.mean(0) - network[7].bias) / logits.std())
    return network


def classes_of(state: Mapping[str, Any], images: Any) -> Any:
    """The classes that a state dict gives in float64."""
    with torch.no_grad():
        x = images.double()
        w = {name: tensor.double() for name, tensor in state.items()}
        x = torch.relu(torch.nn.functional.conv2d(x, w["0.weight"], w["0.bias"]))
        x = torch.relu(torch.nn.functional.conv2d(x, w["2.weight"], w["2.bias"])).flatten(1)
        x = torch.relu(x @ w["5.weight"].T + w["5.bias"])
        return (x @ w["7.weight"].T + w["7.bias"]).argmax(1)


def pruned(network: Any, removed: Sequence[int], *, physically: bool) -> dict[str, Any]:
    """The state dict without the last so many filters, filters and neurons: set to zero, or cut out."""
    state = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    first, second, hidden = (size - gone for size, gone in zip(SIZES, removed, strict=True))
    if not physically:
        for place, left in ((0, first), (2, second), (5, hidden)):
            state[f"{place}.weight"][left:] = 0
            state[f"{place}.bias"][left:] = 0
        return state
    state["0.weight"], state["0.bias"] = state["0.weight"][:first], state["0.bias"][:first]
    state["2.weight"], state["2.bias"] = state["2.weight"][:second, :first], state["2.bias"][:second]
    # The pixels of a channel stand side by side: each filter of the second convolution is 24 x 24 columns.
    state["5.weight"], state["5.bias"] = state["5.weight"][:hidden, : second * 24 * 24], state["5.bias"][:hidden]
    state["7.weight"] = state["7.weight"][:, :hidden]
    return {name: tensor.clone() for name, tensor in state.items()}


def flops_of(removed: Sequence[int]) -> int:
    """Two for each multiply-accumulate of what is left, layer by layer."""
    first, second, hidden = (size - gone for size, gone in zip(SIZES, removed, strict=True))
    return 2 * (first * 9 * 26 * 26 + second * first * 9 * 24 * 24 + hidden * second * 24 * 24 + 10 * hidden)


def make_class(images: Any) -> tuple[Any, Sequence[Handed]]:
    """The labels of the images, and forty networks, two of each student."""
    network = centred(base(), images)
    labels = classes_of(network.state_dict(), images)
    labels[::25] = (labels[::25] + 1) % 10  # the base itself is wrong now and then
    handed = []
    for number in range(2 * STUDENTS):
        removed = (number % 3, (number // 3) % 5, (number * 7) % 13)
        state = pruned(network, removed, physically=number % 2 == 1)
        sink = io.BytesIO()
        torch.save(state, sink)
        correct = int((classes_of(state, images) == labels).sum())
        is_masked = number % 2 == 0 and any(removed)
        handed.append(Handed(number % STUDENTS, sink.getvalue(), flops_of(removed), correct, is_masked))
    return labels, handed


@pytest.fixture(scope="module")
def day(
    backend: Backend, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Tree, Sequence[str], Sequence[Handed]]]:
    """The running service, the students' tokens, and what they are about to hand in."""
    folder, scratch = tmp_path_factory.mktemp("class"), tmp_path_factory.mktemp("scratch")
    stored = np.random.default_rng(7).integers(0, 256, (EXAMPLES, 1, 28, 28), dtype=np.uint8)
    stored = np.where(np.arange(28) < np.arange(EXAMPLES).reshape(-1, 1, 1, 1) % 29, stored, stored // 8).astype(
        np.uint8
    )
    labels, handed = make_class((torch.from_numpy(stored).float() / 255 - 0.5) / 0.5)
    np.savez(scratch / "test.npz", images=stored, labels=labels.numpy())
    with backend.empty(folder) as url:
        migrate(url)
        hasher = Passwords(memory_kib=8, passes=1, lanes=1)
        with closing(Database(url)) as database:
            world = populate(database, folder, hasher, write_images(scratch / "demo.npz", 20))
            tokens = enrol(database, world, scratch / "test.npz")
        with running(world, workers=1) as tree:
            yield tree, tokens, handed


def enrol(database: Database, world: World, images: Path) -> Sequence[str]:
    """The assignment as it ships, open at any time; the tokens of its students."""
    text = (FOLDER / "cs6886.yaml").read_text(encoding="utf-8")
    text = text.replace("opens: 2026-09-01 00:00", "opens: 2020-09-01 00:00").replace("closes: 2026-12-18 23:59", "")
    with database.write() as session:
        course = session.get_one(Course, world.course_id)
        copied = competition_service.copy_dataset(Store(world.folder), "clothes", images)
        dataset = competition_service.add_dataset(session, copied)
        read = definition.from_yaml(text, "cs6886.yaml", FOLDER)
        competition_service.apply(session, course, read, text, dataset, None)
        tokens = []
        for number in range(STUDENTS):
            user = accounts.create_user(
                session, email=f"student{number}@example.org", name=f"S{number}", password_hash=None, is_admin=False
            )
            courses.add_member(session, course.id, user.id, Role.STUDENT)
            tokens.append(accounts.create_token(session, user.id, "laptop", timedelta(days=1)).text)
    return tokens


def client_of(tree: Tree, token: str) -> httpx2.Client:
    return httpx2.Client(base_url=tree.url, headers={"Authorization": f"Bearer {token}"}, timeout=60)


def counting(handed: Sequence[Handed]) -> Sequence[tuple[int, Handed]]:
    """By student, which of the two counts: the fewest FLOPs above the bar, the earlier of equals, else the last."""
    chosen = []
    for student in range(STUDENTS):
        own = [(number, each) for number, each in enumerate(handed) if each.student == student]
        good = [pair for pair in own if pair[1].accuracy > BAR]
        chosen.append(min(good, key=lambda pair: (pair[1].flops, pair[0])) if good else own[-1])
    return chosen


def dominated(one: Handed, others: Sequence[Handed]) -> bool:
    """Whether another one is no worse in both and better in one."""
    return any(
        other.flops <= one.flops
        and other.correct >= one.correct
        and (other.flops, other.correct) != (one.flops, one.correct)
        for other in others
    )


@dataclass(frozen=True)
class Evening:
    """What the staff see when all is graded: each result, the board, the plot and its drawing."""

    handed: Sequence[Handed]
    results: Sequence[Mapping[str, Any]]
    rows: Sequence[Mapping[str, Any]]
    points: Sequence[Mapping[str, Any]]
    drawing: bytes

    def number(self, place: int) -> int:
        """The submission of a network."""
        found: int = self.results[place]["id"]
        return found


@pytest.fixture(scope="module")
def evening(day: tuple[Tree, Sequence[str], Sequence[Handed]]) -> Evening:
    tree, tokens, handed = day
    numbers = []
    for each in handed:
        with client_of(tree, tokens[each.student]) as client:
            params = {"competition": "cs6886", "name": "model.pt"}
            response = client.post("/submissions", params=params, content=each.content)
            assert response.status_code == 202, response.text
            numbers.append(response.json()["id"])
    with client_of(tree, tree.world.people["instructor"].token) as client:
        wait_for("everything to be graded", tree.all_ended)
        results = [client.get(f"/submissions/{number}").json() for number in numbers]
        rows = client.get("/competitions/cs6886/leaderboard").json()["rows"]
        points = client.get("/competitions/cs6886/pareto?x=flops_effective&y=accuracy").json()["points"]
        drawing = client.get("/competitions/cs6886/pareto?format=svg").content
    return Evening(handed, results, rows, points, drawing)


def test_every_network_comes_to_what_was_computed(evening: Evening) -> None:
    for each, found in zip(evening.handed, evening.results, strict=True):
        assert found["state"] == "scored", found["report"]["problems"]
        split = found["report"]["splits"]["test"]
        assert (found["score"], split["correct"], split["examples"]) == (each.flops, each.correct, EXAMPLES)
        assert {made["kind"] for made in found["compacted"]} == ({"state-dict", "onnx"} if each.is_masked else set())


def test_the_fewest_operations_above_the_bar_are_ahead(evening: Evening) -> None:
    chosen = counting(evening.handed)
    above = sorted((pair for pair in chosen if pair[1].accuracy > BAR), key=lambda pair: (pair[1].flops, pair[0]))
    below = sorted(pair for pair in chosen if pair[1].accuracy <= BAR)
    assert min(len(above) - 5, len(below) - 3) >= 0, "the day would prove little"

    assert [row["submission_id"] for row in evening.rows] == [evening.number(place) for place, _ in (*above, *below)]
    fewer = [sum(other.flops < each.flops for _, other in above) for _, each in above]
    assert [row["rank"] for row in evening.rows] == [1 + count for count in fewer] + [None] * len(below)
    reasons = [row["reason"] for row in evening.rows[len(above) :]]
    assert reasons == [f"accuracy {each.correct / EXAMPLES:.4f}; needs accuracy > 0.87" for _, each in below]


def test_the_plot_has_every_entrant_and_the_true_frontier(evening: Evening) -> None:
    chosen = counting(evening.handed)
    entries = [each for _, each in chosen]
    frontier = {evening.number(place) for place, each in chosen if not dominated(each, entries)}

    assert {row["submission_id"] for row in evening.rows if row["on_frontier"]} == frontier
    assert {point["submission_id"] for point in evening.points if point["on_frontier"]} == frontier
    assert {(point["submission_id"], point["x"], point["y_exact"]) for point in evening.points} == {
        (evening.number(place), each.flops, str(each.accuracy)) for place, each in chosen
    }
    assert evening.drawing.startswith(b"<?xml")
