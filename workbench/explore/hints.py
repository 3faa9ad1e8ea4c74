"""The rules by which charts are suggested: pure functions of a profile and of ties between columns.

Weights order the suggestions: what may be a mistake in the data (a leak, what is missing) before what a
model would use, and that before what is only good to know.
"""

from __future__ import annotations

from collections.abc import Iterator

from workbench.data.profile import ColumnProfile, Profile
from workbench.explore.suggestion import Suggestion, Ties
from workbench.numbers import from_figure
from workbench.options import Value

LEAK = 0.98
"""An association with the target from which a column may know it beforehand."""

NEARLY_THE_SAME, TOGETHER, SOME = 0.95, 0.6, 0.1
GAPS = 0.05
"""A share of missing values that is worth a look."""


def alone(known: Profile, target: str) -> Iterator[Suggestion]:
    """Suggest charts of single columns, of what is missing, and of the whole table."""
    rows = max(known.rows, 1)
    gaps = sorted((c for c in known.columns if c.nulls), key=lambda c: -c.nulls)
    large = [c for c in gaps if c.nulls / rows >= GAPS]
    if large:
        names = ", ".join(f"{c.name} lacks {c.nulls / rows:.0%}" for c in large[:3])
        yield Suggestion(
            kind="missing", columns=(), why=f"{names}: at once, or in turn?", weight=90
        )
    for column in known.columns:
        yield from _of_one(column, rows, target)
    usable = [c for c in known.columns if c.role in {"numeric", "categorical", "boolean"}]
    if len(usable) >= 3:
        why = f"{len(usable)} columns, each with each: what says the same twice?"
        yield Suggestion(kind="correlation", columns=(), why=why, weight=60)
    moments = [c for c in known.columns if c.role == "datetime"]
    if moments:
        when = moments[0].name
        why = f"whether rows come evenly along {when}, or in bursts and gaps"
        yield Suggestion(kind="line", columns=(when,), why=why, weight=50)


def _of_one(column: ColumnProfile, rows: int, target: str) -> Iterator[Suggestion]:
    name = column.name
    if column.not_finite:
        why = f"{column.not_finite:,} values are NaN or infinite"
        yield Suggestion(kind="histogram", columns=(name,), why=why, weight=80)
    if column.role == "numeric":
        yield from _of_numbers(column, rows)
    if column.role == "categorical" and column.top and name != target:
        first = column.top[0]
        if first.count >= 0.9 * max(rows - column.nulls, 1):
            why = f"nearly always {first.value} ({first.count / rows:.0%}): little to learn from"
            yield Suggestion(kind="bar", columns=(name,), why=why, weight=45)
        elif column.distinct > 50:
            shown = sum(one.count for one in column.top[:10]) / rows
            why = f"{column.distinct:,} values; the ten most frequent are {shown:.0%} of the rows"
            yield Suggestion(kind="bar", columns=(name,), why=why, weight=40)


def _of_numbers(column: ColumnProfile, rows: int) -> Iterator[Suggestion]:
    name = column.name
    if column.zeros and column.zeros >= 0.3 * rows:
        why = f"{column.zeros / rows:.0%} are 0: two kinds of rows, or a way to say unknown?"
        options: dict[str, Value] = {"log": True} if column.zeros >= 0.7 * rows else {}
        yield Suggestion(kind="histogram", columns=(name,), why=why, weight=55, options=options)
    ends = [column.quantiles.get(q) for q in ("0.01", "0.25", "0.5", "0.75", "0.99")]
    if column.mean is None or column.std is None or not all(_plain(end) for end in ends):
        return
    low, first, middle, third, high = (float(end) for end in ends if end is not None)
    top, bottom = _number(column.maximum), _number(column.minimum)
    spread = third - first
    if spread > 0 and (top - high > 6 * spread or low - bottom > 6 * spread):
        side = "above" if top - high > 6 * spread else "below"
        why = f"single values far {side} the rest: the last is {top if side == 'above' else bottom:,.5g}"
        yield Suggestion(kind="box", columns=(name,), why=why, weight=65)
    std = from_figure(column.std)
    skew = (from_figure(column.mean) - middle) / std if std else 0.0
    if abs(skew) > 0.3 and low >= 0:
        why = f"skewed: the mean is {abs(skew):.1f} standard deviations {'above' if skew > 0 else 'below'} "
        why += "the median"
        yield Suggestion(kind="histogram", columns=(name,), why=why, weight=52)


def _plain(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def pairs(known: Profile, ties: Ties, target: str) -> Iterator[Suggestion]:
    """Suggest charts of two columns that go together, other than with the target."""
    roles = {column.name: column.role for column in known.columns}
    for (a, b), tie in ties.items():
        if a >= b or target in (a, b) or abs(tie) < TOGETHER:
            continue
        numbers = [name for name in (a, b) if roles.get(name) == "numeric"]
        words = [name for name in (a, b) if name not in numbers]
        same = abs(tie) >= NEARLY_THE_SAME
        size = f"{tie:.2f}"
        weight = (70 if same else 42) + abs(tie)
        if len(numbers) == 2:
            why = f"nearly the same (r = {size}): one of them may do" if same else f"r = {size}"
            yield Suggestion(kind="scatter", columns=(a, b), why=why, weight=weight)
        elif len(numbers) == 1:
            why = f"{words[0]} tells much of {numbers[0]} (eta = {size})"
            yield Suggestion(
                kind="box", columns=(numbers[0],), group=words[0], why=why, weight=weight - 5
            )
        else:
            why = f"they go together (V = {size})" + (": one may do" if same else "")
            yield Suggestion(kind="bar", columns=(a,), group=b, why=why, weight=weight - 8)


def by_target(known: Profile, ties: Ties, target: str) -> Iterator[Suggestion]:
    """Suggest what shows on what the target depends, and what knows it beforehand."""
    aim = known.column(target)
    if aim is None:
        return
    rows = max(known.rows, 1)
    kind = "histogram" if aim.role == "numeric" else "bar"
    yield Suggestion(kind=kind, columns=(target,), why=_aim_words(aim, rows), weight=85)
    strong = sorted(
        ((b, tie) for (a, b), tie in ties.items() if a == target), key=lambda pair: -abs(pair[1])
    )
    for place, (name, tie) in enumerate(strong):
        if abs(tie) >= LEAK:
            why = f"knows {target} almost by itself ({abs(tie):.2f}): is it known beforehand?"
            yield Suggestion(kind="target", columns=(name, target), why=why, weight=100)
        elif abs(tie) >= SOME and place < 8:
            why = f"goes with {target} ({abs(tie):.2f})"
            weight = 72 + abs(tie) * 10
            yield Suggestion(kind="target", columns=(name, target), why=why, weight=weight)
    for column in known.columns:
        if column.role == "datetime":
            why = f"whether {target} changes with time: then test on later rows"
            columns = (column.name, target)
            yield Suggestion(kind="target", columns=columns, why=why, weight=74)
            break


def _aim_words(aim: ColumnProfile, rows: int) -> str:
    if aim.role == "numeric":
        return "what is to be predicted: its spread is what a model must beat"
    counted = sorted(aim.top, key=lambda one: one.count)
    if not counted:
        return "what is to be predicted"
    filled = max(rows - aim.nulls, 1)
    rare, often = counted[0], counted[-1]
    value = str(rare.value).lower() if isinstance(rare.value, bool) else rare.value
    share = rare.count / filled
    words = f"what is to be predicted: {value} is the rarest with {share:.1%}"
    if share < 0.1:
        words += f"; a guess of the most frequent is right in {often.count / filled:.0%}"
    return words
