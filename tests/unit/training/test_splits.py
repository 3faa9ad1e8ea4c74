import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.training.splits import Deal, deal, parts_needed, rows_needed, strata
from workbench.training.work import Split


def labels(sizes: list[int]) -> np.ndarray:
    return np.repeat([f"class{i}" for i in range(len(sizes))], sizes)


@given(
    sizes=st.lists(st.integers(12, 60), min_size=2, max_size=5),
    seed=st.integers(0, 2**32 - 1),
    folds=st.integers(2, 6),
    test=st.floats(0.1, 0.5),
    method=st.sampled_from(["stratified", "random"]),
)
def test_every_row_is_dealt_once(
    sizes: list[int], seed: int, folds: int, test: float, method: str
) -> None:
    split = Split(method=method, seed=seed, folds=folds, test=test)
    target = labels(sizes)
    dealt = deal(len(target), split, strata(target, "multiclass", split))
    assert sorted([*dealt.train, *dealt.test]) == list(range(len(target)))
    assert len(dealt.folds) == folds
    # The parts that are checked are the training rows, each once; none of the test rows is in a fold.
    assert sorted(row for _, check in dealt.folds for row in check) == dealt.train.tolist()
    for fit, check in dealt.folds:
        assert sorted([*fit, *check]) == dealt.train.tolist()


def test_the_same_seed_deals_the_same_rows_and_another_one_others() -> None:
    split = Split(seed=3)
    target = labels([50, 50])
    one, again = (deal(100, split, target) for _ in range(2))
    assert one.test.tolist() == again.test.tolist()
    assert all(
        a.tolist() == b.tolist()
        for x, y in zip(one.folds, again.folds, strict=True)
        for a, b in zip(x, y, strict=True)
    )
    other = deal(100, Split(seed=4), target)
    assert one.test.tolist() != other.test.tolist()


def test_the_deal_is_pinned() -> None:
    """RandomState's stream is frozen: figures of old runs can be made again years later."""
    assert deal(10, Split(method="random", seed=42)).test.tolist() == [1, 8]


def test_stratified_keeps_the_shares_of_rows_that_come_sorted() -> None:
    split = Split(test=0.25, folds=4)
    target = labels([80, 20])
    dealt = deal(100, split, strata(target, "binary", split))
    assert (target[dealt.test] == "class1").sum() == 5
    assert [int((target[check] == "class1").sum()) for _, check in dealt.folds] == [4, 4, 3, 4] or (
        sorted(int((target[check] == "class1").sum()) for _, check in dealt.folds) == [3, 4, 4, 4]
    )


def test_random_is_not_fooled_by_sorted_rows() -> None:
    split = Split(method="random")
    dealt = deal(1000, split, strata(labels([500, 500]), "binary", split))
    first_half = int((dealt.test < 500).sum())
    # 200 drawn without replacement of 1000, half of them marked: mean 100, deviation 6.3; six of them.
    assert 62 <= first_half <= 138
    assert all(60 <= (check < 500).sum() <= 100 for _, check in dealt.folds)


def test_numbers_are_stratified_by_tenths() -> None:
    split = Split(test=0.2)
    values = np.random.default_rng(0).lognormal(size=1000)
    groups = strata(values, "regression", split)
    assert np.bincount(groups).tolist() == [100] * 10
    assert all(values[groups == i].max() <= values[groups == i + 1].min() for i in range(9))
    dealt = deal(1000, split, groups)
    assert np.bincount(groups[dealt.test]).tolist() == [20] * 10


def test_few_or_tied_numbers_have_fewer_groups() -> None:
    split = Split()
    groups = strata(np.zeros(15), "regression", split)
    assert groups.max() == 15 // rows_needed(split) - 1
    assert len(deal(15, split, groups).folds) == 5


@pytest.mark.parametrize("method", ["stratified", "random"])
@pytest.mark.parametrize(("test", "folds"), [(0.01, 2), (0.2, 5), (0.9, 2), (0.5, 50)])
def test_rows_needed_is_enough(method: str, test: float, folds: int) -> None:
    split = Split(method=method, test=test, folds=folds)
    size = rows_needed(split)
    target = labels([size, size])
    dealt = deal(2 * size, split, strata(target, "binary", split))
    assert len(dealt.test) >= 1
    assert all(len(fit) and len(check) for fit, check in dealt.folds)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"test": 0.0}, "test"),
        ({"test": 1.0}, "test"),
        ({"folds": 1}, "folds"),
        ({"seed": -1}, "seed"),
        ({"method": "time"}, "column"),
        ({"method": "group", "column": ""}, "column"),
        ({"column": "day"}, "column"),
    ],
)
def test_a_split_that_leaves_nothing_is_refused(values: dict, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Split(**values)


def leaks_of_time(times: np.ndarray, dealt: Deal) -> list[str]:
    """Say where a row is learned from that is not older than every row it is checked with."""
    found = []
    if times[dealt.train].max() >= times[dealt.test].min():
        found.append("test")
    for number, (fit, check) in enumerate(dealt.folds):
        if times[fit].max() >= times[check].min():
            found.append(f"fold {number}")
    return found


def leaks_of_groups(groups: np.ndarray, dealt: Deal) -> list[str]:
    """Say where a group has rows on both sides."""
    pairs = {"test": (dealt.train, dealt.test)}
    pairs |= {f"fold {n}": pair for n, pair in enumerate(dealt.folds)}
    return [name for name, (one, other) in pairs.items() if set(groups[one]) & set(groups[other])]


def whole(rows: int, dealt: Deal) -> None:
    """Every row is trained on or tested; no part is empty; folds are made of training rows only."""
    assert sorted([*dealt.train, *dealt.test]) == list(range(rows))
    for fit, check in dealt.folds:
        assert len(fit) > 0
        assert len(check) > 0
        assert not set(fit) & set(check)
        assert set(fit) | set(check) <= set(dealt.train)


@given(
    sizes=st.lists(st.integers(1, 12), min_size=8, max_size=30),
    seed=st.integers(0, 2**32 - 1),
    folds=st.integers(2, 6),
    test=st.floats(0.05, 0.6),
)
def test_time_and_group_never_leak(sizes: list[int], seed: int, folds: int, test: float) -> None:
    """Times and groups of any sizes, in any order of rows: rows of one time or group stay together."""
    values = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(sizes)), sizes))
    rows = len(values)
    by_time = deal(rows, Split(method="time", column="c", folds=folds, test=test), None, values)
    assert leaks_of_time(values, by_time) == []
    whole(rows, by_time)
    assert len(by_time.folds) == folds
    split = Split(method="group", column="c", folds=folds, test=test, seed=seed)
    for target in (None, np.array(["a", "b"])[np.arange(rows) % 2]):
        by_group = deal(rows, split, target, values.astype(str))
        assert leaks_of_groups(values, by_group) == []
        whole(rows, by_group)
        assert (
            sorted(row for _, check in by_group.folds for row in check) == by_group.train.tolist()
        )
        assert by_group.test_groups is not None
        again = values[by_group.test]
        assert len(set(zip(again, by_group.test_groups, strict=True))) == len(set(again))


def test_the_checks_for_leaks_can_tell() -> None:
    """Known-wrong: rows dealt freely."""
    values = np.repeat(np.arange(20), 5)
    freely = deal(100, Split(method="random"))
    assert leaks_of_time(values, freely)[0] == "test"
    assert leaks_of_groups(values, freely)[0] == "test"


def test_by_time_the_test_is_the_newest_fifth_and_folds_go_forward() -> None:
    times = np.random.default_rng(0).permutation(100)
    dealt = deal(100, Split(method="time", column="t", folds=4), None, times)
    assert sorted(times[dealt.test]) == list(range(80, 100))
    assert [sorted(times[check]) for _, check in dealt.folds] == [
        list(range(start, start + 16)) for start in (16, 32, 48, 64)
    ]
    assert [len(fit) for fit, _ in dealt.folds] == [16, 32, 48, 64]


def test_by_group_about_the_share_is_held_out() -> None:
    groups = np.repeat([f"g{i}" for i in range(50)], 4)
    split = Split(method="group", column="g")
    dealt = deal(200, split, None, groups)
    assert len(dealt.test) == 40
    other = deal(200, Split(method="group", column="g", seed=1), None, groups)
    assert set(groups[other.test]) != set(groups[dealt.test])
    assert deal(200, split, None, groups).test.tolist() == dealt.test.tolist()


@pytest.mark.parametrize("method", ["time", "group"])
def test_too_few_times_or_groups(method: str) -> None:
    split = Split(method=method, column="c", folds=3)
    values = np.arange(40) % (parts_needed(split) - 1)
    with pytest.raises(ValueError, match="needed are"):
        deal(40, split, None, values)
    deal(40, split, None, np.arange(40) % parts_needed(split))
