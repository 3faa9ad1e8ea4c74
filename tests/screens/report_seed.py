"""A report as data, as a run on penguins leaves it: every part that can be drawn is there."""

from __future__ import annotations

from workbench.training.report.record import (
    Bin,
    Confusion,
    Curve,
    Data,
    Importance,
    Line,
    Part,
    Rail,
    Report,
    Slice,
)


def line(metric: str, title: str, test: float, low: float, high: float, baseline: float) -> Line:
    return Line(
        metric=metric, title=title, direction="maximize", test=test, low=low, high=high,
        baseline=baseline, gain_low=low - baseline, gain_high=high - baseline, folds=test - 0.01,
        spread=0.0123,
    )  # fmt: skip


SEEDED = Report(
    run="01K",
    experiment="species",
    goal="Tell penguins apart by what can be measured",
    dataset="penguins@1",
    content="c1:00",
    task="multiclass",
    target="species",
    metric="macro_f1",
    direction="maximize",
    trainer="linear",
    trainer_title="Logistic or linear regression",
    params={"c": 1.0, "penalty": "l2"},
    seed=0,
    lines=(
        line("macro_f1", "Macro F1", 0.9333, 0.88, 0.98, 0.3312),
        line("accuracy", "Accuracy", 0.942, 0.884, 0.986, 0.4421),
    ),
    rails=(Rail(metric="accuracy", threshold=0.95, test=0.942, low=0.884, high=0.986, holds=False),),
    curves=(Curve(name="roc", x=(0.0, 0.0, 0.1, 0.4, 1.0), y=(0.0, 0.6, 0.9, 0.97, 1.0)),),
    calibration=tuple(
        Bin(predicted=0.4 + n / 10, observed=0.35 + n / 9, rows=14) for n in range(5)
    ),
    confusion=Confusion(
        classes=("Adelie", "Chinstrap", "Gentoo"), counts=((30, 1, 0), (2, 12, 0), (1, 0, 24)), of=3
    ),
    importances=(
        Importance(column="body_mass_g", mean=0.41, spread=0.03),
        Importance(column="island", mean=0.12, spread=0.02),
        Importance(column="sex", mean=-0.001, spread=0.004),
    ),
    importance_rows=70,
    slices=(
        Slice(column="island", value="Dream", rows=31, test=0.81, low=0.66, high=0.92, worse=True),
        Slice(column="body_mass_g", value="2700 to under 3550", rows=33, test=0.87, low=0.74,
              high=0.96, worse=False),
    ),
    slices_seen=9,
    smallest_slice=30,
    data=Data(
        rows=344, without_target=0, train=274, test=70, share=0.2, method="stratified", column=None,
        folds=5, seed=0, features=9,
        parts=(
            Part(name="body_mass_g", kind="number", train_null=0.007, test_null=0.0),
            Part(name="row", kind="left out", why="an identifier names a row and says nothing of others"),
        ),
    ),
    seconds=2.1,
    runtime={"Python": "3.11.2", "scikit-learn": "1.9.0"},
    machine={"host": "here", "cores": "2 cores"},
    reproduce=("run", "train", "species", "--trainer", "linear", "--data", "penguins@1"),
)  # fmt: skip
