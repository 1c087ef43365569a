//! What the plugin finds beyond the library, by code.

use pintle_diagnostic::rules;

rules! {
    CMP_ABSENT "cmp/absent" Error "A file or folder of the application doesn't exist.";
    CMP_EMPTY "cmp/empty" Error "The application gives no manifests.";
    CMP_LIMIT "cmp/limit" Error "A limit of the plugin is invalid or exceeded.";
    CMP_OVERLAY "cmp/overlay" Error "The parameter overlay names no folder with a kustomization.";
    CMP_PARAMETER "cmp/parameter" Error "A parameter of the plugin is unknown or invalid.";
    CMP_PATH "cmp/path" Error "A path of the application leads out of the repository.";
}
