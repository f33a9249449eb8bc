//! The web: which path leads where, for whom, and what every request passes through on its way.

use std::net::TcpListener;
use std::time::Duration;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Server, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Compress, from_fn};
use actix_web::{App, Error, HttpResponse, HttpServer, ResponseError, web};

use crate::app::AppState;

pub mod account;
pub mod admin;
mod assets;
mod attachment;
mod attempts;
mod counter;
mod csv;
mod denials;
mod device;
mod error;
#[allow(dead_code, reason = "every audience has the same way to the database, used or not")]
mod extract;
mod flash;
mod forms;
#[allow(dead_code, reason = "a frame for each audience")]
mod frame;
mod here;
pub mod portal;
mod proof;
pub mod public;
mod respond;
mod security;
mod session;
pub mod staff;
mod start;
pub mod step_up;
mod view;

pub use flash::Notice;

/// Who may use a route; the access matrix of the tests walks through all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    Anybody,
    /// Whoever is signed in.
    SignedIn,
    Partner,
    /// Who manages a partner.
    PartnerManager,
    /// Staff and administrators.
    Staff,
    Administrator,
}

/// One path, the methods it answers to, and for whom.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    pub path: &'static str,
    pub methods: &'static [&'static str],
    pub audience: Audience,
}

macro_rules! routes {
    ($($path:literal $audience:ident { $($method:ident: $handler:path),+ $(,)? })*) => {
        /// Every route there is.
        pub const ROUTES: &[Route] = &[$(Route {
            path: $path,
            methods: &[$(stringify!($method)),+],
            audience: Audience::$audience,
        }),*];

        fn configure(app: &mut web::ServiceConfig) {
            $(app.service(web::resource($path)$(.route(on::$method().to($handler)))+);)*
        }
    };
}

/// The methods as routes; what answers GET answers HEAD.
mod on {
    use actix_web::{Route, guard, web};

    pub fn get() -> Route {
        web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
    }

    pub fn post() -> Route {
        web::post()
    }
}

// A fixed word stands before a reference in the same place.
routes! {
    "/healthz" Anybody { get: public::health::live }
    "/readyz" Anybody { get: public::health::ready }
    "/sign-in" Anybody { get: public::sessions::new, post: public::sessions::create }
    "/sign-in/code" Anybody { get: public::second_factor::new, post: public::second_factor::create }
    "/sign-out" Anybody { post: public::sessions::destroy }
    "/first-run" Anybody { get: public::first_run::new, post: public::first_run::create }
    "/invitation" Anybody { get: public::invitations::new, post: public::invitations::create }

    "/forgotten-password" Anybody { get: public::forgotten_password::new, post: public::forgotten_password::create }
    "/reset-password" Anybody { get: public::reset_password::new, post: public::reset_password::create }

    "/account" SignedIn { get: account::show }
    "/account/password" SignedIn { get: account::password::edit, post: account::password::update }
    "/account/notifications" SignedIn { get: account::notifications::edit, post: account::notifications::update }
    "/account/time-zone" SignedIn { get: account::time_zone::edit, post: account::time_zone::update }
    "/account/second-factor" SignedIn { get: account::second_factor::show, post: account::second_factor::create }
    "/account/second-factor/codes" SignedIn { get: account::second_factor::codes, post: account::second_factor::renew_codes }
    "/account/second-factor/remove" SignedIn { get: account::second_factor::removal, post: account::second_factor::remove }
    "/step-up" SignedIn { get: account::step_up::new, post: account::step_up::create }
    "/account/sessions/end" SignedIn { post: account::sessions::end }
    "/account/sign-out-everywhere" SignedIn { post: account::sessions::end_all }

    "/" SignedIn { get: start::show }
    "/leads" Staff { get: staff::leads::index::index, post: staff::leads::new::create }
    "/leads/new" Staff { get: staff::leads::new::new }
    "/leads/awaiting-permission" Staff { get: staff::awaiting::index }
    "/leads/bulk" Staff { get: staff::leads::bulk::index, post: staff::leads::bulk::create }
    "/leads/bulk/{reference}" Staff { get: staff::leads::bulk::show }
    "/leads/bulk/{reference}/stop" Staff { post: staff::leads::bulk::stop }
    "/leads/bulk/{reference}/results.csv" Staff { get: staff::leads::bulk::results }
    "/leads/views" Staff { get: staff::leads::views::index, post: staff::leads::views::create }
    "/leads/views/new" Staff { get: staff::leads::views::new }
    "/leads/views/{reference}" Staff { get: staff::leads::views::edit, post: staff::leads::views::update }
    "/leads/views/{reference}/delete" Staff { get: staff::leads::views::ask, post: staff::leads::views::destroy }
    "/leads/selection" Staff { get: staff::leads::selection::index, post: staff::leads::selection::create }
    "/leads/selection/assign" Staff { get: staff::leads::selection::index, post: staff::leads::selection::assign::create }
    "/leads/selection/confirm" Staff { get: staff::leads::selection::index, post: staff::leads::selection::confirm::create }
    "/leads/selection/delete" Staff { get: staff::leads::selection::index, post: staff::leads::selection::delete::create }
    "/leads/import" Staff { get: staff::imports::index::index, post: staff::imports::upload::create }
    "/leads/import/{reference}" Staff { get: staff::imports::preview::show }
    "/leads/import/{reference}/reading" Staff { post: staff::imports::preview::update }
    "/leads/import/{reference}/run" Staff { get: staff::imports::run::show, post: staff::imports::run::create }
    "/leads/import/{reference}/result" Staff { get: staff::imports::result::show }
    "/leads/import/{reference}/rejected.csv" Staff { get: staff::imports::rejected::show }
    "/leads/import/{reference}/remove" Staff { post: staff::imports::run::remove }
    "/leads/{reference}" Staff { get: staff::leads::show::show }
    "/leads/{reference}/disclosures" Staff { get: staff::leads::disclosures::index }
    "/leads/{reference}/edit" Staff { get: staff::leads::edit::edit, post: staff::leads::edit::update }
    "/leads/{reference}/assign" Staff { get: staff::leads::assign::new, post: staff::leads::assign::create }
    "/leads/{reference}/recall" Staff { post: staff::leads::recall::create }
    "/leads/{reference}/internal-notes" Staff { post: staff::leads::internal_notes::create }
    "/leads/{reference}/notes" Staff { post: staff::leads::vendor_notes::create }
    "/leads/{reference}/question" Staff { post: staff::leads::question::create }
    "/leads/{reference}/reopening" Staff { post: staff::leads::reopenings::create }
    "/leads/{reference}/confirm" Staff { get: staff::leads::confirm::new, post: staff::leads::confirm::create }
    "/leads/{reference}/delete" Staff { get: staff::leads::delete::show, post: staff::leads::delete::destroy }

    "/settings" Administrator { get: admin::settings::overview::index }
    "/settings/deadlines" Administrator { get: admin::settings::deadlines::edit, post: admin::settings::deadlines::update }
    "/settings/recipients" Administrator { get: admin::settings::recipients::edit, post: admin::settings::recipients::update }
    "/settings/security" Administrator { get: admin::settings::security::edit, post: admin::settings::security::update }
    "/users/{reference}/second-factor" Administrator { get: admin::factor_reset::new, post: admin::factor_reset::create }
    "/settings/lead-distribution" Administrator { get: admin::settings::overview::lead_distribution }
    "/settings/lead-distribution/module" Administrator { get: admin::settings::module::edit, post: admin::settings::module::update }
    "/settings/lead-distribution/closing" Administrator { get: admin::settings::closing::edit, post: admin::settings::closing::update }
    "/settings/lead-distribution/closing/reasons" Administrator { post: admin::settings::closing::create }
    "/settings/lead-distribution/closing/reasons/{reference}" Administrator {
        get: admin::settings::closing::show,
        post: admin::settings::closing::rename,
    }
    "/settings/lead-distribution/closing/reasons/{reference}/retirement" Administrator { post: admin::settings::closing::retire }
    "/settings/lead-distribution/closing/reasons/{reference}/restoration" Administrator { post: admin::settings::closing::restore }
    "/settings/lead-distribution/module/texts" Administrator { get: admin::settings::texts::index }
    "/settings/lead-distribution/module/texts/{version}" Administrator { get: admin::settings::texts::show }
    "/tasks" Staff { get: staff::tasks::index }
    "/notices" Staff { get: staff::notices::index }
    "/notices/read" Staff { post: staff::notices::read }

    "/audit" Administrator { get: admin::audit::index::index }
    "/audit/download" Administrator { get: admin::audit::download::show }
    "/audit/seals" Administrator { get: admin::audit::seals::show }
    "/outbox" Administrator { get: admin::outbox::index::index }
    "/outbox/test" Administrator { post: admin::outbox::tests::create }
    "/outbox/failed/retry" Administrator { post: admin::outbox::retries::create_all }
    "/outbox/{reference}/retry" Administrator { post: admin::outbox::retries::create }
    "/outbox/{reference}/cancel" Administrator { post: admin::outbox::cancellations::create }
    "/outbox/{reference}/bounce" Administrator { post: admin::outbox::bounces::create }

    "/portal/notices" Partner { get: portal::notices::index }
    "/portal/notices/read" Partner { post: portal::notices::read }

    "/portal/tasks" Partner { get: portal::tasks::index::index }
    "/portal/tasks/{reference}" Partner { get: portal::tasks::show::show }
    "/portal/tasks/{reference}/answer" Partner { post: portal::tasks::answers::create }

    "/portal" Partner { get: portal::home::show }
    "/portal/leads" Partner { get: portal::leads::index::index }
    "/portal/leads/download" Partner { post: portal::leads::download::create }
    "/portal/leads/{reference}" Partner { get: portal::leads::show::show }
    "/portal/leads/{reference}/open" Partner { post: portal::leads::openings::create }
    "/portal/leads/{reference}/attachments" Partner { post: portal::attachments::create }
    "/portal/attachments/{reference}" Partner { get: portal::attachments::show }
    "/portal/attachments/{reference}/remove" Partner { post: portal::attachments::remove }
    "/attachments/{reference}" Staff { get: staff::attachments::show }
    "/portal/leads/{reference}/next-step" Partner { post: portal::leads::next_step::create }
    "/portal/leads/{reference}/answer" Partner { post: portal::leads::question::create }
    "/portal/leads/{reference}/note" Partner { post: portal::leads::notes::create }
    "/portal/leads/{reference}/closing" Partner { get: portal::leads::closings::new, post: portal::leads::closings::create }
    "/portal/leads/{reference}/conversion" Partner {
        get: portal::leads::conversions::new,
        post: portal::leads::conversions::create,
    }
    "/portal/leads/{reference}/decline" Partner { get: portal::leads::declines::new, post: portal::leads::declines::create }
    "/portal/leads/{reference}/reassignment" Partner {
        get: portal::leads::reassignments::new,
        post: portal::leads::reassignments::create,
    }

    "/portal/people" PartnerManager { get: portal::people::index::index, post: portal::people::new::create }
    "/portal/people/new" PartnerManager { get: portal::people::new::new }
    "/portal/people/{reference}" PartnerManager { get: portal::people::show::show }
    "/portal/people/{reference}/suspend" PartnerManager { post: portal::people::standing::create_suspension }
    "/portal/people/{reference}/resume" PartnerManager { post: portal::people::standing::create_resumption }
    "/portal/people/{reference}/invite" PartnerManager { post: portal::people::standing::create_invitation }

    "/partners" Staff { get: staff::partners::index::index }
    "/partners/new" Administrator { get: admin::partners::new::new, post: admin::partners::new::create }
    "/partners/{reference}" Staff { get: staff::partners::show::show }
    "/partners/{reference}/edit" Administrator { get: admin::partners::edit::edit, post: admin::partners::edit::update }
    "/partners/{reference}/second-factor" Administrator {
        get: admin::partners::second_factor::edit,
        post: admin::partners::second_factor::update,
    }
    "/partners/{reference}/suspend" Administrator {
        get: admin::partners::standing::suspend,
        post: admin::partners::standing::create_suspension,
    }
    "/partners/{reference}/resume" Administrator {
        get: admin::partners::standing::resume,
        post: admin::partners::standing::create_resumption,
    }
    "/partners/{reference}/sign-out" Administrator {
        get: admin::partners::standing::sign_out,
        post: admin::partners::standing::create_sign_out,
    }

    "/users" Administrator { get: admin::users::index::index, post: admin::users::new::create }
    "/users/new" Administrator { get: admin::users::new::new }
    "/users/sign-out" Administrator { get: admin::users::everybody::show, post: admin::users::everybody::create }
    "/users/{reference}" Administrator { get: admin::users::show::show }
    "/users/{reference}/edit" Administrator { get: admin::users::edit::edit, post: admin::users::edit::update }
    "/users/{reference}/suspend" Administrator {
        get: admin::users::standing::suspend,
        post: admin::users::standing::create_suspension,
    }
    "/users/{reference}/resume" Administrator {
        get: admin::users::standing::resume,
        post: admin::users::standing::create_resumption,
    }
    "/users/{reference}/invite" Administrator { post: admin::users::standing::create_invitation }
    "/users/{reference}/sign-out" Administrator { post: admin::users::standing::create_sign_out }
}

/// The application of one worker.
pub fn app(
    state: AppState,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody + use<>>,
        Error = Error,
        InitError = (),
    > + use<>,
> {
    let sessions = session::middleware(&state);
    App::new()
        .app_data(web::Data::new(state))
        .service(web::resource("/static/{file}").route(on::get().to(assets::show)))
        .service(web::resource("/static/img/{file}").route(on::get().to(assets::show_image)))
        .service(
            web::scope("")
                .wrap(from_fn(denials::of_everybody))
                .wrap(sessions)
                .configure(configure)
                .default_service(web::route().to(nothing)),
        )
        .wrap(from_fn(security::outermost::<BoxBody>))
        .wrap(Compress::default())
}

async fn nothing() -> HttpResponse {
    error::WebError::NotFound.error_response()
}

/// So many threads beside each worker compress pages and make sheets: more of them would share the same cores, and each
/// keeps memory of its own.
const ASIDE: usize = 2;

/// Serves on a socket until its handle stops it; then finishes what is in flight.
///
/// # Errors
/// The socket can't be served on.
pub fn serve(state: AppState, socket: TcpListener, workers: usize) -> std::io::Result<Server> {
    let server = HttpServer::new(move || app(state.clone()))
        .tcp_nodelay(true)
        .workers(workers)
        .worker_max_blocking_threads(ASIDE)
        .disable_signals()
        .shutdown_timeout(10)
        .client_request_timeout(Duration::from_secs(10))
        .listen(socket)?
        .run();
    Ok(server)
}
