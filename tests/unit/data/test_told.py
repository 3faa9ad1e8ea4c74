"""Types as they are told come back as they were written, whatever a column is called."""

from hypothesis import given
from hypothesis import strategies as st

from workbench.data.told import KINDS, told_types, write_types

NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), min_size=1, max_size=12)


@given(st.dictionaries(NAMES, st.sampled_from(KINDS), max_size=5))
def test_what_is_written_is_read(told: dict[str, str]) -> None:
    assert told_types(write_types(told)) == told
