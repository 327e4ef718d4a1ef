"""The same simulated user, with results on a real disk and the values of libraries."""

import tempfile

import pytest
from hypothesis import settings

from kernel_magics.engine.session.session import Session
from kernel_magics.store import DiskStore
from kernel_magics.values import VALUES
from tests.engine.test_stateful import Person
from tests.examples import examples

pytestmark = pytest.mark.slow


class Restarting(Person):
    """What is read after a restart was written by the store of the kernel before."""

    def make_store(self) -> DiskStore:
        self.folder = tempfile.TemporaryDirectory()
        return DiskStore(self.folder.name)

    def make_session(self) -> Session:
        self.store.flush()
        self.store = DiskStore(self.folder.name)
        return Session(VALUES, self.store)

    def teardown(self) -> None:
        super().teardown()
        self.store.flush()
        self.folder.cleanup()


Restarting.TestCase.settings = settings(Person.TestCase.settings, max_examples=examples(15).max_examples)
TestRestarting = Restarting.TestCase
