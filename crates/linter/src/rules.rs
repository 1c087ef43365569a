//! Everything that is looked for, under the code by which it is switched on and off.

use pintle_diagnostic::rules;

rules! {
    API_DEPRECATED "api/deprecated" Warning "The API version is deprecated and will be removed.";
    API_REMOVED "api/removed" Error "The target version of Kubernetes no longer has the API version.";
    DUPLICATE "identity/duplicate" Error "Two objects have the same kind, namespace and name.";
    HPA_REPLICAS "hpa/replicas" Warning "A workload that an HPA scales also fixes its replicas: every deployment resets them.";
    HPA_TARGET "hpa/target" Warning "An HPA scales something that doesn't exist.";
    HYGIENE_HOST "hygiene/host-namespaces" Note "A pod shares the host's network, processes or IPC.";
    HYGIENE_LATEST "hygiene/latest" Note "An image has no tag, or the tag latest: nobody knows what runs.";
    HYGIENE_LIMITS "hygiene/limits" Note "A container has no memory limit: it can take its node down.";
    HYGIENE_PDB "hygiene/pdb-blocks" Warning "A PodDisruptionBudget lets no pod go, so nodes can't be drained.";
    HYGIENE_PROBES "hygiene/probes" Note "A container behind a Service has no readiness probe: it gets requests before it can answer.";
    HYGIENE_ROOT "hygiene/root" Note "A container may run as root.";
    HYGIENE_WRITABLE "hygiene/writable-root" Note "A container can write to its root file system.";
    ISTIO_SUBSET "istio/subset" Warning "A VirtualService routes to a subset that no DestinationRule has.";
    ISTIO_WEIGHTS "istio/weights" Warning "The weights of a route don't add up to 100.";
    ARGO_AUTOMATED "argo/automated" Warning "An Application syncs by itself where the environment is declared manual.";
    ARGO_PROJECT "argo/project" Warning "An Application's project doesn't exist, or forbids its source or destination.";
    POD_SECURITY "pod-security/level" Warning "Pods break the Pod Security Standard that their Namespace enforces: they would be refused.";
    REF_ANALYSIS "ref/analysis-template" Warning "A Rollout uses an AnalysisTemplate that doesn't exist.";
    REF_CLAIM "ref/claim" Warning "A pod mounts a PersistentVolumeClaim that doesn't exist.";
    REF_CONFIG_MAP "ref/config-map" Warning "A pod uses a ConfigMap that doesn't exist.";
    REF_GATEWAY "ref/gateway" Warning "A route names a Gateway that doesn't exist.";
    REF_KEY "ref/key" Warning "A pod uses a key that its ConfigMap or Secret doesn't have.";
    REF_PORT "ref/port" Warning "A port is named or numbered that its target doesn't have.";
    REF_ROLE "ref/role" Warning "A binding names a role that doesn't exist.";
    REF_SECRET "ref/secret" Warning "A pod uses a Secret that doesn't exist.";
    REF_SERVICE "ref/service" Warning "Something routes to a Service that doesn't exist.";
    REF_SERVICE_ACCOUNT "ref/service-account" Warning "A pod or a binding uses a ServiceAccount that doesn't exist.";
    REF_VARIABLE "ref/variable" Warning "A variable takes another that is defined after it: its text is not expanded.";
    SECRET_PLAIN "secret/plaintext" Warning "Something that looks like a credential stands in plain text.";
    SECRET_SCOPE "secret/scope" Error "A SealedSecret was sealed for another name, namespace or scope.";
    SECRET_SEALED "secret/not-sealed" Error "A value of a SealedSecret was never sealed.";
    SELECT_MONITOR "select/monitor" Warning "A ServiceMonitor or PodMonitor selects nothing.";
    SELECT_NETWORK_POLICY "select/network-policy" Note "A NetworkPolicy selects no pod of this release.";
    SELECT_PDB "select/pdb" Warning "A PodDisruptionBudget selects no pod.";
    SELECT_SERVICE "select/service" Warning "A Service selects no pod.";
}
