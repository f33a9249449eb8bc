//! What stands around the pages of each audience, read together with the page.

use super::Visit;
use crate::db::page::thousands;
use crate::db::types::UserId;
use crate::db::{DbConn, Error, remembered};
use crate::domain::access::session::Principal;
use crate::domain::access::{PartnerScope, Scope, StaffScope};
use crate::domain::outbox::{self, MessageState};
use crate::domain::{notices, permission, settings, to_do};
use crate::web::assets;
use crate::web::frame::{AccountFrame, PortalFrame, StaffFrame, counted};

/// The navigation counts what awaits permission up to here.
const AWAITING_SHOWN: i64 = 999;

pub(super) fn account_frame(
    conn: &mut DbConn,
    visit: &Visit,
    principal: &Principal,
    scope: &Scope,
) -> Result<AccountFrame, Error> {
    Ok(match scope {
        Scope::Partner(scope) => AccountFrame::for_partner(portal_frame(conn, visit, principal, scope)?),
        Scope::Staff(scope) => AccountFrame::for_staff(staff_frame(conn, visit, principal, scope)?),
        Scope::Admin(scope) => AccountFrame::for_staff(staff_frame(conn, visit, principal, scope.staff())?),
    })
}

/// How many leads await permission, as a question that is remembered.
#[derive(PartialEq, Eq, Hash)]
struct Awaiting;

/// How many notices somebody has not read.
#[derive(PartialEq, Eq, Hash)]
struct UnreadByStaff(UserId);

/// How many messages could not be sent.
#[derive(PartialEq, Eq, Hash)]
struct Failed;

pub(super) fn staff_frame(
    conn: &mut DbConn,
    visit: &Visit,
    principal: &Principal,
    scope: &StaffScope,
) -> Result<StaffFrame, Error> {
    let awaiting = remembered(conn, Awaiting, |conn| {
        let tracks = settings::load(conn)?.track_permission;
        tracks
            .then(|| permission::review::count_up_to(conn, AWAITING_SHOWN))
            .transpose()
    })?;
    let awaiting = awaiting.map(|count| {
        if count > AWAITING_SHOWN {
            format!("{AWAITING_SHOWN}+")
        } else {
            thousands(count)
        }
    });
    let is_administrator = principal.role() == crate::domain::accounts::Role::Administrator;
    let mail_trouble = if is_administrator {
        mail_trouble(conn, visit)?
    } else {
        None
    };
    let unread = remembered(conn, UnreadByStaff(scope.user()), |conn| {
        notices::unread_by_staff(conn, scope)
    })?;
    let assets = assets::for_staff();
    Ok(StaffFrame {
        demo: visit.state.is_demo(),
        stylesheet: assets.stylesheet,
        script: assets.script,
        flash: visit.flash.clone(),
        user_name: principal.name().to_owned(),
        role_label: principal.role().label(),
        is_administrator,
        section: "",
        awaiting,
        notices: if unread > 0 { counted(unread) } else { String::new() },
        mail_trouble,
    })
}

/// What administrators are told on every page until it is mended.
fn mail_trouble(conn: &mut DbConn, visit: &Visit) -> Result<Option<String>, Error> {
    if visit.state.mailer().is_none() {
        return Ok(Some("Mail is not set up: messages wait in the outbox.".to_owned()));
    }
    let failed = remembered(conn, Failed, |conn| outbox::list::count(conn, MessageState::Failed))?;
    Ok(match failed.0 {
        0 => None,
        1 => Some("1 message could not be delivered.".to_owned()),
        _ => Some(format!("{} messages could not be delivered.", failed.words())),
    })
}

/// What waits for somebody at a partner, as a question that is remembered.
#[derive(PartialEq, Eq, Hash)]
struct WaitingFor(UserId);

pub(super) fn portal_frame(
    conn: &mut DbConn,
    visit: &Visit,
    principal: &Principal,
    scope: &PartnerScope,
) -> Result<PortalFrame, Error> {
    let assets = assets::for_everybody();
    let waiting = remembered(conn, WaitingFor(scope.user()), |conn| to_do::count(conn, scope))?;
    Ok(PortalFrame {
        demo: visit.state.is_demo(),
        stylesheet: assets.stylesheet,
        script: assets.script,
        flash: visit.flash.clone(),
        user_name: principal.name().to_owned(),
        partner_name: principal.partner_name().unwrap_or_default().to_owned(),
        section: "leads",
        is_manager: scope.is_manager(),
        notices: waiting.notices,
        tasks: waiting.tasks + waiting.questions,
        questions: waiting.questions,
    })
}
