//! What staff write about a lead: to each other, and to whoever holds it.

use diesel::prelude::*;
use leadgate::cli::demo::cast;
use leadgate::db::schema::{outbox, users};
use leadgate::db::types::Reference;
use leadgate::domain::outbox::Message;

use crate::support::TestApp;
use crate::support::builders::assign_to;
use crate::support::client::{Client, Page};

async fn write(client: &Client, lead: &Reference, text: &str) -> Page {
    let page = client.get(&format!("/leads/{lead}")).await;
    client
        .submit(&page, "Send to the partner", &[("vendor_note", text)])
        .await
}

/// Who is told of a note.
fn told(app: &TestApp) -> Vec<String> {
    outbox::table
        .inner_join(users::table)
        .filter(outbox::kind.eq(Message::LeadWritten))
        .select(users::email)
        .order((outbox::id, users::email))
        .load(&mut app.conn())
        .unwrap()
}

const WRITTEN: &str = "SELECT COUNT(*) AS n FROM partner_notes WHERE assignment_id IS NOT NULL";
const INTERNAL: &str = "SELECT COUNT(*) AS n FROM internal_notes";

db_test! {
    async fn internal_notes_are_a_list_that_no_partner_reads(app) {
        let lead = app.a_lead().assigned_to(cast::NILS).opened().create().await;
        let (sofia, ada) = (app.sofia().await, app.ada().await);
        let path = format!("/leads/{lead}");
        for (client, text) in [(&sofia, "Rings back on Friday"), (&ada, "Knows our competitor")] {
            let page = client.get(&path).await;
            let saved = client.submit(&page, "Save internal note", &[("internal_note", text)]).await;
            assert_eq!(client.follow(&saved).await.flash(), "The internal note is saved. No partner can read it.");
        }

        let text = sofia.get(&path).await.text();
        let at = |words: &str| text.find(words).unwrap_or_else(|| panic!("{words}: {text}"));
        // Newest first; the one that was entered with the lead is the oldest.
        assert!(at("Knows our competitor") < at("Rings back on Friday") && at("Rings back on Friday") < at("Met at the booth"));
        assert!(text.contains("entered with the lead"), "{text}");
        assert!(text.contains("wrote an internal note."), "{text}");
        let portal = app.nils().await.get(&format!("/portal/leads/{lead}")).await.source();
        for words in ["Rings back", "Knows our competitor", "Met at the booth", "nternal"] {
            assert!(!portal.contains(words), "{words}");
        }
        assert_eq!((app.count(INTERNAL), app.audited("lead.internal_note_added")), (2, 2));
        assert_eq!(app.audited("lead.internal_note_added"), 2);
        assert_eq!(told(&app), Vec::<String>::new());
    }

    async fn a_note_to_the_partner_stands_beside_the_partners_own(app) {
        let lead = app.a_lead().assigned_to(cast::NILS).opened().create().await;
        let (sofia, nils) = (app.sofia().await, app.nils().await);
        let path = format!("/portal/leads/{lead}");
        nils.post(&format!("{path}/note"), &[("status_note", "Called, wants an offer")]).await;

        let sent = write(&sofia, &lead, "The list price is valid until July").await;

        assert_eq!(sofia.follow(&sent).await.flash(), "The note is sent. Whoever has the lead is told.");
        let page = nils.get(&path).await;
        let text = page.text();
        assert!(text.contains("The vendor 4 May 2026, 09:30 UTC The list price is valid until July"), "{text}");
        assert!(text.contains("Called, wants an offer"), "{text}");
        assert!(!page.source().contains("Sofia"), "who of the vendor wrote is not told");
        let list = nils.get("/portal/leads").await;
        assert!(list.rows()[0].contains("Called, wants an offer"), "the list has the partner's own: {:?}", list.rows());
        assert_eq!(nils.get("/portal/notices").await.link("A note about a lead"), path);
        let staff = sofia.get(&format!("/leads/{lead}")).await.text();
        assert!(staff.contains("to Northwind 4 May 2026"), "{staff}");
        assert!(staff.contains("wrote to Northwind, Nils Holm."), "{staff}");
        assert_eq!(told(&app), [cast::NILS]);
        assert_eq!(app.audited("lead.partner_written"), 1);
    }

    async fn the_next_holder_does_not_read_what_was_written_to_the_former_one(app) {
        let lead = app.a_lead().assigned_to(cast::NILS).opened().create().await;
        let sofia = app.sofia().await;
        write(&sofia, &lead, "For Nils alone").await;
        app.nils().await.post(&format!("/portal/leads/{lead}/note"), &[("status_note", "Northwind called")]).await;

        let nora = app.reference_of(cast::NORA);
        let path = format!("/portal/leads/{lead}");
        app.nils().await.post(&format!("{path}/reassignment"), &[("colleague", &nora)]).await;
        let nora = app.nora().await;
        assert!(!nora.get(&path).await.text().contains("The vendor wrote you a note"));
        nora.post(&format!("{path}/open"), &[]).await;
        let colleague = nora.get(&path).await.text();
        assert!(colleague.contains("Northwind called") && !colleague.contains("For Nils alone"), "{colleague}");

        assign_to(&app, &lead, cast::SAM).await;
        let sam = app.sam().await;
        sam.post(&format!("{path}/open"), &[]).await;
        let partner = sam.get(&path).await.text();
        assert!(!partner.contains("Northwind called") && !partner.contains("For Nils alone"), "{partner}");
        let staff = sofia.get(&format!("/leads/{lead}")).await.text();
        assert!(staff.contains("For Nils alone"), "{staff}");
    }

    async fn a_note_for_one_holder_is_not_sent_to_another(app) {
        let lead = app.a_lead().assigned_to(cast::NILS).opened().create().await;
        let sofia = app.sofia().await;
        let page = sofia.get(&format!("/leads/{lead}")).await;
        assign_to(&app, &lead, cast::SAM).await;

        let late = sofia.submit(&page, "Send to the partner", &[("vendor_note", "Nils, as agreed")]).await;

        assert_eq!(late.status(), 422);
        assert!(late.errors()[0].contains("went to somebody else meanwhile"), "{:?}", late.errors());
        assert_eq!(late.value("vendor_note").trim(), "Nils, as agreed");
        assert_eq!((app.count(WRITTEN), told(&app).len()), (0, 0));
        // Read again, it goes to whoever has the lead now.
        assert_eq!(sofia.submit(&late, "Send to the partner", &[]).await.status(), 303);
        assert_eq!(told(&app), [cast::SAM]);
    }

    async fn what_is_written_about_a_waiting_lead_is_read_when_it_is_opened(app) {
        let lead = app.a_lead().assigned_to(cast::NILS).create().await;
        write(&app.sofia().await, &lead, "Ask for Anna Öberg").await;
        let nils = app.nils().await;
        let path = format!("/portal/leads/{lead}");

        let waiting = nils.get(&path).await.text();
        assert!(waiting.contains("The vendor wrote you a note.") && !waiting.contains("Anna"), "{waiting}");
        nils.post(&format!("{path}/open"), &[]).await;
        assert!(nils.get(&path).await.text().contains("Ask for Anna Öberg"));
    }

    async fn nobody_else_writes(app) {
        let lead = app.a_lead().assigned_to(cast::NILS).opened().create().await;
        for (noun, field) in [("internal-notes", "internal_note"), ("notes", "vendor_note")] {
            let path = format!("/leads/{lead}/{noun}");
            let fields = [(field, "Written"), ("holder", "1")];

            assert!(app.anybody().post(&path, &fields).await.location().starts_with("/sign-in"));
            assert_eq!(app.nils().await.post(&path, &fields).await.status(), 403);
            let unknown = format!("/leads/{}/{noun}", Reference::random());
            assert_eq!(app.sofia().await.post(&unknown, &fields).await.status(), 404);
            assert_eq!(app.sofia().await.post(&unknown, &[]).await.status(), 404);
        }
        assert_eq!((app.count(INTERNAL), app.count(WRITTEN)), (0, 0));
        assert_eq!(app.audited("access.denied"), 2);
    }

    async fn what_cannot_be_stored_comes_back_as_it_was_typed(app) {
        let lead = app.a_lead().assigned_to(cast::NILS).opened().create().await;
        let sofia = app.sofia().await;
        for (button, field, most) in [("Save internal note", "internal_note", 2_000), ("Send to the partner", "vendor_note", 1_000)] {
            let page = sofia.get(&format!("/leads/{lead}")).await;
            assert_eq!(sofia.submit(&page, button, &[(field, " ")]).await.status(), 422);
            let long = "ö".repeat(most + 1);
            let back = sofia.submit(&page, button, &[(field, &long)]).await;
            assert_eq!((back.status(), back.errors().len()), (422, 1));
            assert_eq!(back.value(field).trim(), long);
        }
        assert_eq!((app.count(INTERNAL), app.count(WRITTEN)), (0, 0));
    }

    async fn nobody_writes_to_a_partner_that_does_not_see_the_lead(app) {
        let held = app.a_lead().assigned_to(cast::NILS).create().await;
        app.track_permission().await;
        let sofia = app.sofia().await;

        let refused = write(&sofia, &held, "Hello").await;

        assert_eq!(refused.status(), 422);
        assert!(refused.errors()[0].contains("does not see this lead now"), "{:?}", refused.errors());
        assert_eq!((app.count(WRITTEN), told(&app).len()), (0, 0));
        let nobodys = app.a_lead().create().await;
        assert!(!sofia.get(&format!("/leads/{nobodys}")).await.has_button("Send to the partner"));
    }
}
