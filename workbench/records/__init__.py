"""The vocabulary of the journal: every kind of record, and the tables that they are projected into.

One module for each part of the product. A kind is a frozen struct with a pure `changes`; KINDS and
TABLES are all there are. The format is a contract: see README.md here before changing one.
"""

from workbench.records import data, deployments, jobs, models, project, run_tables, runs
from workbench.records.base import Change, Put, Record, Set, Stamp, Table, Who

KINDS: tuple[type[Record], ...] = (
    project.ProjectCreated,
    data.DatasetVersionAdded,
    data.DatasetTagged,
    runs.ExperimentSaved,
    runs.RunCreated,
    runs.RunChanged,
    runs.RunEnded,
    runs.RunsTagged,
    runs.RunsUntagged,
    runs.RunsArchived,
    runs.RunsUnarchived,
    runs.RunsDeleted,
    runs.RunsRestored,
    jobs.JobQueued,
    jobs.JobPrioritised,
    jobs.JobCancelRequested,
    jobs.JobForgetRequested,
    jobs.JobCleared,
    jobs.JobChanged,
    jobs.JobEnded,
    models.ModelVersionRegistered,
    models.ModelEvaluated,
    models.PromotionMade,
    models.PromotionServed,
    deployments.DeploymentCreated,
    deployments.DeploymentStopRequested,
    deployments.DeploymentForgetRequested,
    deployments.DeploymentCleared,
    deployments.DeploymentScaled,
    deployments.DeploymentSuspendRequested,
    deployments.DeploymentResumed,
    deployments.DeploymentChanged,
    deployments.DeploymentServing,
)
"""Every kind of record that this version reads and writes."""

TABLES: tuple[Table, ...] = (
    project.PROJECTS,
    data.DATASET_VERSIONS,
    data.DATASET_TAGS,
    run_tables.EXPERIMENTS,
    run_tables.RUNS,
    run_tables.RUN_PARAMS,
    run_tables.RUN_METRICS,
    run_tables.RUN_TAGS,
    run_tables.ARTIFACTS,
    jobs.JOBS,
    models.MODEL_VERSIONS,
    models.MODEL_EVALUATIONS,
    models.PROMOTIONS,
    deployments.DEPLOYMENTS,
)
"""Every table of the projection."""

__all__ = ["KINDS", "TABLES", "Change", "Put", "Record", "Set", "Stamp", "Table", "Who"]
