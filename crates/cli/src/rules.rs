//! What the commands find beyond the library, by code.

use pintle_diagnostic::rules;

rules! {
    CLUSTER_DISCOVERY "cluster/discovery" Warning "The cluster could not tell all of its API versions.";
    CLUSTER_PROGRAM "cluster/program" Error "The program pintle-cluster can't be run.";
    DIFF_GIT "diff/git" Error "git can't give the revision.";
    OUTPUT_CHANGED "output/changed" Warning "A rendered file was edited by hand and is kept.";
    PACKAGE_MISSING "package/missing" Error "A dependency that Chart.lock names doesn't exist.";
    PARITY_HELM "parity/helm" Error "Helm can't be run or answers unexpectedly.";
    PARITY_RENDER "parity/render" Error "The chart renders neither with Helm nor here.";
    PROJECT_EXISTS "project/exists" Error "A file that would be made already exists.";
    PROJECT_NAME "project/name" Error "A name can't be a chart's.";
    SEAL_FAILED "seal/failed" Error "A value can't be sealed or opened.";
    USAGE_ARGUMENTS "usage/arguments" Error "Arguments are missing or too many.";
    USAGE_COMPAT "usage/compat" Error "An unknown profile.";
    USAGE_DEPRECATED "usage/deprecated" Warning "A flag is deprecated.";
    USAGE_DRY_RUN "usage/dry-run" Error "An invalid value of --dry-run.";
    USAGE_FLAGS "usage/flags" Error "Flags contradict each other.";
    USAGE_UNSUPPORTED "usage/unsupported" Error "A flag of Helm's that needs a network, a cluster or a plugin.";
    USAGE_VALUE "usage/value" Error "A flag has an invalid value.";
}
