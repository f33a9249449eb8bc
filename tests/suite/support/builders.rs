//! Leads in the state that a test needs, made by the domain's own commands.

use chrono::NaiveDate;
use leadgate::cli::demo::cast;
use leadgate::db::types::Reference;
use leadgate::domain::accounts::{self, NewUser, Role, password};
use leadgate::domain::assignments::{assign, open};
use leadgate::domain::leads::intake::Tick;
use leadgate::domain::leads::{LeadInput, erase, intake, staff};
use leadgate::domain::permission::confirmation::Basis;
use leadgate::domain::permission::gate::{self, ReceivingParty};
use leadgate::domain::permission::text;

use super::TestApp;

pub struct LeadBuilder<'a> {
    app: &'a TestApp,
    input: LeadInput,
    confirmed: bool,
    assigned_to: Option<String>,
    opened: bool,
}

impl<'a> LeadBuilder<'a> {
    pub fn new(app: &'a TestApp) -> Self {
        let input = LeadInput {
            first_name: "Anna".to_owned(),
            last_name: "Öberg".to_owned(),
            email: "anna.oberg@nordlicht.example".to_owned(),
            phone: "+46 8 555 0100".to_owned(),
            company: "Nordlicht GmbH".to_owned(),
            country: "SE".to_owned(),
            product: "ERP Cloud".to_owned(),
            source: "Trade fair".to_owned(),
            need: "Wants a quote for 40 seats".to_owned(),
            internal_note: "Met at the booth".to_owned(),
            ..LeadInput::default()
        };
        LeadBuilder {
            app,
            input,
            confirmed: false,
            assigned_to: None,
            opened: false,
        }
    }

    pub fn named(mut self, first_name: &str, last_name: &str) -> Self {
        self.input.first_name = first_name.to_owned();
        self.input.last_name = last_name.to_owned();
        self
    }

    /// Changes any field.
    pub fn with(mut self, change: impl FnOnce(&mut LeadInput)) -> Self {
        change(&mut self.input);
        self
    }

    /// With permission confirmed on the ground of consent; tracking must be on.
    pub fn confirmed(mut self) -> Self {
        self.confirmed = true;
        self
    }

    /// Assigned to a partner user, by address; the gate decides.
    pub fn assigned_to(mut self, email: &str) -> Self {
        self.assigned_to = Some(email.to_owned());
        self
    }

    /// And opened by that user.
    pub fn opened(mut self) -> Self {
        self.opened = true;
        self
    }

    pub async fn create(self) -> Reference {
        let (scope, now) = (self.app.staff_scope(), self.app.now());
        let draft = self.input.parse().expect("a builder makes a good lead");
        let confirmed = self.confirmed;
        let reference = self
            .app
            .write(move |tx| {
                let tick = if confirmed {
                    let basis = Basis::Consent {
                        evidence: "Said so at the trade fair".to_owned(),
                        given_on: NaiveDate::from_ymd_opt(2026, 4, 20).unwrap(),
                    };
                    Some(Tick {
                        basis,
                        seen: text::current(tx)?.map(|text| text.version),
                    })
                } else {
                    None
                };
                intake::create(tx, &scope, &draft, tick.as_ref(), now)
            })
            .await
            .unwrap();
        if let Some(email) = &self.assigned_to {
            assign_to(self.app, &reference, email).await;
        }
        if self.opened {
            let scope = self
                .app
                .partner_scope(self.assigned_to.as_deref().expect("an opened lead is assigned"));
            let opened = reference.clone();
            self.app
                .write(move |tx| open::open(tx, &scope, &opened, now))
                .await
                .unwrap();
        }
        reference
    }
}

/// Nelly, another member at Northwind, whom the cast does not know.
pub const NELLY: &str = "nelly@northwind.example";

/// Lets Nelly in.
pub async fn enter_nelly(app: &TestApp) {
    let (ada, now) = (app.admin_scope(), app.now());
    let partner = app.partner_scope(cast::NORA).partner();
    app.write(move |tx| {
        let nelly = NewUser {
            email: NELLY.to_owned(),
            name: "Nelly Strand".to_owned(),
            role: Role::PartnerMember,
            partner: Some(partner),
            password_hash: Some(password::hash(cast::PASSWORD, password::Cost::CHEAPEST)),
        };
        accounts::create(tx, ada.actor(), &nelly, now).map_err(anyhow::Error::from)
    })
    .await
    .unwrap();
}

/// Assigns a lead to a partner user, through the gate.
pub async fn assign_to(app: &TestApp, reference: &Reference, email: &str) {
    let user = accounts::find_by_email(&mut app.conn(), email).unwrap().unwrap();
    let to = ReceivingParty {
        partner: user.partner_id.expect("a partner user"),
        user: Some(user.id),
    };
    hand_over(app, reference, to).await;
}

/// Assigns a lead to the whole partner that somebody works at, through the gate.
pub async fn assign_to_partner(app: &TestApp, reference: &Reference, email_there: &str) {
    let user = accounts::find_by_email(&mut app.conn(), email_there).unwrap().unwrap();
    let to = ReceivingParty {
        partner: user.partner_id.expect("a partner user"),
        user: None,
    };
    hand_over(app, reference, to).await;
}

async fn hand_over(app: &TestApp, reference: &Reference, to: ReceivingParty) {
    let (scope, now) = (app.staff_scope(), app.now());
    let mut conn = app.conn();
    let lead = staff::id_of(&mut conn, &scope, reference).unwrap().unwrap();
    app.write(move |tx| {
        let cleared = gate::clear(tx, &scope, lead, to, None).map_err(anyhow::Error::from)?;
        assign::assign(tx, &scope, cleared, now).map_err(anyhow::Error::from)
    })
    .await
    .unwrap();
}

/// Deletes a lead for good, as Sofia.
pub async fn delete(app: &TestApp, reference: &Reference) {
    let (scope, now) = (app.staff_scope(), app.now());
    let lead = staff::id_of(&mut app.conn(), &scope, reference).unwrap().unwrap();
    app.write(move |tx| erase::erase(tx, &scope, lead, now)).await.unwrap();
}
