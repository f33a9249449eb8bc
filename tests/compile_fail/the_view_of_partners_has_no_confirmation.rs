// error[E0425]
//! Naming the hidden column in the view that the portal reads.
pub fn program() {
    let _ = leadgate::db::schema::partner_leads::has_confirmation;
}
