//! Who is asking: an extractor for each audience. It is the sign-in check, and it is the only way to the database.

mod frames;

use std::future::{Future, Ready, ready};
use std::pin::Pin;

use actix_session::SessionExt;
use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};

use super::denials;
use super::error::WebError;
use super::flash::Flash;
use super::frame::{AccountFrame, PortalFrame, PublicFrame, StaffFrame};
use super::here::Here;
use super::session;
use crate::app::AppState;
use crate::db::types::UtcTime;
use crate::db::{DbConn, Error, Tx};
use crate::domain::access::session::Principal;
use crate::domain::access::{Actor, AdminScope, ManagerScope, Origin, PartnerScope, Scope, StaffScope};
use crate::domain::audit::Act;
use crate::domain::disclosures::looks::{self, FirstLook, Looks};
use frames::{account_frame, portal_frame, staff_frame};

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

    /// Puts first looks into the ledger.
    async fn write_down(&self, looks: Vec<FirstLook>) -> Result<(), WebError> {
        if !looks.is_empty() {
            let now = self.state.now();
            self.state
                .lanes()
                .write(move |tx| looks::write_down(tx, &looks, now))
                .await??;
        }
        Ok(())
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
                self.visit.write_down(looks).await?;
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
