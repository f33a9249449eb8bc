//! Suspending a partner, letting it in again, signing its people out.

use actix_web::web::Path;

use crate::db::types::Reference;
use crate::domain::partners::PartnerState;
use crate::domain::partners::directory::{self, Consequence, PartnerPage};
use crate::domain::partners::suspension::{self, PartnerStandingError};
use crate::web::admin::consequence::{ConsequencePage, counted};
use crate::web::error::WebError;
use crate::web::extract::Admin;
use crate::web::flash::Notice;
use crate::web::frame::StaffFrame;
use crate::web::respond::{Answer, page, see_other, see_other_with};

impl From<PartnerStandingError> for WebError {
    fn from(error: PartnerStandingError) -> Self {
        match error {
            PartnerStandingError::Unknown => WebError::NotFound,
            PartnerStandingError::Database(error) => error.into(),
        }
    }
}

async fn load(admin: &Admin, path: &str) -> Result<(StaffFrame, PartnerPage, Consequence), WebError> {
    let reference = Reference::parse(path).ok_or(WebError::NotFound)?;
    let limits = admin.state().session_limits();
    let (frame, (partner, consequence)) = admin
        .page(move |conn, scope, now| {
            let partner = directory::find(conn, scope.staff(), &reference)?.ok_or(WebError::NotFound)?;
            let consequence = directory::consequence(conn, scope.staff(), partner.id, limits, now)?;
            Ok::<_, WebError>((partner, consequence))
        })
        .await?;
    Ok((frame.at("partners"), partner, consequence))
}

/// `GET /partners/{reference}/suspend`
pub async fn suspend(admin: Admin, path: Path<String>) -> Answer {
    let (frame, partner, consequence) = load(&admin, &path).await?;
    let href = format!("/partners/{}", partner.reference);
    if partner.state == PartnerState::Suspended {
        return see_other(&href);
    }
    let leads = consequence.leads;
    let mut effects = vec![
        format!(
            "{} can’t sign in any more; {} ended",
            counted(consequence.active_users, "active user", "active users"),
            counted(consequence.sessions, "open session is", "open sessions are"),
        ),
        "No lead can be assigned to this partner or its users".to_owned(),
        format!(
            "Leads that stay assigned: {} ({} unopened). The partner doesn’t see them until you resume it; take them \
             back to assign them elsewhere",
            crate::db::page::thousands(leads.all),
            crate::db::page::thousands(leads.unopened()),
        ),
    ];
    if consequence.invitations > 0 {
        effects.push(format!(
            "{} no longer; send them again after resuming",
            counted(consequence.invitations, "mailed link works", "mailed links work")
        ));
    }
    page(&ConsequencePage {
        frame,
        title: format!("Suspend {}", partner.name),
        lead: format!(
            "The portal closes for everybody at {} on their next click.",
            partner.name
        ),
        effects,
        refusal: None,
        action: format!("{href}/suspend"),
        button: "Suspend partner",
        is_dangerous: true,
        back: (href, partner.name),
    })
}

/// `POST /partners/{reference}/suspend`
pub async fn create_suspension(admin: Admin, path: Path<String>) -> Answer {
    let reference = Reference::parse(&path).ok_or(WebError::NotFound)?;
    let href = format!("/partners/{reference}");
    admin
        .write(move |tx, scope, now| suspension::suspend(tx, scope, &reference, now))
        .await??;
    see_other_with(&href, Notice::PartnerSuspended)
}

/// `GET /partners/{reference}/resume`
pub async fn resume(admin: Admin, path: Path<String>) -> Answer {
    let (frame, partner, consequence) = load(&admin, &path).await?;
    let href = format!("/partners/{}", partner.reference);
    if partner.state == PartnerState::Active {
        return see_other(&href);
    }
    page(&ConsequencePage {
        frame,
        title: format!("Resume {}", partner.name),
        lead: format!("{} becomes active again.", partner.name),
        effects: vec![
            format!(
                "{} can sign in again; suspended users stay suspended",
                counted(consequence.active_users, "active user", "active users")
            ),
            format!(
                "Leads assigned to it: {}. It sees them again, as far as they may be distributed",
                crate::db::page::thousands(consequence.leads.all)
            ),
            "Leads can be assigned to it".to_owned(),
        ],
        refusal: None,
        action: format!("{href}/resume"),
        button: "Resume partner",
        is_dangerous: false,
        back: (href, partner.name),
    })
}

/// `POST /partners/{reference}/resume`
pub async fn create_resumption(admin: Admin, path: Path<String>) -> Answer {
    let reference = Reference::parse(&path).ok_or(WebError::NotFound)?;
    let href = format!("/partners/{reference}");
    admin
        .write(move |tx, scope, now| suspension::resume(tx, scope, &reference, now))
        .await??;
    see_other_with(&href, Notice::PartnerResumed)
}

/// `GET /partners/{reference}/sign-out`
pub async fn sign_out(admin: Admin, path: Path<String>) -> Answer {
    let (frame, partner, consequence) = load(&admin, &path).await?;
    let href = format!("/partners/{}", partner.reference);
    page(&ConsequencePage {
        frame,
        title: format!("Sign everybody at {} out", partner.name),
        lead: "Everybody there must sign in again, on every device. Nothing else changes.".to_owned(),
        effects: vec![counted(
            consequence.sessions,
            "open session is ended",
            "open sessions are ended",
        )],
        refusal: None,
        action: format!("{href}/sign-out"),
        button: "Sign them out",
        is_dangerous: true,
        back: (href, partner.name),
    })
}

/// `POST /partners/{reference}/sign-out`
pub async fn create_sign_out(admin: Admin, path: Path<String>) -> Answer {
    let reference = Reference::parse(&path).ok_or(WebError::NotFound)?;
    let href = format!("/partners/{reference}");
    let ended = admin
        .write(move |tx, scope, now| suspension::sign_out(tx, scope, &reference, now))
        .await??;
    see_other_with(&href, Notice::SignedOutElsewhere(ended as u64))
}
