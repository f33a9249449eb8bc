//! Views of the list of leads that somebody keeps: named, opened again, renamed, deleted.

use actix_web::HttpRequest;
use actix_web::web::Path;
use askama::Template;

use super::list_query::{Choices, ListQuery};
use super::reference;
use crate::db::Error;
use crate::db::types::Reference;
use crate::domain::leads::views::{self, MOST, SavedView, ViewError};
use crate::domain::validation::FieldErrors;
use crate::web::error::WebError;
use crate::web::extract::Staff;
use crate::web::flash::Notice;
use crate::web::forms::{FormData, QueryData};
use crate::web::frame::StaffFrame;
use crate::web::respond::{Answer, page, see_other, see_other_with, unprocessable};

const HOME: &str = "/leads/views";

/// The way to a view from the list.
pub struct ViewLink {
    pub name: String,
    pub href: String,
    /// Whether the list shows just this view.
    pub is_open: bool,
}

/// The ways from a list to one's views.
pub fn links(views: Vec<SavedView>, list: &ListQuery) -> Vec<ViewLink> {
    views
        .into_iter()
        .map(|view| {
            let kept = ListQuery::of_view(&view.query);
            ViewLink {
                name: view.name,
                href: kept.href(&[]),
                is_open: kept.filters() == list.filters(),
            }
        })
        .collect()
}

/// What a query shows, in words.
struct Shown(Vec<String>);

impl Shown {
    fn of(list: &ListQuery, choices: &Choices) -> Self {
        let filters = list.in_words(choices).into_iter();
        let mut words: Vec<String> = filters.map(|(_, words)| words).collect();
        words.extend(list.sort.map(|sort| format!("Order: {}", sort.label())));
        Shown(words)
    }
}

#[derive(Template)]
#[template(path = "staff/leads/views/index.html")]
struct IndexPage {
    frame: StaffFrame,
    rows: Vec<Row>,
}

struct Row {
    reference: Reference,
    name: String,
    href: String,
    shown: Shown,
    /// Whether the list no longer offers some of what was kept.
    is_less: bool,
}

/// `GET /leads/views`
pub async fn index(staff: Staff) -> Answer {
    let here = staff.here();
    let (frame, (views, choices)) = staff
        .page(move |conn, scope, _| {
            let views = views::own(conn, scope)?;
            let lists: Vec<ListQuery> = views.iter().map(|view| ListQuery::of_view(&view.query)).collect();
            let choices = Choices::of_all(conn, scope, &lists, here)?;
            Ok::<_, Error>((views.into_iter().zip(lists), choices))
        })
        .await?;
    let rows = views.map(|(view, list)| Row {
        href: list.href(&[]),
        shown: Shown::of(&list, &choices),
        is_less: list.filters().split('&').count() < view.query.split('&').count(),
        reference: view.reference,
        name: view.name,
    });
    page(&IndexPage {
        rows: rows.collect(),
        frame: frame.at("leads"),
    })
}

#[derive(Template)]
#[template(path = "staff/leads/views/new.html")]
struct NewPage {
    frame: StaffFrame,
    href: String,
    filters: String,
    shown: Shown,
    typed: String,
    errors: FieldErrors,
}

impl NewPage {
    async fn load(staff: &Staff, list: ListQuery) -> Result<Self, WebError> {
        let here = staff.here();
        let (frame, (list, choices, has_room)) = staff
            .page(move |conn, scope, _| {
                let choices = Choices::load(conn, scope, &list, here)?;
                Ok::<_, Error>((list, choices, views::has_room(conn, scope)?))
            })
            .await?;
        if !has_room {
            return Err(too_many());
        }
        Ok(NewPage {
            frame: frame.at("leads"),
            shown: Shown::of(&list, &choices),
            href: list.href(&[]),
            filters: list.filters(),
            typed: String::new(),
            errors: FieldErrors::default(),
        })
    }
}

/// `GET /leads/views/new`, with the filters of the list
pub async fn new(staff: Staff, request: HttpRequest) -> Answer {
    let list = ListQuery::parse(&QueryData::of(&request)?)?;
    if list.filters().is_empty() {
        return see_other("/leads");
    }
    page(&NewPage::load(&staff, list).await?)
}

/// `POST /leads/views`
pub async fn create(staff: Staff, form: FormData) -> Answer {
    let list = ListQuery::parse(&QueryData::parse(&form.text("list"))?)?;
    if list.filters().is_empty() {
        return Err(WebError::BadRequest(
            "The form names no filter, search or order to keep. Choose one in the list of leads first.",
        ));
    }
    let (kept, name) = (list.clone(), form.text("name"));
    let saved = staff
        .write(move |tx, scope, now| views::save(tx, scope, &name, &kept.filters(), &kept.words, now))
        .await?;
    match saved {
        Ok(()) => see_other_with(&list.href(&[]), Notice::ViewSaved),
        Err(ViewError::Fields(errors)) => {
            let mut page = NewPage::load(&staff, list).await?;
            (page.typed, page.errors) = (form.text("name"), errors);
            unprocessable(&page)
        }
        Err(ViewError::TooMany) => Err(too_many()),
        Err(ViewError::NotFound) => Err(WebError::NotFound),
        Err(ViewError::Database(error)) => Err(error.into()),
    }
}

fn too_many() -> WebError {
    WebError::conflict(
        format!("You have {MOST} views already"),
        "That is as many as one person can keep. Delete one that you need no more, then save this one.",
        HOME,
        "Your views",
    )
}

#[derive(Template)]
#[template(path = "staff/leads/views/edit.html")]
struct EditPage {
    frame: StaffFrame,
    view: SavedView,
    shown: Shown,
    typed: String,
    errors: FieldErrors,
}

impl EditPage {
    async fn load(staff: &Staff, reference: Reference) -> Result<Self, WebError> {
        let here = staff.here();
        let (frame, (view, shown)) = staff
            .page(move |conn, scope, _| {
                let view = views::find(conn, scope, &reference)?.ok_or(WebError::NotFound)?;
                let list = ListQuery::of_view(&view.query);
                let choices = Choices::load(conn, scope, &list, here)?;
                Ok::<_, WebError>((view, Shown::of(&list, &choices)))
            })
            .await?;
        Ok(EditPage {
            frame: frame.at("leads"),
            shown,
            typed: view.name.clone(),
            view,
            errors: FieldErrors::default(),
        })
    }
}

/// `GET /leads/views/{reference}`
pub async fn edit(staff: Staff, path: Path<String>) -> Answer {
    page(&EditPage::load(&staff, reference(&path)?).await?)
}

/// `POST /leads/views/{reference}`
pub async fn update(staff: Staff, path: Path<String>, form: FormData) -> Answer {
    let reference = reference(&path)?;
    let (view, name) = (reference.clone(), form.text("name"));
    let renamed = staff
        .write(move |tx, scope, now| {
            let kept = views::find(tx, scope, &view)?.ok_or(ViewError::NotFound)?;
            let list = ListQuery::of_view(&kept.query);
            views::rename(tx, scope, &view, &name, &list.words, now)
        })
        .await?;
    match renamed {
        Ok(()) => see_other_with(HOME, Notice::ViewRenamed),
        Err(ViewError::Fields(errors)) => {
            let mut page = EditPage::load(&staff, reference).await?;
            (page.typed, page.errors) = (form.text("name"), errors);
            unprocessable(&page)
        }
        Err(ViewError::NotFound) => Err(WebError::NotFound),
        Err(ViewError::TooMany) => Err(too_many()),
        Err(ViewError::Database(error)) => Err(error.into()),
    }
}

#[derive(Template)]
#[template(path = "staff/leads/views/delete.html")]
struct DeletePage {
    frame: StaffFrame,
    view: SavedView,
    shown: Shown,
}

/// `GET /leads/views/{reference}/delete`
pub async fn ask(staff: Staff, path: Path<String>) -> Answer {
    let EditPage { frame, view, shown, .. } = EditPage::load(&staff, reference(&path)?).await?;
    page(&DeletePage { frame, view, shown })
}

/// `POST /leads/views/{reference}/delete`
pub async fn destroy(staff: Staff, path: Path<String>) -> Answer {
    let reference = reference(&path)?;
    let deleted = staff
        .write(move |tx, scope, now| views::delete(tx, scope, &reference, now))
        .await?;
    match deleted {
        Ok(()) => see_other_with(HOME, Notice::ViewDeleted),
        Err(ViewError::Database(error)) => Err(error.into()),
        Err(ViewError::NotFound | ViewError::Fields(_) | ViewError::TooMany) => Err(WebError::NotFound),
    }
}
