import pytest

from workbench.plugins import load, names
from workbench.testing.trainers import TrainerContract
from workbench.training.contract import Trainer


class TestBuiltInTrainers(TrainerContract):
    @pytest.fixture(params=names("trainers"))
    def trainer(self, request: pytest.FixtureRequest) -> Trainer:
        plugin: Trainer = load("trainers", request.param)
        return plugin
