//! The start page of administrators: that of staff, with what they look after besides.

use crate::db::Error;
use crate::domain::access::AdminScope;
use crate::domain::{setup, upkeep};
use crate::web::counter::Counter;
use crate::web::extract::Admin;
use crate::web::respond::{Answer, page};
use crate::web::staff::checklist::Checklist;
use crate::web::staff::home::{Administration, Found, HomePage};

/// `GET /` for administrators
pub async fn show(admin: Admin) -> Answer {
    // The demonstration sends no mail, and there is nothing to do about it.
    let has_mailer = admin.state().mailer().is_some();
    let sends_mail = has_mailer || admin.state().is_demo();
    let here = admin.here();
    let (frame, (administration, found)) = admin
        .page(move |conn, scope: &AdminScope, now| {
            let administration = Administration {
                checklist: Checklist::new(setup::load(conn, scope.staff(), sends_mail)?),
                upkeep: counters(&upkeep::load(conn, scope, now)?, has_mailer),
            };
            Ok::<_, Error>((administration, Found::load(conn, scope.staff(), here)?))
        })
        .await?;
    page(&HomePage::new(frame, administration, found, here))
}

/// Without a mail server everything waits, and every page says so: then nothing stands out.
fn counters(upkeep: &upkeep::Upkeep, has_mailer: bool) -> Vec<Counter> {
    let trouble = if has_mailer { "counter-attention" } else { "" };
    vec![
        Counter::new(upkeep.failed, "messages failed", "/outbox?state=failed").marked(trouble),
        Counter::new(upkeep.stuck, "messages stuck", "/outbox?state=stuck").marked(trouble),
        Counter::new(upkeep.tasks, "destroy tasks open", "/tasks").marked("counter-waiting"),
        Counter::new(upkeep.invited, "invited, not arrived", "/users?state=invited"),
    ]
}
