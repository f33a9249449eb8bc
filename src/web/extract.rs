//! Who is asking: an extractor for each audience. It is the sign-in check, and it is the only way to the database.

use std::future::{Future, Ready, ready};
use std::pin::Pin;

use actix_session::SessionExt;
use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};

use super::denials;
use super::error::WebError;
use super::flash::Flash;
use super::frame::{AccountFrame, PortalFrame, PublicFrame, StaffFrame, counted};
use super::here::Here;
use super::{assets, session};
use crate::app::AppState;
use crate::db::page::thousands;
use crate::db::types::{UserId, UtcTime};
use crate::db::{DbConn, Error, Tx, remembered};
use crate::domain::access::session::Principal;
use crate::domain::access::{Actor, AdminScope, ManagerScope, Origin, PartnerScope, Scope, StaffScope};
use crate::domain::audit::Act;
use crate::domain::disclosures::looks::{self, Looks};
use crate::domain::outbox::{self, MessageState};
use crate::domain::to_do;
use crate::domain::{notices, permission, settings};

/// The navigation counts what awaits permission up to here.
const AWAITING_SHOWN: i64 = 999;

/// The page on which a second factor is set up.
pub const ENROLMENT: &str = "/account/second-factor";

/// What the request itself brings.
#[derive(Clone)]
pub struct Visit {
    state: AppState,
    flash: Option<Flash>,
    origin: Origin,
    principal: Option<Principal>,
    /// Whether this is where somebody goes who must set up a second factor first.
    is_enrolment: bool,
    /// Where to come back to after signing in.
    path: Option<String>,
}

impl Visit {
    fn of(request: &HttpRequest) -> Self {
        let state = request
            .app_data::<web::Data<AppState>>()
            .expect("the application is built with its state");
        let next = request.method() == Method::GET && request.path() != "/";
        let origin = request.extensions().get::<Origin>().cloned().unwrap_or_default();
        Visit {
            state: AppState::clone(state),
            flash: Flash::of(request),
            origin,
            principal: session::principal(&request.get_session()),
            is_enrolment: request.path() == ENROLMENT,
            path: next.then(|| {
                request
                    .uri()
                    .path_and_query()
                    .map_or("/", |path| path.as_str())
                    .to_owned()
            }),
        }
    }

    /// Who is signed in, and the scope of that person.
    fn scope(&self) -> Result<(Principal, Scope), WebError> {
        let principal = self.principal.clone().ok_or(WebError::SignInNeeded {
            next: self.path.clone(),
        })?;
        if principal.must_enrol() && !self.is_enrolment {
            return Err(WebError::EnrolmentNeeded);
        }
        let scope = principal.scope(self.origin.clone());
        Ok((principal, scope))
    }
}

/// Anybody, signed in or not.
pub struct Visitor(Visit);

impl Visitor {
    pub fn state(&self) -> &AppState {
        &self.0.state
    }

    pub fn origin(&self) -> &Origin {
        &self.0.origin
    }

    pub fn principal(&self) -> Option<&Principal> {
        self.0.principal.as_ref()
    }

    pub fn frame(&self) -> PublicFrame {
        PublicFrame::new(&self.0.state, self.0.flash.clone())
    }
}

impl FromRequest for Visitor {
    type Error = WebError;
    type Future = Ready<Result<Self, WebError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Visitor(Visit::of(request))))
    }
}

/// Declares the extractor of an audience: its scope, and the way to the database with it.
macro_rules! audience {
    ($(#[$meta:meta])* $name:ident, $scope:ty, $frame:ty, $admit:expr, $make_frame:expr) => {
        $(#[$meta])*
        pub struct $name {
            visit: Visit,
            principal: Principal,
            scope: $scope,
        }

        impl $name {
            pub fn state(&self) -> &AppState {
                &self.visit.state
            }

            pub fn now(&self) -> UtcTime {
                self.visit.state.now()
            }

            /// This moment where the reader is.
            pub fn here(&self) -> Here {
                Here::new(self.now(), self.principal.zone())
            }

            /// Who this is.
            pub fn principal(&self) -> &Principal {
                &self.principal
            }

            /// This person, for the audit log.
            pub fn actor(&self) -> Actor {
                self.principal.scope(self.visit.origin.clone()).actor().clone()
            }

            /// Runs a bounded, indexed query. What somebody at a partner sees of a lead for the first time is in the ledger
            /// before this answers.
            pub async fn read<T, E>(
                &self,
                work: impl FnOnce(&mut DbConn, &$scope, UtcTime) -> Result<T, E> + Send + 'static,
            ) -> Result<T, WebError>
            where
                T: Send + 'static,
                E: From<Error> + Send + 'static,
                WebError: From<E>,
            {
                let (scope, now) = (self.scope.clone(), self.now());
                let read = move |conn: &mut DbConn| {
                    let done = work(conn, &scope, now)?;
                    Ok::<_, E>((done, scope.first_looks(conn)?))
                };
                let (done, looks) = self.visit.state.lanes().read(read).await??;
                if !looks.is_empty() {
                    self.write(move |tx, _, now| looks::write_down(tx, &looks, now)).await??;
                }
                Ok(done)
            }

            /// Looks at a few rows by their key.
            pub async fn glance<T, E>(
                &self,
                work: impl Fn(&mut DbConn, &$scope, UtcTime) -> Result<T, E> + Send + 'static,
            ) -> Result<T, WebError>
            where
                T: Send + 'static,
                E: From<Error> + Send + 'static,
                WebError: From<E>,
            {
                let (scope, now) = (self.scope.clone(), self.now());
                Ok(self.visit.state.lanes().glance(move |conn| work(conn, &scope, now)).await??)
            }

            /// Runs a query together with what the page's frame needs, in one trip.
            pub async fn page<T, E>(
                &self,
                work: impl FnOnce(&mut DbConn, &$scope, UtcTime) -> Result<T, E> + Send + 'static,
            ) -> Result<($frame, T), WebError>
            where
                T: Send + 'static,
                E: From<Error> + Send + 'static,
                WebError: From<E>,
            {
                let (visit, principal) = (self.visit.clone(), self.principal.clone());
                self.read(move |conn, scope, now| {
                    let make: fn(&mut DbConn, &Visit, &Principal, &$scope) -> Result<$frame, Error> = $make_frame;
                    let frame = make(conn, &visit, &principal, scope)?;
                    Ok::<_, E>((frame, work(conn, scope, now)?))
                })
                .await
            }

            /// Runs an export or a report, apart from the pages.
            pub async fn read_slowly<T, E>(
                &self,
                work: impl FnOnce(&mut DbConn, &$scope, UtcTime) -> Result<T, E> + Send + 'static,
            ) -> Result<T, WebError>
            where
                T: Send + 'static,
                E: From<Error> + Send + 'static,
                WebError: From<E>,
            {
                let (scope, now) = (self.scope.clone(), self.now());
                Ok(self.visit.state.lanes().read_slowly(move |conn| work(conn, &scope, now)).await??)
            }

            /// Runs a write transaction. The outer error means that nothing happened and can't be told to the domain;
            /// the inner one is the domain's.
            pub async fn write<T, E>(
                &self,
                work: impl for<'t> FnOnce(&mut Tx<'t>, &$scope, UtcTime) -> Result<T, E> + Send + 'static,
            ) -> Result<Result<T, E>, WebError>
            where
                T: Send + 'static,
                E: From<Error> + Send + 'static,
            {
                let (scope, now) = (self.scope.clone(), self.now());
                Ok(self.visit.state.lanes().write(move |tx| work(tx, &scope, now)).await?)
            }
        }

        impl FromRequest for $name {
            type Error = WebError;
            type Future = Pin<Box<dyn Future<Output = Result<Self, WebError>>>>;

            fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
                let visit = Visit::of(request);
                let asked = format!("{} {}", request.method(), request.match_pattern().unwrap_or_default());
                Box::pin(async move {
                    let (principal, scope) = visit.scope()?;
                    let actor = scope.actor().clone();
                    let admit: fn(Scope) -> Option<$scope> = $admit;
                    match admit(scope) {
                        Some(scope) => Ok($name { visit, principal, scope }),
                        None => {
                            denials::note(&visit.state, actor, Act::AccessDenied, asked).await;
                            Err(WebError::Forbidden)
                        }
                    }
                })
            }
        }
    };
}

audience!(
    /// Staff, or an administrator acting as staff.
    Staff,
    StaffScope,
    StaffFrame,
    |scope| match scope {
        Scope::Staff(scope) => Some(scope),
        Scope::Admin(scope) => Some(scope.staff().clone()),
        Scope::Partner(_) => None,
    },
    staff_frame
);

audience!(
    /// An administrator.
    Admin,
    AdminScope,
    StaffFrame,
    |scope| match scope {
        Scope::Admin(scope) => Some(scope),
        Scope::Staff(_) | Scope::Partner(_) => None,
    },
    |conn, visit, principal, scope| staff_frame(conn, visit, principal, scope.staff())
);

audience!(
    /// Somebody who works at a partner.
    PartnerUser,
    PartnerScope,
    PortalFrame,
    |scope| match scope {
        Scope::Partner(scope) => Some(scope),
        Scope::Admin(_) | Scope::Staff(_) => None,
    },
    portal_frame
);

audience!(
    /// Who manages a partner, for the pages about its people.
    PartnerManager,
    ManagerScope,
    PortalFrame,
    |scope| match scope {
        Scope::Partner(scope) => scope.manager(),
        Scope::Admin(_) | Scope::Staff(_) => None,
    },
    |conn, visit, principal, scope| portal_frame(conn, visit, principal, scope.leads_scope())
);

audience!(
    /// Somebody who is signed in, as whatever: for pages about the own account.
    SignedIn,
    Scope,
    AccountFrame,
    Some,
    account_frame
);

fn account_frame(
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

fn staff_frame(
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

fn portal_frame(
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
