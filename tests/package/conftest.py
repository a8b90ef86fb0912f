import pytest

from lossbook import language


@pytest.fixture
def speaking():
    """Choose a language for one test."""
    before = language.current()
    yield language.use
    language.use(before)
