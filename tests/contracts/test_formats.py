import pickle
from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from workbench.models.contract import Format
from workbench.plugins import load, names
from workbench.testing.formats import FormatContract, ScannedFormatContract


def formats(*, served: bool) -> list[str]:
    return [name for name in names("formats") if bool(load("formats", name).unserved) != served]


class TestBuiltInFormats(FormatContract):
    @pytest.fixture(params=formats(served=True))
    def format_plugin(self, request: pytest.FixtureRequest) -> Format:
        plugin: Format = load("formats", request.param)
        return plugin


class TestScannedFormats(ScannedFormatContract):
    @pytest.fixture(params=formats(served=False))
    def format_plugin(self, request: pytest.FixtureRequest) -> Format:
        plugin: Format = load("formats", request.param)
        return plugin

    @pytest.fixture
    def sample(self, format_plugin: Format, tmp_path: Path) -> Path:
        path = tmp_path / f"sample{format_plugin.suffix}"
        model = LogisticRegression().fit(np.arange(4.0)[:, None], ["a", "b", "a", "b"])
        if format_plugin.name == "pickle":
            path.write_bytes(pickle.dumps(model))
        elif format_plugin.name == "joblib":
            joblib.dump(model, path)
        else:
            from onnx_files import LINEAR

            path.write_bytes(LINEAR)
        return path
