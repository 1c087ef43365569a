//! A Helm-compatible chart renderer.
