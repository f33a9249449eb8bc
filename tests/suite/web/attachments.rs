//! Files that a partner keeps with a lead: what is taken, who gets it, and when it is gone.

use diesel::connection::SimpleConnection;
use leadgate::cli::demo::cast;
use leadgate::db::types::Reference;
use leadgate::domain::access::PartnerScope;
use leadgate::domain::attachments::{self, AttachError, NewAttachment};
use leadgate::domain::leads::{erase, staff};

use crate::support::TestApp;
use crate::support::builders::assign_to;
use crate::support::client::{Client, Page};
use crate::support::sql::execute;

const PDF: &[u8] = b"%PDF-1.7\nan offer";

fn page_of(lead: &Reference) -> String {
    format!("/portal/leads/{lead}")
}

async fn add(client: &Client, lead: &Reference, name: &str, bytes: &[u8]) -> Page {
    let path = format!("{}/attachments", page_of(lead));
    client.upload(&path, "file", name, bytes.to_vec()).await
}

fn kept(app: &TestApp) -> i64 {
    app.count("SELECT COUNT(*) AS n FROM attachments")
}

fn path_of_the_file(app: &TestApp) -> String {
    format!(
        "/portal/attachments/{}",
        app.text("SELECT reference AS t FROM attachments")
    )
}

async fn erase(app: &TestApp, lead: &Reference) {
    let (scope, now) = (app.staff_scope(), app.now());
    let id = staff::id_of(&mut app.conn(), &scope, lead).unwrap().unwrap();
    app.write(move |tx| erase::erase(tx, &scope, id, now)).await.unwrap();
}

db_test! {
    async fn a_file_is_kept_and_saved_under_a_name_of_ours(app) {
        let lead = app.a_lead().assigned_to(cast::NORA).opened().create().await;
        let (nora, sofia) = (app.nora().await, app.sofia().await);

        let answer = add(&nora, &lead, "C:\\offers\\Offer \"Öberg\".exe", PDF).await;

        let page = nora.follow(&answer).await;
        assert_eq!(page.flash(), "The file is kept with the lead. The vendor can read it.");
        assert!(page.text().contains("Offer \"Öberg\".exe PDF, 17 bytes, Nora Lindqvist"), "{}", page.text());
        for (client, path) in [(&nora, page.link("Offer \"Öberg\".exe")), (&sofia, path_of_the_file(&app).replace("/portal", ""))] {
            let file = client.get(&path).await;
            assert_eq!((file.status(), file.body.as_slice()), (200, PDF));
            assert_eq!(file.header("content-type"), Some("application/pdf"));
            assert_eq!(file.header("x-content-type-options"), Some("nosniff"));
            let disposition = file.header("content-disposition").unwrap();
            assert!(disposition.starts_with("attachment; filename=\"attachment-") && disposition.ends_with(".pdf\""), "{disposition}");
            assert!(!disposition.contains("berg") && !disposition.contains("exe"), "{disposition}");
        }
        let staff = sofia.get(&format!("/leads/{lead}")).await;
        assert!(staff.text().contains("Files of the partner") && staff.text().contains("Nora Lindqvist, Northwind"), "{}", staff.text());
        assert_eq!(app.count("SELECT COUNT(*) AS n FROM audit_events WHERE action = 'attachment.added' AND detail = 'pdf'"), 1);
        assert_eq!(app.audited("attachment.added"), 1);
    }

    async fn the_content_decides_what_is_taken(app) {
        let lead = app.a_lead().assigned_to(cast::NORA).opened().create().await;
        let nora = app.nora().await;
        let large = [PDF, &vec![b' '; 10 * 1024 * 1024]].concat();

        for (name, bytes, sentence) in [
            ("offer.pdf", &b"MZ\x90\0\x03"[..], "no PDF, PNG, JPEG"),
            ("offer.docx", b"PK\x03\x04 but no document", "no PDF, PNG, JPEG"),
            ("offer.txt", b"a\0b", "no PDF, PNG, JPEG"),
            ("offer.pdf", b"", "Choose a file that is not empty"),
            ("offer.pdf", &large, "larger than 10 MB"),
        ] {
            let page = add(&nora, &lead, name, bytes).await;
            assert_eq!(page.status(), 422, "{name}");
            assert!(page.errors()[0].contains(sentence), "{:?}", page.errors());
        }
        assert_eq!(nora.post(&format!("{}/attachments", page_of(&lead)), &[]).await.status(), 422);
        assert_eq!(kept(&app), 0);
        assert_eq!(app.count("SELECT COUNT(*) AS n FROM audit_events WHERE action = 'attachment.added'"), 0);
        let script = add(&nora, &lead, "x.html", b"<script>alert(1)</script>").await;
        assert_eq!(script.status(), 303);
        assert_eq!(nora.get(&path_of_the_file(&app)).await.header("content-type"), Some("text/plain; charset=utf-8"));
    }

    async fn a_lead_has_at_most_twenty_files_and_each_can_be_removed(app) {
        let lead = app.a_lead().assigned_to(cast::NORA).opened().create().await;
        let nora = app.nora().await;
        for number in 0..20 {
            assert_eq!(add(&nora, &lead, &format!("{number}.txt"), b"text").await.status(), 303);
        }

        let page = add(&nora, &lead, "one more.txt", b"text").await;
        assert_eq!(page.errors(), ["This lead has 20 files already: remove one first"]);

        let removed = nora.submit(&nora.get(&page_of(&lead)).await, "Remove 3.txt", &[]).await;
        assert_eq!(nora.follow(&removed).await.flash(), "The file is removed.");
        assert_eq!(kept(&app), 19);
        assert_eq!(app.count("SELECT COUNT(*) AS n FROM attachments WHERE title = '3.txt'"), 0);
        assert_eq!(app.count("SELECT COUNT(*) AS n FROM audit_events WHERE action = 'attachment.removed'"), 1);
        assert_eq!(app.audited("attachment.removed"), 1);
    }

    async fn a_file_is_the_same_nothing_for_everybody_who_does_not_see_its_lead(app) {
        let lead = app.a_lead().assigned_to(cast::NORA).opened().create().await;
        let (nora, nils, sam) = (app.nora().await, app.nils().await, app.sam().await);
        add(&nora, &lead, "offer.pdf", PDF).await;
        let path = path_of_the_file(&app);
        let remove = format!("{path}/remove");
        let unknown = nora.get(&format!("/portal/attachments/{}", Reference::random())).await;
        assert_eq!(unknown.status(), 404);

        for client in [&nils, &sam] {
            for page in [client.get(&path).await, client.post(&remove, &[]).await, add(client, &lead, "x.txt", b"x").await] {
                assert_eq!((page.status(), &page.body), (404, &unknown.body));
            }
        }
        assert_eq!(app.anybody().get(&path).await.status(), 303);
        assert_eq!(app.sofia().await.get(&path).await.status(), 403);
        assert_eq!(nora.get(&path.replace("/portal", "")).await.status(), 403);

        assign_to(&app, &lead, cast::SAM).await;
        sam.post(&format!("{}/open", page_of(&lead)), &[]).await;
        for client in [&nora, &sam] {
            for page in [client.get(&path).await, client.post(&remove, &[]).await] {
                assert_eq!((page.status(), &page.body), (404, &unknown.body));
            }
        }
        assert!(!sam.get(&page_of(&lead)).await.text().contains("offer.pdf"));
        assert_eq!(kept(&app), 1);
        assert_eq!(app.count("SELECT COUNT(*) AS n FROM audit_events WHERE action = 'attachment.removed'"), 0);
    }

    async fn a_file_is_gone_with_suspension_hold_and_erasure_of_its_lead(app) {
        let lead = app.a_lead().assigned_to(cast::NORA).opened().create().await;
        let nora = app.nora().await;
        add(&nora, &lead, "offer.pdf", PDF).await;
        let path = path_of_the_file(&app);
        assert_eq!(nora.get(&path).await.status(), 200);

        app.track_permission().await;
        app.conn().batch_execute("UPDATE lead_distribution_settings SET opened_leads = 'suspend'").unwrap();
        assert_eq!(nora.get(&path).await.status(), 404);
        app.set_tracking(false, false).await;
        assert_eq!(nora.get(&path).await.status(), 200);

        erase(&app, &lead).await;
        assert_eq!((nora.get(&path).await.status(), kept(&app)), (404, 0));
    }

    async fn a_waiting_lead_takes_no_file(app) {
        let lead = app.a_lead().assigned_to(cast::NORA).create().await;

        let page = add(&app.nora().await, &lead, "offer.pdf", PDF).await;

        assert_eq!((page.status(), kept(&app)), (409, 0));
        assert_eq!(page.heading(), "This lead is not open yet");
    }

    async fn the_files_of_a_partner_have_room_for_so_many_bytes(app) {
        let leads = [
            app.a_lead().assigned_to(cast::NORA).opened().create().await,
            app.a_lead().assigned_to(cast::NILS).opened().create().await,
        ];
        let (nora, nils, quota) = (app.partner_scope(cast::NORA), app.partner_scope(cast::NILS), 2 * PDF.len() as i64);
        let now = app.now();
        let keep = |scope: PartnerScope, lead: &Reference| {
            let (file, lead) = (NewAttachment::parse("offer.pdf", PDF.to_vec()).unwrap(), lead.clone());
            app.write(move |tx| attachments::attach(tx, &scope, &lead, &file, quota, now))
        };

        assert!(keep(nora.clone(), &leads[0]).await.is_ok());
        assert!(keep(nils.clone(), &leads[1]).await.is_ok());
        assert!(matches!(keep(nils, &leads[1]).await, Err(AttachError::NoRoom)));

        execute(&mut app.conn(), "UPDATE attachments SET byte_count = 536870912").unwrap();
        let refused = add(&app.nora().await, &leads[0], "offer.pdf", PDF).await;
        assert_eq!(refused.status(), 422);
        assert_eq!(
            refused.errors(),
            ["The files of your company fill the 1 GB that there is for them: remove some that you no longer need first"]
        );
        assert_eq!(kept(&app), 2);
        let sams = app.a_lead().assigned_to(cast::SAM).opened().create().await;
        assert_eq!(add(&app.sam().await, &sams, "offer.pdf", PDF).await.status(), 303, "others have their own room");
    }

    async fn more_files_at_once_than_there_is_room_for_are_not_read(app) {
        let lead = app.a_lead().assigned_to(cast::NORA).opened().create().await;
        let sams = app.a_lead().assigned_to(cast::SAM).opened().create().await;
        let (nora, partner) = (app.nora().await, app.partner_scope(cast::NORA).partner());
        let received: Vec<_> = std::iter::from_fn(|| app.state.uploads().begin(partner)).collect();
        assert!(!received.is_empty());

        let refused = add(&nora, &lead, "offer.pdf", PDF).await;

        assert_eq!((refused.status(), refused.heading().as_str()), (503, "Too many files at once"));
        assert_eq!(refused.link("Go to the lead"), page_of(&lead));
        assert_eq!(kept(&app), 0);
        assert_eq!(add(&app.sam().await, &sams, "offer.pdf", PDF).await.status(), 303, "one partner keeps nobody else out");
        drop(received);
        assert_eq!(add(&nora, &lead, "offer.pdf", PDF).await.status(), 303);
        assert_eq!(add(&nora, &lead, "offer.pdf", PDF).await.status(), 303, "the room is given back");
    }
}
