//! Jobs and cron jobs (pkg/apis/batch/validation).

use super::common::{domain_prefixed_path, non_negative, one_of_set};
use super::{cron, meta, pod};
use crate::finding::Findings;
use crate::names;
use crate::node::Node;
use crate::path::Path;

/// `ValidateJob`
pub fn job(f: &mut Findings<'_>, object: &Node) {
    meta::core_meta(f, object, meta::subdomain);
    let spec = object.get("spec");
    let path = &Path::ROOT.child("spec");
    let name = object.get("metadata").str("name");
    if spec.str("completionMode") == "Indexed" && !name.is_empty() {
        // Pods are named after the job and their index.
        let last = (spec.num("completions").unwrap_or(1) - 1).max(0);
        let message: Vec<String> = names::dns1123_label(&format!("{name}-{last}"));
        let metadata = Path::ROOT.child("metadata");
        f.all_invalid(&metadata.child("name"), name, message);
    }
    match spec.opt("selector") {
        // The server makes one of the job's own.
        None if !spec.bool("manualSelector") => {}
        None => f.required(&path.child("selector"), ""),
        Some(selector) => {
            meta::label_selector(f, selector, &path.child("selector"));
            let labels = spec.get("template").get("metadata").get("labels");
            if meta::is_valid_selector(f, selector) && !meta::selects(selector, labels) {
                let template = path.child("template");
                let metadata = template.child("metadata");
                f.invalid(&metadata.child("labels"), labels, "`selector` does not match template `labels`");
            }
        }
    }
    job_spec(f, spec, path);
}

fn job_spec(f: &mut Findings<'_>, spec: &Node, path: &Path<'_>) {
    let counts = [
        "parallelism",
        "completions",
        "activeDeadlineSeconds",
        "backoffLimit",
        "ttlSecondsAfterFinished",
        "backoffLimitPerIndex",
        "maxFailedIndexes",
    ];
    non_negative(f, spec, &counts, path);
    let per_index = spec.has("backoffLimitPerIndex");
    if spec.has("maxFailedIndexes") && !per_index {
        f.required(&path.child("backoffLimitPerIndex"), "when maxFailedIndexes is specified");
    }
    if let Some(manager) = spec.opt("managedBy") {
        domain_prefixed_path(f, manager.text(), &path.child("managedBy"));
        if manager.text().len() > 63 {
            f.too_long(&path.child("managedBy"), 63);
        }
    }
    completion(f, spec, path);
    if let Some(policy) = spec.opt("podFailurePolicy") {
        failure_policy(f, spec, policy, &path.child("podFailurePolicy"));
    }
    if let Some(policy) = spec.opt("successPolicy") {
        let fld = path.child("successPolicy");
        if spec.str("completionMode") == "Indexed" {
            success_policy(f, spec, policy, &fld);
        } else {
            f.invalid(&fld, policy, "requires indexed completion mode");
        }
    }
    let replacement = spec.opt("podReplacementPolicy");
    if let Some(policy) = replacement {
        let fld = path.child("podReplacementPolicy");
        if spec.has("podFailurePolicy") {
            if policy.text() != "Failed" {
                f.not_supported(&fld, policy, &["Failed"]);
            }
        } else {
            one_of_set(f, spec, "podReplacementPolicy", &["Failed", "TerminatingOrFailed"], path);
        }
    }
    pod::template(f, spec.get("template"), &[], &path.child("template"));
    let template = path.child("template");
    let pod = template.child("spec");
    let fld = pod.child("restartPolicy");
    match spec.get("template").get("spec").str("restartPolicy") {
        "" | "Always" => f.required(&fld, "valid values: \"OnFailure\", \"Never\""),
        policy @ "OnFailure" if spec.has("podFailurePolicy") => {
            f.invalid(&fld, policy, "only \"Never\" is supported when podFailurePolicy is specified");
        }
        "OnFailure" | "Never" => {}
        other => f.not_supported(&fld, other, &["OnFailure", "Never"]),
    }
}

fn completion(f: &mut Findings<'_>, spec: &Node, path: &Path<'_>) {
    one_of_set(f, spec, "completionMode", &["NonIndexed", "Indexed"], path);
    let failed = spec.num("maxFailedIndexes");
    let completions = spec.num("completions");
    match spec.str("completionMode") {
        "Indexed" => {
            if completions.is_none() && spec.has("parallelism")
                || completions.is_none() && spec.has("completionMode") && !spec.has("parallelism") && !defaulted(spec)
            {
                f.required(&path.child("completions"), "when completion mode is Indexed");
            }
            if let Some(parallelism) = spec.num("parallelism").filter(|p| *p > 100_000) {
                f.invalid(
                    &path.child("parallelism"),
                    parallelism,
                    "must be less than or equal to 100000 when completion mode is Indexed",
                );
            }
            if let (Some(failed), Some(completions)) = (failed, completions)
                && failed > completions
            {
                f.invalid(&path.child("maxFailedIndexes"), failed, "must be less than or equal to completions");
            }
            if let Some(failed) = failed.filter(|n| *n > 100_000) {
                f.invalid(&path.child("maxFailedIndexes"), failed, "must be less than or equal to 100000");
            }
            if completions.is_some_and(|c| c > 100_000) && spec.has("backoffLimitPerIndex") {
                high_completions(f, spec, failed, path);
            }
        }
        "" | "NonIndexed" => {
            for field in ["backoffLimitPerIndex", "maxFailedIndexes"] {
                if let Some(value) = spec.opt(field) {
                    f.invalid(&path.child(field), value, "requires indexed completion mode");
                }
            }
        }
        _ => {}
    }
}

/// Without `completions` and `parallelism` both are 1.
fn defaulted(spec: &Node) -> bool {
    !spec.has("completions") && !spec.has("parallelism")
}

fn high_completions(f: &mut Findings<'_>, spec: &Node, failed: Option<i64>, path: &Path<'_>) {
    if failed.is_none() {
        f.required(&path.child("maxFailedIndexes"), "must be specified when completions is above 100000");
    }
    for (field, value) in [("parallelism", spec.num("parallelism")), ("maxFailedIndexes", failed)] {
        if let Some(value) = value.filter(|v| *v > 10_000) {
            let message =
                "must be less than or equal to 10000 when completions are above 100000 and used with backoff limit per index";
            f.invalid(&path.child(field), value, message);
        }
    }
}

fn failure_policy(f: &mut Findings<'_>, spec: &Node, policy: &Node, path: &Path<'_>) {
    let rules = policy.list("rules");
    let list = path.child("rules");
    if rules.len() > 20 {
        f.too_many(&list, rules.len(), 20);
    }
    let pod = spec.get("template").get("spec");
    let containers: Vec<&str> = pod.list("containers").iter().chain(pod.list("initContainers")).map(|c| c.str("name")).collect();
    for (i, rule) in rules.iter().enumerate() {
        let fld = list.index(i);
        let actions = ["Count", "FailIndex", "FailJob", "Ignore"];
        match rule.str("action") {
            "" => f.required(&fld.child("action"), "valid values: [\"Count\" \"FailIndex\" \"FailJob\" \"Ignore\"]"),
            "FailIndex" if !spec.has("backoffLimitPerIndex") => {
                f.invalid(&fld.child("action"), "FailIndex", "requires the backoffLimitPerIndex to be set");
            }
            action if !actions.contains(&action) => f.not_supported(&fld.child("action"), action, &actions),
            _ => {}
        }
        let conditions = rule.list("onPodConditions");
        match (rule.opt("onExitCodes"), conditions.is_empty()) {
            (Some(_), false) => f.invalid(&fld, rule, "specifying both OnExitCodes and OnPodConditions is not supported"),
            (None, true) => f.invalid(&fld, rule, "specifying one of OnExitCodes and OnPodConditions is required"),
            _ => {}
        }
        if let Some(codes) = rule.opt("onExitCodes") {
            exit_codes(f, codes, &containers, &fld.child("onExitCodes"));
        }
        let at = fld.child("onPodConditions");
        if conditions.len() > 20 {
            f.too_many(&at, conditions.len(), 20);
        }
        for (i, condition) in conditions.iter().enumerate() {
            let fld = at.index(i);
            let kind = condition.str("type");
            f.all_invalid(&fld.child("type"), kind, names::qualified_name(kind));
            // It is True where it is absent.
            super::common::one_of(f, condition, "status", &["True", "False", "Unknown"], &fld);
        }
    }
}

fn exit_codes(f: &mut Findings<'_>, codes: &Node, containers: &[&str], path: &Path<'_>) {
    let operator = codes.str("operator");
    if operator.is_empty() {
        f.required(&path.child("operator"), "valid values: [\"In\" \"NotIn\"]");
    } else if !matches!(operator, "In" | "NotIn") {
        f.not_supported(&path.child("operator"), operator, &["In", "NotIn"]);
    }
    if let Some(name) = codes.opt("containerName").filter(|n| f.affords(containers.len() / 16) && !containers.contains(&n.text()))
    {
        f.invalid(&path.child("containerName"), name, "must be one of the container or initContainer names in the pod template");
    }
    let list = path.child("values");
    let values: Vec<i64> = codes.list("values").iter().filter_map(Node::int).collect();
    if values.is_empty() {
        f.invalid(&list, codes.get("values"), "at least one value is required");
    } else if values.len() > 255 {
        f.too_many(&list, values.len(), 255);
    }
    for (i, value) in values.iter().enumerate() {
        if operator == "In" && *value == 0 {
            f.invalid(&list.index(i), 0, "must not be 0 for the In operator");
        }
        if super::common::before(f, &values, i).contains(value) {
            f.duplicate(&list.index(i), *value);
        }
    }
    if !values.is_sorted() {
        f.invalid(&list, codes.get("values"), "must be ordered");
    }
}

fn success_policy(f: &mut Findings<'_>, spec: &Node, policy: &Node, path: &Path<'_>) {
    let rules = policy.list("rules");
    let list = path.child("rules");
    if rules.is_empty() {
        f.required(&list, "at least one rules must be specified when the successPolicy is specified");
    }
    if rules.len() > 20 {
        f.too_many(&list, rules.len(), 20);
    }
    for (i, rule) in rules.iter().enumerate() {
        let fld = list.index(i);
        let (count, indexes) = (rule.opt("succeededCount"), rule.opt("succeededIndexes"));
        if count.is_none() && indexes.is_none() {
            f.required(&fld, "at least one of succeededCount or succeededIndexes must be specified");
        }
        if let Some(count) = count.and_then(Node::int) {
            non_negative(f, rule, &["succeededCount"], &fld);
            let completions = spec.num("completions").unwrap_or(1);
            if count > completions {
                f.invalid(
                    &fld.child("succeededCount"),
                    count,
                    &format!("must be less than or equal to {completions} (the number of specified completions)"),
                );
            }
        }
    }
}

/// `ValidateCronJobCreate`
pub fn cron_job(f: &mut Findings<'_>, object: &Node) {
    meta::core_meta(f, object, meta::subdomain);
    let metadata = Path::ROOT.child("metadata");
    let name = object.get("metadata").str("name");
    // Jobs are named after the cron job and the minute.
    if name.len() > 52 {
        f.invalid(&metadata.child("name"), name, "must be no more than 52 characters");
    }
    let spec = object.get("spec");
    let path = Path::ROOT.child("spec");
    let schedule = spec.str("schedule");
    let fld = path.child("schedule");
    if schedule.is_empty() {
        f.required(&fld, "");
    } else {
        if let Some(error) = cron::error(schedule) {
            f.invalid(&fld, schedule, &error);
        }
        if schedule.contains("TZ") {
            f.invalid(&fld, schedule, "cannot use TZ or CRON_TZ in schedule, use timeZone field instead");
        }
    }
    non_negative(f, spec, &["startingDeadlineSeconds", "successfulJobsHistoryLimit", "failedJobsHistoryLimit"], &path);
    if let Some(zone) = spec.opt("timeZone") {
        time_zone(f, zone.text(), &path.child("timeZone"));
    }
    super::common::one_of(f, spec, "concurrencyPolicy", &["Allow", "Forbid", "Replace"], &path);
    let template = path.child("jobTemplate");
    let job = spec.get("jobTemplate");
    meta::template_meta(f, job.get("metadata"), &template.child("metadata"));
    let below = template.child("spec");
    if job.get("spec").has("selector") {
        f.invalid(&below.child("selector"), job.get("spec").get("selector"), "`selector` will be auto-generated");
    }
    if job.get("spec").has("manualSelector") && job.get("spec").bool("manualSelector") {
        f.not_supported(&below.child("manualSelector"), job.get("spec").get("manualSelector"), &["nil", "false"]);
    }
    job_spec(f, job.get("spec"), &below);
}

fn time_zone(f: &mut Findings<'_>, zone: &str, path: &Path<'_>) {
    if zone.is_empty() {
        return f.invalid(path, zone, "timeZone must be nil or non-empty string");
    }
    let sound = zone.split('/').all(|part| {
        let first = part.bytes().next();
        first.is_some_and(|b| b.is_ascii_alphabetic())
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-+_".contains(&b))
            && part.len() <= 30
    });
    if !sound {
        f.invalid(path, zone, &format!("unknown time zone {zone}"));
    } else if zone.eq_ignore_ascii_case("local") {
        f.invalid(path, zone, "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones");
    } else if pintle_go::time::Zone::load(zone.as_bytes()).is_none() {
        f.invalid(path, zone, &format!("unknown time zone {zone}"));
    }
}
