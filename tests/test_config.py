"""What a job is named after: all that matters to its numbers, and nothing else."""

from __future__ import annotations

import pytest

from attractor.config import Config, DataConfig, from_mapping
from attractor.errors import UserError
from attractor.plan import Plan
from attractor.resources import CONF
from tiny import job

BASE = job()


@pytest.mark.parametrize(
    "overrides",
    [
        ("train.device=cuda",),
        ("output_dir=elsewhere",),
        ("name=trial",),
        ("stages=[generate]",),
        ("train.clip=1", "train.learning_rate=3e-3"),  # the same, spelt otherwise
    ],
)
def test_what_does_not_matter_to_the_result_keeps_the_run(overrides: tuple[str, ...]) -> None:
    base = job("train.clip=1.0", "train.learning_rate=0.003")
    other = job("train.clip=1.0", "train.learning_rate=0.003", *overrides)
    assert (other.run_id, other.config_id) == (base.run_id, base.config_id)
    assert (other.stages.train.key, other.stages.text.key) == (
        base.stages.train.key,
        base.stages.text.key,
    )


@pytest.mark.parametrize(
    "override",
    [
        "model=srn",
        "model.hidden_size=50",
        "model.parameters=10000",
        "model.embedding_size=16",
        "train.precision=bf16",
        "train.learning_rate=0.0123",
        "train.clip=0.123",
        "train.batch_size=32",
        "train.max_epochs=11",
        "train.patience=4",
        "data.n_sentences=19999",
        "data.n_valid=1999",
        "data.regime=balanced",
        "data.min_attractors=1",
        "data=lexical",
        "data=structural",
        "data=ambiguous",
        "data=ambiguous_first",
        "data=hard_only",
        "data.seed=1",
        "grammar.regimes.natural.max_depth=2",
        "grammar.constructions.PrepPhrase=pp",
    ],
)
def test_what_matters_to_the_numbers_makes_another_configuration(override: str) -> None:
    other = job(override)
    assert other.run_id != BASE.run_id
    assert other.config_id != BASE.config_id


@pytest.mark.parametrize("data_seed", [(), ("data.seed=${seed}",)])
def test_seeds_of_one_configuration_share_its_config_id(data_seed: tuple[str, ...]) -> None:
    runs = [job(f"seed={seed}", *data_seed) for seed in (0, 1, 2)]
    assert len({run.config_id for run in runs}) == 1
    assert len({run.run_id for run in runs}) == 3
    assert len({run.stages.train.key for run in runs}) == 3
    assert [f"-s{seed}-" in run.run_id for seed, run in enumerate(runs)] == [True] * 3


def test_a_new_text_for_every_seed_is_another_configuration_than_one_text() -> None:
    texts = {job(f"seed={seed}", "data.seed=${seed}").stages.text.key for seed in (0, 1, 2)}
    assert len(texts) == 3
    fixed, drawn = job("seed=1"), job("seed=1", "data.seed=${seed}")
    assert drawn.config.data.seed == 1
    assert fixed.config.data.seed == 0
    # The seed's own text is not one of a run whose text is fixed: they are not to be pooled ...
    assert drawn.run_id != fixed.run_id


def test_a_seed_does_not_change_text_or_suites() -> None:
    one, other = job("seed=1"), job("seed=2")
    assert one.stages.text.key == other.stages.text.key == BASE.stages.text.key
    assert {name: s.key for name, s in one.stages.suites.items()} == {
        name: s.key for name, s in other.stages.suites.items()
    }
    assert one.stages.baselines.key == other.stages.baselines.key
    assert one.stages.evaluate.key != other.stages.evaluate.key


def test_a_model_does_not_change_text_suites_or_baselines() -> None:
    srn, gru = job("model=srn"), job("model=gru")
    assert (srn.stages.text.key, srn.stages.baselines.key) == (
        gru.stages.text.key,
        gru.stages.baselines.key,
    )
    assert srn.baselines_id == gru.baselines_id


@pytest.mark.parametrize(
    "overrides", [("suite=[flagship]",), ("suite.probes.seed=1",), ("suite.flagship.version=99",)]
)
def test_a_new_suite_is_scored_anew_and_trained_on_nothing_new(overrides: tuple[str, ...]) -> None:
    other = job(*overrides)
    assert other.stages.train.key == BASE.stages.train.key
    assert other.stages.evaluate.key != BASE.stages.evaluate.key
    assert other.stages.baselines.key != BASE.stages.baselines.key


def test_a_new_text_makes_all_that_follows_anew() -> None:
    other = job("data.seed=5")
    for stage in ("text", "train", "baselines", "evaluate"):
        assert getattr(other.stages, stage).key != getattr(BASE.stages, stage).key
    assert all(
        other.stages.suites[name].key != BASE.stages.suites[name].key for name in BASE.stages.suites
    )


def test_names_tell_model_regime_seed_and_task() -> None:
    plan: Plan = job("model=birnn", "data.regime=balanced", "seed=7", "name=x", "output_dir=/y")
    assert plan.run_id == f"birnn-balanced-s7-{plan.stages.evaluate.key[:8]}"
    assert plan.baselines_id == f"baselines-balanced-{plan.stages.baselines.key[:8]}"
    assert plan.task_name == "number_prediction"
    assert str(plan.folder) == "/y/x"


def test_a_texts_name_is_a_name_and_no_more() -> None:
    named = job("data.name=mine")
    assert named.stages.text.key == BASE.stages.text.key
    assert named.config_id == BASE.config_id
    assert named.run_id == f"lstm-mine-s0-{BASE.stages.evaluate.key[:8]}"
    assert named.baselines_id == f"baselines-mine-{BASE.stages.baselines.key[:8]}"


def test_texts_of_the_data_group() -> None:
    sizes = {"n_sentences": 10000, "n_valid": 2000, "n_test": 2000, "seed": 0}
    relatives = ["ObjectRelative", "ObjectRelativeThat"]
    expected = {
        "generated": DataConfig(**sizes),
        "balanced": DataConfig(name="balanced", regime="balanced"),
        "lexical": DataConfig(name="lexical", split="lexical"),
        "structural": DataConfig(
            name="structural", split="structural", held_out=relatives, max_depth=1
        ),
        "ambiguous": DataConfig(name="ambiguous", split="ambiguous", rule="most_recent_noun"),
        "ambiguous_first": DataConfig(name="ambiguous_first", split="ambiguous", rule="first_noun"),
        "hard_only": DataConfig(name="hard_only", min_attractors=1),
    }
    natural = {"corpus", "conllu", "dependencies"}
    assert {*expected, *natural} == {path.stem for path in (CONF / "data").glob("*.yaml")}
    for choice, data in expected.items():
        assert job(f"data={choice}").config.data == data, choice


def raw() -> dict[str, object]:
    return {"data": {}, "train": {}, "model": {}, "task": {}}


def test_defaults_of_the_schema_are_sound() -> None:
    assert from_mapping(raw()) == Config()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"seed": -1}, "seed=-1: "),
        ({"stages": ["evaluate", "dream"]}, "stages="),
        ({"stages": []}, "stages="),
        ({"data": {"n_sentences": 0}}, "data.n_sentences=0: "),
        ({"data": {"n_valid": 0}}, "data.n_valid=0: "),
        ({"data": {"n_test": -5}}, "data.n_test=-5: "),
        ({"data": {"seed": -1}}, "data.seed=-1: "),
        ({"data": {"name": "a/b"}}, "data.name=a/b: give a word without a slash"),
        ({"data": {"name": ""}}, "data.name=: give a word without a slash"),
        (
            {"data": {"split": "random"}},
            "data.split=random: choose from iid, lexical, structural, ambiguous",
        ),
        (
            {"data": {"split": "ambiguous"}},
            "data.rule=: an ambiguous text needs first_noun or most_recent_noun",
        ),
        ({"data": {"split": "ambiguous", "rule": "majority"}}, "data.rule=majority: an ambiguous"),
        ({"data": {"rule": "first_noun"}}, "data.rule=first_noun: only data.split=ambiguous"),
        (
            {"data": {"split": "structural"}},
            "data.split=structural: give data.held_out, data.max_depth or both",
        ),
        ({"data": {"held_out": ["A", "B"]}}, "data.held_out=[A,B]: only data.split=structural"),
        ({"data": {"max_depth": 0}}, "data.max_depth=0: only data.split=structural"),
        ({"data": {"split": "structural", "max_depth": -1}}, "data.max_depth=-1: give a whole"),
        ({"data": {"min_attractors": -1}}, "data.min_attractors=-1: give a whole number"),
        ({"train": {"batch_size": 0}}, "train.batch_size=0: "),
        ({"train": {"max_epochs": 0}}, "train.max_epochs=0: "),
        ({"train": {"patience": 0}}, "train.patience=0: "),
        ({"train": {"learning_rate": 0.0}}, "train.learning_rate=0.0: "),
        ({"train": {"learning_rate": float("inf")}}, "train.learning_rate=inf: "),
        ({"train": {"clip": float("nan")}}, "train.clip=nan: "),
        ({"train": {"clip": -1.0}}, "train.clip=-1.0: "),
        ({"train": {"precision": "fp16"}}, "train.precision=fp16: "),
        ({"train": {"device": "tpu"}}, "train.device=tpu: "),
        ({"output_dir": " "}, "output_dir"),
        ({"name": ""}, "name="),
        ({"name": "a/b"}, "name=a/b: "),
        ({"name": ".."}, "name=..: "),
        ({"name": "artifacts"}, "name=artifacts: "),
        ({"mdoel": {}}, "mdoel: "),
    ],
)
def test_a_value_that_makes_no_job_is_named(changed: dict[str, object], message: str) -> None:
    with pytest.raises(UserError) as error:
        from_mapping({**raw(), **changed})
    assert str(error.value).startswith(message)
    assert ":" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_config_id_is_never_shared_by_two_configurations() -> None:
    same = [*(job(f"seed={seed}") for seed in (0, 1)), job("suite.probes.seed=7")]
    assert len({plan.config_id for plan in same}) == 1  # trained alike, whatever they are asked
    assert len({plan.run_id for plan in same}) == 3
    others = [
        job("data.seed=${seed}"),  # the text varies with the seed
        job("data.seed=1"),
        job("train.precision=bf16"),
    ]
    assert len({plan.config_id for plan in (*same, *others)}) == 1 + len(others)
    assert len({plan.run_id for plan in (*same, *others[1:])}) == 5


def test_baselines_of_texts_that_vary_with_the_seed_share_a_config_id() -> None:
    varied = [job(f"seed={seed}", "data.seed=${seed}") for seed in (0, 1)]
    assert len({plan.baselines_id for plan in varied}) == 2
    assert len({plan.baselines_config_id for plan in varied}) == 1
