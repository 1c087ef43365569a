//! What asking a cluster finds, by code.

use pintle_diagnostic::rules;

rules! {
    CLUSTER_CONNECT "cluster/connect" Error "The cluster can't be reached with this configuration.";
    CLUSTER_LIMIT "cluster/limit" Error "The cluster's answers exceed a limit.";
    CLUSTER_OBJECT "cluster/object" Error "An object can't be read from the cluster.";
    CLUSTER_PROTOCOL "cluster/protocol" Error "pintle and pintle-cluster don't understand each other.";
    CLUSTER_UNREACHABLE "cluster/unreachable" Error "The cluster doesn't answer.";
    USAGE_ARGUMENTS "usage/arguments" Error "Arguments are missing or too many.";
    USAGE_KIND "usage/kind" Error "An unknown kind.";
    USAGE_NAMESPACE "usage/namespace" Error "A namespace is missing or unexpected.";
}
