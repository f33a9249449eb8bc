//! The list of users.

use askama::Template;

use crate::db::Error;
use crate::db::page::{Count, Cursor, Page};
use crate::db::types::{PartnerId, Reference};
use crate::domain::accounts::directory::{self, Filter, PersonRow};
use crate::domain::accounts::{Role, UserState};
use crate::domain::partners::{self, Partner};
use crate::web::error::WebError;
use crate::web::extract::Admin;
use crate::web::forms::{QueryData, query};
use crate::web::frame::StaffFrame;
use crate::web::here::Here;
use crate::web::respond::{Answer, page};
use crate::web::view::{Moment, user_tag};

/// The parameters of the list as they stand in its address.
#[derive(Debug, Clone, Default)]
struct ListQuery {
    words: String,
    role: Option<Role>,
    state: Option<UserState>,
    partner: Option<Reference>,
    page: Option<Cursor>,
}

impl ListQuery {
    fn parse(data: &QueryData) -> Result<Self, WebError> {
        Ok(ListQuery {
            words: data.text("q").trim().chars().take(200).collect(),
            role: data.choice("role", Role::parse)?,
            state: data.choice("state", UserState::parse)?,
            partner: data.choice("partner", Reference::parse)?,
            page: data.choice("page", Cursor::parse)?,
        })
    }

    /// The filter for the domain; a partner that does not exist matches nobody.
    fn filter(&self, partners: &[Partner]) -> Filter {
        let partner = self.partner.as_ref().map(|reference| {
            partners
                .iter()
                .find(|partner| partner.reference == *reference)
                .map_or(PartnerId::new(0), |partner| partner.id)
        });
        Filter {
            words: self.words.clone(),
            role: self.role,
            state: self.state,
            partner,
        }
    }

    fn partner_text(&self) -> String {
        self.partner.as_ref().map(ToString::to_string).unwrap_or_default()
    }

    /// The address of the list without one of its filters, or at another page.
    fn href(&self, without: &str, at: &str) -> String {
        let partner = self.partner_text();
        let pairs = [
            ("q", self.words.as_str()),
            ("role", self.role.map_or("", Role::as_str)),
            ("state", self.state.map_or("", UserState::as_str)),
            ("partner", partner.as_str()),
            ("page", at),
        ];
        let kept = pairs.into_iter().filter(|(name, _)| *name != without);
        format!("/users{}", query(kept))
    }

    /// Words and address of each filter in use, the address being that of the list without it.
    fn chips(&self, partners: &[Partner]) -> Vec<(String, String)> {
        let mut chips = Vec::new();
        if !self.words.is_empty() {
            chips.push((format!("Search: {}", self.words), self.href("q", "")));
        }
        if let Some(role) = self.role {
            chips.push((format!("Role: {}", role.label()), self.href("role", "")));
        }
        if let Some(state) = self.state {
            chips.push((format!("Status: {}", state.label()), self.href("state", "")));
        }
        if let Some(reference) = &self.partner {
            let partner = partners.iter().find(|partner| partner.reference == *reference);
            let name = partner.map_or("unknown", |partner| partner.name.as_str());
            chips.push((format!("Partner: {name}"), self.href("partner", "")));
        }
        chips
    }
}

/// A user as a row of the table.
struct Row {
    reference: Reference,
    name: String,
    email: String,
    role: Role,
    partner: String,
    state: UserState,
    tag: &'static str,
    last_signed_in: Option<Moment>,
}

impl Row {
    fn new(row: PersonRow, here: Here) -> Self {
        Row {
            reference: row.reference,
            name: row.name,
            email: row.email,
            role: row.role,
            partner: row.partner.unwrap_or_default(),
            state: row.state,
            tag: user_tag(row.state),
            last_signed_in: row.last_signed_in_at.map(|at| Moment::new(at, here)),
        }
    }
}

#[derive(Template)]
#[template(path = "admin/users/index.html")]
struct IndexPage {
    frame: StaffFrame,
    list: ListQuery,
    roles: Vec<(&'static str, &'static str)>,
    states: Vec<(&'static str, &'static str)>,
    partners: Vec<(String, String)>,
    rows: Vec<Row>,
    /// `12 users`.
    count: String,
    chips: Vec<(String, String)>,
    previous: Option<String>,
    next: Option<String>,
}

/// `GET /users`
pub async fn index(admin: Admin, data: QueryData) -> Answer {
    let list = ListQuery::parse(&data)?;
    let asked = list.clone();
    let (frame, (partners, found, count)): (_, (Vec<Partner>, Page<PersonRow>, Count)) = admin
        .page(move |conn, scope, _| {
            let partners = partners::all(conn, scope.staff())?;
            let filter = asked.filter(&partners);
            let found = directory::page(conn, scope, &filter, asked.page.as_ref())?;
            let count = directory::count(conn, scope, &filter)?;
            Ok::<_, Error>((partners, found, count))
        })
        .await?;
    let at = |cursor: &Option<Cursor>| cursor.as_ref().map(|cursor| list.href("", &cursor.to_text()));
    let here = admin.here();
    page(&IndexPage {
        frame: frame.at("users"),
        roles: Role::ALL.iter().map(|role| (role.as_str(), role.label())).collect(),
        states: UserState::ALL
            .iter()
            .map(|state| (state.as_str(), state.label()))
            .collect(),
        count: format!("{} {}", count.words(), if count.is_one() { "user" } else { "users" }),
        chips: list.chips(&partners),
        partners: partners
            .into_iter()
            .map(|partner| (partner.reference.to_string(), partner.name))
            .collect(),
        previous: at(&found.previous),
        next: at(&found.next),
        rows: found.rows.into_iter().map(|row| Row::new(row, here)).collect(),
        list,
    })
}

impl IndexPage {
    fn role(&self) -> &'static str {
        self.list.role.map_or("", Role::as_str)
    }

    fn state(&self) -> &'static str {
        self.list.state.map_or("", UserState::as_str)
    }
}
