import json

import pytest

from workbench.compute.spec import JobSpec, decode_spec
from workbench.errors import BadInput, NewerFormat

SPEC = JobSpec(
    job="01J9ZZZZZZZZZZZZZZZZZZZZZZ",
    kind="train",
    module="workbench.training.worker",
    run="01J9YYYYYYYYYYYYYYYYYYYYYY",
    title="hgb on flights@1",
    inputs={"b.parquet": "0" * 64, "a.parquet": "1" * 64},
    plugins=("plugins.trainers.hgb:TRAINER",),
    work={"z": [1, 2.5, None], "a": "ü"},
)


def test_round_trip() -> None:
    assert decode_spec(SPEC.encode()) == SPEC


def test_the_same_spec_is_the_same_bytes() -> None:
    turned = JobSpec(
        job=SPEC.job,
        kind=SPEC.kind,
        module=SPEC.module,
        run=SPEC.run,
        title=SPEC.title,
        inputs=dict(reversed(SPEC.inputs.items())),
        plugins=SPEC.plugins,
        work=dict(reversed(SPEC.work.items())),
    )
    assert turned.encode() == SPEC.encode()


def changed(**values: object) -> bytes:
    return json.dumps(json.loads(SPEC.encode()) | values).encode()


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "truncated"),
        (b"[]", "Expected `object`, got `array`"),
        (changed(job=3), "Expected `str`, got `int` - at `$.job`"),
        (changed(module="os; import x"), "'os; import x' is not the name of a module"),
        (changed(module="-c"), "'-c' is not the name of a module"),
        (changed(inputs={"../x": "0"}), "'../x' cannot name an input"),
        (changed(inputs={".hidden": "0"}), "'.hidden' cannot name an input"),
        (changed(inputs={"a/b": "0"}), "'a/b' cannot name an input"),
    ],
)
def test_what_cannot_be_read_says_why(data: bytes, why: str) -> None:
    with pytest.raises(BadInput) as refusal:
        decode_spec(data, where="j_3")
    assert refusal.value.code == "job.spec"
    assert refusal.value.where == "j_3"
    assert why in refusal.value.why


def test_a_later_version_is_not_guessed_at() -> None:
    with pytest.raises(NewerFormat) as refusal:
        decode_spec(changed(v=2))
    assert refusal.value.why == "its specification has version 2, this program reads 1"
