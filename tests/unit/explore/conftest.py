from pathlib import Path

import pytest

from workbench.project.project import Project, init_project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return init_project(tmp_path / "project", "proof")
