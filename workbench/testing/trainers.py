"""What every trainer must keep: subclass TrainerContract, override `trainer`, run by pytest.

    class TestMine(TrainerContract):
        @pytest.fixture
        def trainer(self):
            return TRAINER

The trainer's estimators are fitted behind the features that a run builds for them.
"""

from __future__ import annotations

import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import pytest

from workbench.errors import BadInput
from workbench.links import NAME
from workbench.options import settle
from workbench.training.contract import Task, Trainer

if TYPE_CHECKING:
    import polars as pl

ROWS = 240
_WORDS = ("ice on the wing", "crew late", "no fuel", "fog", "bird strike", "strike", "calm sea")


class TrainerContract:
    """The guarantees of `workbench.training.contract.Trainer`. Override the fixture `trainer`."""

    @pytest.fixture
    def trainer(self) -> Trainer:
        """The trainer under test."""
        raise NotImplementedError("override the fixture trainer")

    @pytest.fixture(params=get_args(Task))
    def task(self, request: pytest.FixtureRequest) -> Task:
        """Each task that the trainer says it does."""
        trainer: Trainer = request.getfixturevalue("trainer")
        if request.param not in trainer.tasks:
            pytest.skip(f"{trainer.name} does not do {request.param}")
        task: Task = request.param
        return task

    @pytest.fixture
    def frame(self) -> pl.DataFrame:
        """Numbers, categories (few, very many), a flag, a date, a text; nulls in all but the first."""
        import polars as pl

        def gaps(every: int, values: list[Any]) -> list[Any]:
            return [None if i % every == 0 else value for i, value in enumerate(values)]

        day = date(2024, 1, 1)
        return pl.DataFrame(
            {
                "whole": [(i * 37) % 101 for i in range(ROWS)],
                "part": gaps(7, [((i * 53) % 97) / 9.0 for i in range(ROWS)]),
                "kind": gaps(11, ["abc"[(i * 7) % 3] for i in range(ROWS)]),
                "flag": gaps(13, [(i * 31) % 5 < 2 for i in range(ROWS)]),
                "day": gaps(17, [day + timedelta(days=(i * 13) % 365) for i in range(ROWS)]),
                "town": gaps(19, [f"town {(i * 17) % 130}" for i in range(ROWS)]),
                "note": gaps(23, [_WORDS[i % 5] + " and " + _WORDS[i % 7] for i in range(ROWS)]),
            }
        )

    def test_declares_itself(self, trainer: Trainer) -> None:
        """Name, title, tasks, options with valid defaults."""
        assert NAME.fullmatch(trainer.name)
        assert trainer.title
        assert trainer.tasks
        assert trainer.tasks <= set(get_args(Task))
        names = [option.name for option in trainer.options]
        assert len(set(names)) == len(names)
        for option in trainer.options:
            assert option.help, option.name
            assert option.check(option.default) == option.default, option.name

    def test_import_is_cheap(self, trainer: Trainer) -> None:
        """Its module loads without scikit-learn, since forms and flags need the options only."""
        code = f"import {type(trainer).__module__}, sys; sys.exit('sklearn' in sys.modules)"
        assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

    def test_values_out_of_bounds_are_refused(self, trainer: Trainer) -> None:
        """Bounds are data: just outside of each, settling the options raises BadInput."""
        for option in trainer.options:
            outside: list[Any] = []
            if option.minimum is not None:
                outside.append(option.minimum - 1)
            if option.maximum is not None:
                outside.append(option.maximum + 1)
            if option.choices:
                outside.append("no such choice")
            for value in outside:
                given = int(value) if option.kind == "int" else value
                with pytest.raises(BadInput):
                    settle(trainer.options, {option.name: given}, owner=trainer.name)

    def test_builds_at_its_bounds_and_choices(self, trainer: Trainer, task: Task) -> None:
        """What the options allow can be built."""
        for option in trainer.options:
            values: list[Any] = [*option.choices, option.default]
            bounds = [option.maximum] if option.open_minimum else [option.minimum, option.maximum]
            values += [
                int(bound) if option.kind == "int" else bound
                for bound in bounds
                if bound is not None
            ]
            for value in values:
                params = settle(trainer.options, {option.name: value}, owner=trainer.name)
                assert hasattr(trainer.build(task, params, 0, []), "fit")

    def test_build_is_pure(self, trainer: Trainer, task: Task) -> None:
        """It changes none of its arguments and returns a new unfitted estimator each time."""
        from sklearn.base import is_classifier, is_regressor

        params = settle(trainer.options, {}, owner=trainer.name)
        before, codes = dict(params), [False, True]
        first, second = (trainer.build(task, params, 3, codes) for _ in range(2))
        assert params == before
        assert codes == [False, True]
        assert first is not second
        assert is_regressor(first) == (task == "regression")
        assert is_classifier(first) == (task != "regression")
        assert not any(name.endswith("_") and not name.startswith("_") for name in vars(first))

    def test_fits_behind_features(self, trainer: Trainer, task: Task, frame: pl.DataFrame) -> None:
        """Predictions of the right shape, also for nulls everywhere and values never seen."""
        import numpy as np
        import polars as pl

        model, target = self._fitted(trainer, task, frame, seed=1)
        strange = frame.head(3).with_columns(
            kind=pl.lit("never seen"), part=pl.lit(None, pl.Float64), flag=pl.lit(None, pl.Boolean)
        )
        strange = strange.with_columns(
            day=pl.lit(None, pl.Date), town=pl.lit("Nowhere"), note=pl.lit("words never read")
        )
        predicted = model.predict(pl.concat([frame, strange]))
        assert predicted.shape == (ROWS + 3,)
        if task == "regression":
            assert np.isfinite(predicted).all()
            return
        chances = model.predict_proba(strange)
        assert list(model.classes_) == sorted(set(target.tolist()))
        assert chances.shape == (3, len(model.classes_))
        assert np.allclose(chances.sum(axis=1), 1.0)
        assert ((chances >= 0) & (chances <= 1)).all()

    def test_a_seed_decides(self, trainer: Trainer, task: Task, frame: pl.DataFrame) -> None:
        """The same rows, parameters and seed make the same predictions."""
        one, other = (self._fitted(trainer, task, frame, seed=7)[0] for _ in range(2))
        assert (one.predict(frame) == other.predict(frame)).all()
        if task != "regression":
            assert (one.predict_proba(frame) == other.predict_proba(frame)).all()

    def test_is_stored_and_served_again(
        self, trainer: Trainer, task: Task, frame: pl.DataFrame, tmp_path: Path
    ) -> None:
        """Written as skops, it holds only types of our list, and predicts the same when loaded."""
        from workbench.plugins import load

        model = self._fitted(trainer, task, frame, seed=2)[0]
        stored, path = load("formats", "skops"), tmp_path / "model.skops"
        stored.dump(model, path)
        assert stored.inspect(path) == ()
        loaded, row = stored.load(path), frame.head(1)
        for rows in (frame, row):
            assert (loaded.predict(rows) == model.predict(rows)).all()
        again = tmp_path / "again.skops"
        stored.dump(self._fitted(trainer, task, frame, seed=2)[0], again)
        assert stored.content(again) == stored.content(path)

    def _fitted(
        self, trainer: Trainer, task: Task, frame: pl.DataFrame, *, seed: int
    ) -> tuple[Any, Any]:
        import numpy as np

        from workbench.training.features import plan_features
        from workbench.training.fitting import Recipe

        roles = {"whole": "numeric", "part": "numeric", "kind": "categorical"}
        roles |= {"flag": "boolean", "day": "datetime", "town": "categorical", "note": "text"}
        plan = plan_features(frame, roles, target="")
        score = (
            frame["whole"].to_numpy() + 10.0 * (frame["kind"] == "a").fill_null(False).to_numpy()
        )
        groups = {"binary": [55.0], "multiclass": [35.0, 70.0]}
        target = (
            score
            if task == "regression"
            else np.asarray(["low", "mid", "top"])[np.digitize(score, groups[task])]
        )
        params = settle(trainer.options, {}, owner=trainer.name)
        return Recipe(task, plan, trainer, params, seed).make().fit(frame, target), target
