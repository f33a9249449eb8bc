//! Imports that run, and what they leave behind.

use crate::app::AppState;

/// Carries every running import that nobody else works on to its end.
pub async fn round(state: &AppState) {
    let _ = state;
}
