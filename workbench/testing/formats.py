"""What every model format must keep: subclass a contract class, override its fixtures, run by pytest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from workbench.errors import BadInput, Refused, WorkbenchError
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


class ScannedFormatContract:
    """The guarantees of a format that is only looked at: `unserved` says why it is not loaded.

    Override `format_plugin` and `sample`, a sound file of that format.
    """

    @pytest.fixture
    def format_plugin(self) -> Format:
        """The format under test."""
        raise NotImplementedError("override the fixture format_plugin")

    @pytest.fixture
    def sample(self, format_plugin: Format, tmp_path: Path) -> Path:
        """A sound file."""
        raise NotImplementedError("override the fixture sample")

    def test_says_what_it_is(self, format_plugin: Format) -> None:
        """Name, suffixes, safety, and why it is not served."""
        assert format_plugin.name.isidentifier()
        assert format_plugin.suffix in format_plugin.suffixes
        assert isinstance(format_plugin.safe, bool)
        assert format_plugin.unserved

    def test_is_scanned_and_never_loaded(self, format_plugin: Format, sample: Path) -> None:
        """The names in it are seen; loading and writing are refused."""
        scan = format_plugin.scan(sample)
        assert scan.types
        assert set(format_plugin.inspect(sample)) == {
            found.name for found in scan.types if found.verdict != "trusted"
        }
        with pytest.raises(Refused):
            format_plugin.load(sample)
        with pytest.raises(Refused):
            format_plugin.dump(object(), sample)
        content = format_plugin.content(sample)
        assert content.startswith("m1:")
        assert format_plugin.content(sample) == content

    def test_a_damaged_file_is_bad_input(
        self, format_plugin: Format, sample: Path, tmp_path: Path
    ) -> None:
        """Cut anywhere, or empty, or missing: BadInput from each way of reading."""
        data, path = sample.read_bytes(), tmp_path / f"cut{format_plugin.suffix}"
        for cut in (0, 1, len(data) // 2, len(data) - 1):
            path.write_bytes(data[:cut])
            for read in (format_plugin.scan, format_plugin.inspect, format_plugin.content):
                with pytest.raises(BadInput):
                    read(path)
        with pytest.raises(BadInput):
            format_plugin.scan(tmp_path / "missing")

    def test_flipped_bytes_never_escape(
        self, format_plugin: Format, sample: Path, tmp_path: Path
    ) -> None:
        """A changed byte gives a scan, or one of our errors; never another exception."""
        data, path = sample.read_bytes(), tmp_path / f"flipped{format_plugin.suffix}"
        for place in range(0, len(data), max(len(data) // 300, 1)):
            path.write_bytes(data[:place] + bytes([data[place] ^ 0x55]) + data[place + 1 :])
            for read in (format_plugin.scan, format_plugin.content, format_plugin.hints):
                try:
                    read(path)
                except WorkbenchError:
                    continue
