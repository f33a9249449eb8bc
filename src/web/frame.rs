//! What stands around every page: a struct for each audience, so that a portal page has no place for staff things.

use actix_web::HttpRequest;

use super::assets;
use super::flash::Flash;
use crate::app::AppState;
use crate::domain::notices::COUNTED;

/// Around pages for anybody.
#[derive(Debug, Clone)]
pub struct PublicFrame {
    pub demo: bool,
    pub stylesheet: &'static str,
    pub script: &'static str,
    pub flash: Option<Flash>,
}

impl PublicFrame {
    pub fn new(state: &AppState, flash: Option<Flash>) -> Self {
        let assets = assets::for_everybody();
        PublicFrame {
            demo: state.is_demo(),
            stylesheet: assets.stylesheet,
            script: assets.script,
            flash,
        }
    }

    pub fn of(state: &AppState, request: &HttpRequest) -> Self {
        Self::new(state, Flash::of(request))
    }
}

/// Around pages for staff and administrators.
#[derive(Debug, Clone)]
pub struct StaffFrame {
    pub demo: bool,
    pub stylesheet: &'static str,
    pub script: &'static str,
    pub flash: Option<Flash>,
    pub user_name: String,
    pub role_label: &'static str,
    pub is_administrator: bool,
    /// Which item of the navigation the page belongs to.
    pub section: &'static str,
    /// How many leads await permission, while it is tracked.
    pub awaiting: Option<String>,
    /// How many notices this person has not read; nothing for none.
    pub notices: String,
    /// What is the matter with mail, for administrators.
    pub mail_trouble: Option<String>,
}

impl StaffFrame {
    /// The same frame around a page of this section.
    pub fn at(mut self, section: &'static str) -> Self {
        self.section = section;
        self
    }

    /// `3 unread`.
    pub fn unread(&self) -> String {
        format!("{} unread", self.notices)
    }
}

/// Around pages about the own account: what stands around all other pages of the same person.
#[derive(Debug, Clone)]
pub struct AccountFrame {
    pub demo: bool,
    pub stylesheet: &'static str,
    pub script: &'static str,
    pub flash: Option<Flash>,
    pub staff: Option<StaffFrame>,
    pub portal: Option<PortalFrame>,
}

impl AccountFrame {
    pub fn for_staff(frame: StaffFrame) -> Self {
        AccountFrame {
            demo: frame.demo,
            stylesheet: frame.stylesheet,
            script: frame.script,
            flash: frame.flash.clone(),
            staff: Some(frame.at("account")),
            portal: None,
        }
    }

    pub fn for_partner(frame: PortalFrame) -> Self {
        AccountFrame {
            demo: frame.demo,
            stylesheet: frame.stylesheet,
            script: frame.script,
            flash: frame.flash.clone(),
            staff: None,
            portal: Some(PortalFrame {
                section: "account",
                ..frame
            }),
        }
    }
}

/// Around pages for partners.
#[derive(Debug, Clone)]
pub struct PortalFrame {
    pub demo: bool,
    pub stylesheet: &'static str,
    pub script: &'static str,
    pub flash: Option<Flash>,
    pub user_name: String,
    pub partner_name: String,
    pub section: &'static str,
    /// Whether the pages about the people of the partner are there.
    pub is_manager: bool,
    /// Unread notices.
    pub notices: i64,
    /// Tasks and questions that wait for an answer.
    pub tasks: i64,
    /// Leads that the vendor asks about, among them.
    pub questions: i64,
}

impl PortalFrame {
    /// The same frame around a page of this section.
    pub fn at(mut self, section: &'static str) -> Self {
        self.section = section;
        self
    }

    /// `3`, or `99+`.
    pub fn counted_tasks(&self) -> String {
        counted(self.tasks)
    }

    /// `1 lead`, `3 leads`.
    pub fn asked_leads(&self) -> String {
        if self.questions == 1 {
            "1 lead".to_owned()
        } else {
            format!("{} leads", counted(self.questions))
        }
    }

    /// `3 open`.
    pub fn open_tasks(&self) -> String {
        format!("{} open", self.counted_tasks())
    }

    /// `3`, or `99+`.
    pub fn counted(&self) -> String {
        counted(self.notices)
    }

    /// `3 unread`.
    pub fn unread(&self) -> String {
        format!("{} unread", self.counted())
    }
}

/// A number of unread notices as a counter shows it.
pub fn counted(unread: i64) -> String {
    if unread > COUNTED {
        format!("{COUNTED}+")
    } else {
        unread.to_string()
    }
}
