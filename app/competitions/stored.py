"""The rules of a stored version, ready to grade with: definition, network and hidden test set, opened once a process."""

from contextlib import ExitStack
from typing import Self

from app.competitions.definition import CompetitionDefinition, from_json
from app.database import Database
from app.storage import Store
from grader.competition import Definition
from grader.errors import GraderFault
from grader.testset import TestSet, open_test_folder
from models.competitions import CompetitionVersion


class Definitions:
    """The definitions of stored versions, validated once. Versions never change, so nothing here ever expires."""

    def __init__(self) -> None:
        self._known: dict[int, CompetitionDefinition] = {}

    def of(self, version: CompetitionVersion) -> CompetitionDefinition:
        """The definition of a version."""
        if version.id not in self._known:
            self._known[version.id] = from_json(version.definition)
        return self._known[version.id]


class Rules:
    """One version's rules. The test set is opened when it is first needed and stays open."""

    def __init__(self, definition: Definition, dataset_digest: str, store: Store, stack: ExitStack) -> None:
        self.definition = definition
        self.dataset_digest = dataset_digest
        self._store = store
        self._stack = stack
        self._test_set: TestSet | None = None

    def test_set(self) -> TestSet:
        """The hidden test set. Raises DatasetError where its folder is damaged, StoreAway where it is not to be had now."""
        if self._test_set is None:
            self._test_set = self._stack.enter_context(open_test_folder(self._store.dataset(self.dataset_digest)))
        return self._test_set


class RulesCache:
    """The rules of every version that this process has graded with."""

    def __init__(self, database: Database, store: Store) -> None:
        self._database = database
        self._store = store
        self._rules: dict[int, Rules] = {}
        self._stack = ExitStack()

    def of(self, version_id: int) -> Rules:
        """The rules of a version."""
        if version_id not in self._rules:
            self._rules[version_id] = self._load(version_id)
        return self._rules[version_id]

    def _load(self, version_id: int) -> Rules:
        with self._database.read() as session:
            version = session.get_one(CompetitionVersion, version_id)
            if version.dataset is None:
                raise GraderFault(f"version {version_id} has no test set; nothing is graded under it")
            digest = version.dataset.digest
            definition = from_json(version.definition).grading
        return Rules(definition, digest, self._store, self._stack)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._stack.close()
