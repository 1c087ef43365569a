//! What a build finds, by code.

use pintle_diagnostic::rules;

rules! {
    BUILD "overlay/build" Error "kustomize's build failed.";
    NOTE "overlay/note" Note "kustomize notes something.";
    UNMATCHED "overlay/unmatched" Warning "A patch, an image or a target of a kustomization matches nothing.";
}
