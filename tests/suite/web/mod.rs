//! Pages, through HTTP.

mod sign_in;
