//! Users, for administrators.
