//! What an error of the database means.

use diesel::result::Error;

/// A rule of the schema that a statement broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// The lead has no confirmation while permission is tracked.
    OnHold,
    /// The lead has a live assignment already.
    AlreadyAssigned,
    PartnerCannotReceive,
    UserCannotReceive,
    AssignmentIsFinal,
    ConfirmationIsFinal,
    ConfirmationIsMissing,
    AlreadyConfirmed,
    TextIsImmutable,
    LedgerIsFinal,
    SettingsStay,
    EmailTaken,
    NameTaken,
    ReasonTaken,
    ViewNameTaken,
    SealedAlready,
}

/// The rule that an error speaks of, told by the names of constraints and by the messages of triggers.
pub fn violated(error: &Error) -> Option<Rule> {
    let Error::DatabaseError(_, information) = error else {
        return None;
    };
    let named = |names: &[&str]| {
        let name = information.constraint_name().unwrap_or_default();
        names
            .iter()
            .any(|candidate| name == *candidate || information.message().contains(candidate))
    };
    // SQLite names the columns of a broken unique index, PostgreSQL the index.
    let rules: &[(Rule, &[&str])] = &[
        (Rule::OnHold, &["leadgate:on_hold"]),
        (Rule::AlreadyAssigned, &["assignments_one_live", "assignments.lead_id"]),
        (Rule::PartnerCannotReceive, &["leadgate:partner_cannot_receive"]),
        (Rule::UserCannotReceive, &["leadgate:user_cannot_receive"]),
        (Rule::AssignmentIsFinal, &["leadgate:assignment_is_final"]),
        (Rule::ConfirmationIsFinal, &["leadgate:confirmation_is_final"]),
        (Rule::ConfirmationIsMissing, &["leadgate:confirmation_is_missing"]),
        (
            Rule::AlreadyConfirmed,
            &["confirmations_lead_unique", "confirmations.lead_id"],
        ),
        (Rule::TextIsImmutable, &["leadgate:text_is_immutable"]),
        (Rule::LedgerIsFinal, &["leadgate:ledger_is_final"]),
        (Rule::SettingsStay, &["leadgate:settings_stay"]),
        (Rule::EmailTaken, &["users_email_key_unique", "users.email_key"]),
        (
            Rule::NameTaken,
            &[
                "partners_name_unique",
                "partners_search_text_unique",
                "partners.name",
                "partners.search_text",
            ],
        ),
        (
            Rule::ReasonTaken,
            &["closing_reasons_label_unique", "closing_reasons.outcome"],
        ),
        (Rule::ViewNameTaken, &["lead_views_name_unique", "lead_views.user_id"]),
        (Rule::SealedAlready, &["audit_seals_pkey", "audit_seals.number"]),
    ];
    rules.iter().find(|(_, names)| named(names)).map(|(rule, _)| *rule)
}

/// Whether the connection is of no further use, so that it must be replaced.
pub fn is_lost(error: &Error) -> bool {
    use diesel::result::DatabaseErrorKind::ClosedConnection;
    matches!(
        error,
        Error::DatabaseError(ClosedConnection, _) | Error::BrokenTransactionManager
    )
}

/// An error for the log: without the values that the statement carried, which may be personal data.
pub fn without_values(error: &Error) -> String {
    match error {
        Error::DatabaseError(kind, information) => {
            let rule = violated(error).map(|rule| format!(" ({rule:?})")).unwrap_or_default();
            let constraint = information.constraint_name().unwrap_or("no constraint named");
            format!("the database refused a statement: {kind:?}, {constraint}{rule}")
        }
        other => other.to_string(),
    }
}
