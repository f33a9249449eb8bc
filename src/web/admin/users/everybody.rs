//! Signing everybody out: the answer to a suspicion that nobody can place.

use crate::domain::access::ending;
use crate::domain::accounts::suspension;
use crate::web::admin::consequence::{ConsequencePage, counted};
use crate::web::extract::Admin;
use crate::web::flash::Notice;
use crate::web::respond::{Answer, page, see_other_with};

/// `GET /users/sign-out`
pub async fn show(admin: Admin) -> Answer {
    let limits = admin.state().session_limits();
    let (frame, (sessions, people)) = admin
        .page(move |conn, _, now| ending::count_of_everybody(conn, limits, now))
        .await?;
    page(&ConsequencePage {
        frame: frame.at("users"),
        title: "Sign everybody out".to_owned(),
        lead: "Everybody must sign in again, on every device: administrators, staff and partners.".to_owned(),
        effects: vec![
            format!(
                "{} of {} at once, yours too",
                counted(sessions, "open session ends", "open sessions end"),
                counted(people, "person", "people"),
            ),
            "What somebody is typing at this moment is not saved".to_owned(),
        ],
        refusal: None,
        action: "/users/sign-out".to_owned(),
        button: "Sign everybody out",
        is_dangerous: true,
        back: ("/users".to_owned(), "Users".to_owned()),
    })
}

/// `POST /users/sign-out`
pub async fn create(admin: Admin) -> Answer {
    let ended = admin.write(suspension::sign_out_everybody).await??;
    see_other_with("/sign-in", Notice::SignedOutElsewhere(ended as u64))
}
