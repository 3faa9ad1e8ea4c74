"""What every model format must keep: subclass FormatContract, override the fixtures, run by pytest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from workbench.errors import BadInput, WorkbenchError
from workbench.models.contract import Format

_ROWS = 60


class FormatContract:
    """The guarantees of `workbench.models.contract.Format`.

    Override `format_plugin`; override `models` when the format takes other models than a fitted
    scikit-learn pipeline of linear and histogram-boosted kind over a Polars frame.
    """

    @pytest.fixture
    def format_plugin(self) -> Format:
        """The format under test."""
        raise NotImplementedError("override the fixture format_plugin")

    @pytest.fixture
    def frame(self) -> Any:
        """Sixty rows with a number, a category and nulls in both."""
        import polars as pl

        number = [None if i % 7 == 0 else float((i * 37) % 11) for i in range(_ROWS)]
        category = [None if i % 9 == 0 else "abc"[i % 3] for i in range(_ROWS)]
        return pl.DataFrame({"number": number, "category": category})

    @pytest.fixture
    def models(self, frame: Any) -> list[Any]:
        """Fitted models to be written."""
        from sklearn.compose import ColumnTransformer
        from sklearn.ensemble import HistGradientBoostingClassifier
        from sklearn.impute import SimpleImputer
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import Pipeline
        from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

        truth = ["yes" if i % 4 == 0 else "no" for i in range(_ROWS)]
        onehot = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
        codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=float("nan"))
        boosting = HistGradientBoostingClassifier(
            max_iter=3, categorical_features=[1], random_state=0
        )
        found = []
        for number, category, estimator in (
            (SimpleImputer(), onehot, LogisticRegression()),
            ("passthrough", codes, boosting),
        ):
            parts = [("number", number, ["number"]), ("category", category, ["category"])]
            pipeline = Pipeline([("features", ColumnTransformer(parts)), ("model", estimator)])
            found.append(pipeline.fit(frame, truth))
        return found

    def test_says_what_it_is(self, format_plugin: Format) -> None:
        """Name, suffix, safety."""
        assert format_plugin.name.isidentifier()
        assert format_plugin.suffix.startswith(".")
        assert isinstance(format_plugin.safe, bool)

    def test_what_was_written_is_read_back(
        self, format_plugin: Format, models: list[Any], frame: Any, tmp_path: Path
    ) -> None:
        """A loaded model predicts what the written one did, to the last bit."""
        for i, model in enumerate(models):
            path = tmp_path / f"{i}{format_plugin.suffix}"
            format_plugin.dump(model, path)
            assert format_plugin.inspect(path) == ()
            types = format_plugin.scan(path).types
            assert any(type(model).__name__ in found.name for found in types)
            assert {found.verdict for found in types} == {"trusted"}
            loaded = format_plugin.load(path)
            assert (loaded.predict(frame) == model.predict(frame)).all()
            assert (loaded.predict_proba(frame) == model.predict_proba(frame)).all()

    def test_two_dumps_have_one_content(
        self, format_plugin: Format, models: list[Any], tmp_path: Path
    ) -> None:
        """Equal for two dumps of one fitted model, unlike for two models."""
        contents = []
        for i, model in enumerate(models):
            a, b = (tmp_path / f"{i}{turn}{format_plugin.suffix}" for turn in "ab")
            format_plugin.dump(model, a)
            format_plugin.dump(model, b)
            contents.append(format_plugin.content(a))
            assert format_plugin.content(b) == contents[-1]
            assert contents[-1].startswith("m1:")
        assert len(set(contents)) == len(models)

    def test_a_damaged_file_is_bad_input(
        self, format_plugin: Format, models: list[Any], tmp_path: Path
    ) -> None:
        """Cut anywhere, or empty, or missing: BadInput from each way of reading."""
        whole, path = tmp_path / "whole", tmp_path / f"cut{format_plugin.suffix}"
        format_plugin.dump(models[0], whole)
        data = whole.read_bytes()
        for cut in (0, 1, len(data) // 2, len(data) - 1):
            path.write_bytes(data[:cut])
            plugin = format_plugin
            for read in (plugin.scan, plugin.inspect, plugin.load, plugin.content):
                with pytest.raises(BadInput):
                    read(path)
        with pytest.raises(BadInput):
            format_plugin.load(tmp_path / "missing")

    def test_flipped_bytes_never_escape(
        self, format_plugin: Format, models: list[Any], tmp_path: Path
    ) -> None:
        """A changed byte gives a model, or one of our errors; never another exception."""
        whole, path = tmp_path / "whole", tmp_path / f"flipped{format_plugin.suffix}"
        format_plugin.dump(models[0], whole)
        data = whole.read_bytes()
        for place in range(0, len(data), max(len(data) // 150, 1)):
            path.write_bytes(data[:place] + bytes([data[place] ^ 0x55]) + data[place + 1 :])
            plugin = format_plugin
            for read in (plugin.scan, plugin.inspect, plugin.content, plugin.load):
                try:
                    read(path)
                except WorkbenchError:
                    continue
