//! The template functions of Sprig and Helm.
