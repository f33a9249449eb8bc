//! Closing, converting, declining, moving and reopening a lead, as people do it: forms, words, messages.

use std::sync::Arc;

use leadgate::cli::demo::cast;
use leadgate::db::types::Reference;
use leadgate::domain::assignments::life::Transition;
use leadgate::domain::leads::LeadStatus;

use super::life::{LOST, lead_in, send};
use crate::support::TestApp;
use crate::support::builders::{NELLY, assign_to_partner, enter_nelly};
use crate::support::client::Client;
use crate::support::sql::number;

fn page_of(lead: &Reference) -> String {
    format!("/portal/leads/{lead}")
}

/// What must be true after whatever two people did at once.
const IN_ORDER: [&str; 4] = [
    "SELECT count(*) FROM leads l WHERE (l.status = 'unassigned') = EXISTS \
     (SELECT 1 FROM assignments a WHERE a.lead_id = l.id AND a.ended_at IS NULL)",
    "SELECT count(*) FROM leads l JOIN assignments a ON a.lead_id = l.id AND a.ended_at IS NULL \
     WHERE (l.status IN ('won', 'lost', 'converted')) <> (a.closed_at IS NOT NULL)",
    "SELECT count(*) FROM leads l JOIN assignments a ON a.lead_id = l.id AND a.ended_at IS NULL \
     WHERE (l.status = 'unopened') <> (a.opened_at IS NULL)",
    "SELECT count(*) FROM assignments a WHERE ended_at IS NOT NULL AND closed_at IS NOT NULL",
];

/// Both at the same moment, some times over, with the sides in turns.
async fn at_once(app: &TestApp, one: (Client, Transition), other: (Client, Transition)) {
    let (one, other) = (Arc::new(one), Arc::new(other));
    for turn in 0..6 {
        let lead = lead_in(app, LeadStatus::Open).await;
        let (first, second) = if turn % 2 == 0 { (&one, &other) } else { (&other, &one) };

        let (a, b) = tokio::join!(
            send(app, &first.0, &lead, first.1),
            send(app, &second.0, &lead, second.1)
        );

        let what = format!("{:?} and {:?}", first.1, second.1);
        let (winner, loser) = if a.status() == 303 { (a, b) } else { (b, a) };
        assert_eq!(winner.status(), 303, "{what}: nobody won: {}", winner.text());
        assert!(
            matches!(loser.status(), 404 | 409),
            "{what}: {} {}",
            loser.status(),
            loser.text()
        );
        assert!(
            !loser.heading().is_empty() && loser.heading() != "Something went wrong here",
            "{what}"
        );
        for query in IN_ORDER {
            assert_eq!(number(&mut app.conn(), query), 0, "{what}: {query}");
        }
    }
}

db_test! {
    async fn a_partner_closes_a_lead_as_lost_and_staff_see_why(app) {
        let lead = app.a_lead().assigned_to(cast::NILS).opened().create().await;
        let (nils, sofia) = (app.nils().await, app.sofia().await);
        let page = nils.get(&page_of(&lead)).await;
        let form = nils.get(&page.link("Close as won or lost")).await;
        assert_eq!(form.heading(), "Close this lead");
        assert!(form.text().contains("Won: Best offer") && form.text().contains("Lost: Price"), "{}", form.text());

        let empty = nils.submit(&form, "Close lead", &[("remark", "Too <dear>")]).await;
        assert_eq!(empty.status(), 422);
        assert_eq!(empty.errors(), ["Choose how it ended and why"]);
        assert_eq!(empty.value("remark").trim(), "Too <dear>");
        let long = nils.submit(&form, "Close lead", &[("choice", LOST), ("remark", &"x".repeat(1_001))]).await;
        assert_eq!(long.errors(), ["Remark must be 1000 characters or fewer"]);
        assert_eq!(app.audited("lead.closed"), 0);

        let closed = nils.submit(&form, "Close lead", &[("choice", LOST), ("remark", "Too dear")]).await;
        let page = nils.follow(&closed).await;

        assert_eq!(page.flash(), "The lead is closed. The vendor is told.");
        assert!(page.text().contains("Lost: Price") && page.text().contains("Too dear"), "{}", page.text());
        assert!(page.links().iter().all(|link| !link.ends_with("/decline")), "{:?}", page.links());
        assert!(nils.get("/portal/leads").await.text().contains("Closed 1"));
        let seen = sofia.get(&format!("/leads/{lead}")).await.text();
        assert!(seen.contains("Lost: Price") && seen.contains("Too dear"), "{seen}");
        assert!(seen.contains("Nils Holm closed the lead. Lost: Price."), "{seen}");
        assert!(app.messages_to(cast::SOFIA).contains(&"lead.closed".to_owned()));
        assert!(sofia.get("/notices").await.text().contains("Northwind closed a lead that you assigned"));
        assert!(!app.messages_to(cast::NILS).contains(&"lead.closed".to_owned()));
    }

    async fn a_deal_locks_the_lead(app) {
        let lead = app.a_lead().assigned_to(cast::NILS).opened().create().await;
        let nils = app.nils().await;
        let form = nils.get(&nils.get(&page_of(&lead)).await.link("Convert to deal")).await;

        let wrong = nils.submit(&form, "Convert to deal", &[("amount", "much"), ("expected_on", "soon")]).await;
        assert_eq!(wrong.status(), 422);
        assert_eq!(wrong.errors().len(), 3, "{:?}", wrong.errors());
        assert_eq!(wrong.value("amount"), "much");

        let fields = [("amount", "12.500,50"), ("currency", "SEK"), ("stage", "agreed"), ("expected_on", "2026-09-30")];
        let page = nils.follow(&nils.submit(&form, "Convert to deal", &fields).await).await;

        assert!(page.text().contains("12,500.50 SEK") && page.text().contains("Agreed by word"), "{}", page.text());
        assert_eq!(app.audited("lead.converted"), 1);
        assert!(page.text().contains("30 September 2026"), "{}", page.text());
        assert!(!page.has_button("Save note"), "{}", page.text());
        let note = nils.post(&format!("{}/note", page_of(&lead)), &[("status_note", "late")]).await;
        assert_eq!((note.status(), note.heading().as_str()), (409, "This lead is locked"));
        let seen = app.sofia().await.get(&format!("/leads/{lead}")).await.text();
        assert!(seen.contains("12,500.50 SEK") && seen.contains("converted the lead to a deal: agreed by word."), "{seen}");
    }

    async fn a_declined_lead_goes_back_with_its_reason_and_is_not_lost(app) {
        let lead = app.a_lead().assigned_to(cast::NILS).create().await;
        let (nils, sofia) = (app.nils().await, app.sofia().await);
        let form = nils.get(&nils.get(&page_of(&lead)).await.link("Decline")).await;

        let other = nils.submit(&form, "Decline lead", &[("reason", "other")]).await;
        assert_eq!(other.errors(), ["Write in a few words what the reason is"]);
        let fields = [("reason", "outside_area"), ("remark", "We sell in the north only")];
        let list = nils.follow(&nils.submit(&form, "Decline lead", &fields).await).await;

        assert_eq!(list.flash(), "The lead went back to the vendor.");
        assert_eq!(app.audited("lead.declined"), 1);
        let seen = sofia.get(&format!("/leads/{lead}")).await;
        assert!(seen.text().contains("Unassigned") && seen.text().contains("Outside our area"), "{}", seen.text());
        assert!(seen.text().contains("We sell in the north only"), "{}", seen.text());
        assert!(seen.text().contains("gave the lead back: outside our area."), "{}", seen.text());
        assert_eq!(app.count("SELECT COUNT(*) AS n FROM leads WHERE status = 'lost'"), 0);
        assert_eq!(app.messages_to(cast::SOFIA), ["lead.declined"]);
        assert!(sofia.get("/notices").await.text().contains("Northwind gave back a lead that you assigned"));
        // A message that was still on its way to the partner is not sent any more.
        assert_eq!(app.count("SELECT COUNT(*) AS n FROM outbox WHERE kind = 'lead.waiting' AND state = 'waiting'"), 0);
    }

    async fn staff_open_a_closed_lead_again_and_its_holder_is_told(app) {
        let lead = lead_in(&app, LeadStatus::Converted).await;
        let (nils, sofia) = (app.nils().await, app.sofia().await);

        let page = sofia.get(&format!("/leads/{lead}")).await;
        let page = sofia.follow(&sofia.submit(&page, "Reopen", &[]).await).await;

        assert_eq!(page.flash(), "The lead is open again. Whoever holds it is told.");
        assert_eq!(app.audited("lead.reopened"), 1);
        assert!(page.text().contains("opened the lead again, which was converted."), "{}", page.text());
        assert!(app.messages_to(cast::NILS).contains(&"lead.reopened".to_owned()));
        assert!(nils.get("/portal/notices").await.text().contains("A lead is open again"));
        assert!(nils.get(&page_of(&lead)).await.has_button("Save note"));
        assert_eq!(app.count("SELECT COUNT(*) AS n FROM assignments WHERE deal_amount IS NOT NULL"), 0);
        let again = sofia.post(&format!("/leads/{lead}/reopening"), &[]).await;
        assert_eq!((again.status(), again.heading().as_str()), (409, "This lead is not closed"));
    }

    async fn a_lead_moves_to_a_colleague_for_whom_it_is_unopened_again(app) {
        enter_nelly(&app).await;
        let lead = app.a_lead().assigned_to(cast::NILS).opened().create().await;
        let (nils, nelly) = (app.nils().await, app.sign_in(NELLY).await);
        let form = nils.get(&nils.get(&page_of(&lead)).await.link("Move to a colleague")).await;
        assert!(form.text().contains("Nelly Strand") && form.text().contains("Nora Lindqvist"), "{}", form.text());
        assert!(!form.text().contains("Sam Okafor"), "{}", form.text());
        let nobody = nils.submit(&form, "Move lead", &[]).await;
        assert_eq!(nobody.errors(), ["Choose the colleague who gets the lead"]);
        let stranger = nils.submit(&form, "Move lead", &[("colleague", &app.reference_of(cast::SAM))]).await;
        assert_eq!(stranger.errors(), ["This colleague can't receive the lead now. Choose another one"]);

        let moved = nils.submit(&form, "Move lead", &[("colleague", &app.reference_of(NELLY))]).await;

        assert_eq!(nils.follow(&moved).await.flash(), "The lead is with your colleague now, who is told.");
        assert_eq!(nils.get(&page_of(&lead)).await.status(), 404);
        let page = nelly.get(&page_of(&lead)).await;
        assert!(page.has_button("Open lead") && !page.source().contains("Öberg"), "{}", page.text());
        assert_eq!(app.messages_to(NELLY), ["lead.waiting"]);
        assert_eq!(app.count("SELECT COUNT(*) AS n FROM disclosures WHERE act = 'assigned'"), 2);
        let seen = app.sofia().await.get(&format!("/leads/{lead}")).await.text();
        assert!(seen.contains("Nils Holm moved the lead to a colleague: Northwind, Nelly Strand."), "{seen}");
        nelly.submit(&page, "Open lead", &[]).await;
        assert_eq!(app.messages_to(cast::SOFIA).last().map(String::as_str), Some("lead.opened"));
    }

    async fn an_opened_lead_that_is_under_review_moves_like_any_other(app) {
        let lead = app.a_lead().assigned_to(cast::NILS).opened().create().await;
        app.track_permission().await;

        let nora = app.nora().await;
        let to = app.reference_of(cast::NORA);
        let moved = nora.post(&format!("{}/reassignment", page_of(&lead)), &[("colleague", &to)]).await;

        assert_eq!(moved.status(), 303, "{}", moved.text());
        assert_eq!(app.audited("lead.moved"), 1);
        assert_eq!(app.messages_to(cast::NORA), Vec::<String>::new(), "nobody is told of the own act");
        let page = nora.get(&page_of(&lead)).await;
        assert!(page.has_button("Open lead"));
        nora.submit(&page, "Open lead", &[]).await;
        assert_eq!(nora.get(&page_of(&lead)).await.heading(), "Anna Öberg, Nordlicht GmbH");
        // Taken back, it is as far away as any other lead on hold.
        let sofia = app.sofia().await;
        sofia.post(&format!("/leads/{lead}/recall"), &[]).await;
        let fields = [("recipient", to.as_str())];
        let refused = sofia.post(&format!("/leads/{lead}/assign"), &fields).await;
        assert_eq!((refused.status(), refused.heading().as_str()), (409, "This lead is on hold"));
    }

    async fn the_database_believes_no_claim_that_a_partner_had_a_lead(app) {
        let lead = app.a_lead().create().await;
        app.track_permission().await;
        let insert = format!(
            "INSERT INTO assignments (lead_id, partner_id, user_id, assigned_by, assigned_at, was_opened) \
             SELECT l.id, u.partner_id, u.id, l.created_by, l.created_at, TRUE FROM leads l, users u \
             WHERE l.reference = '{lead}' AND u.email = '{}'",
            cast::NILS
        );

        let refused = crate::support::sql::execute(&mut app.conn(), &insert).unwrap_err();

        assert!(refused.to_string().contains("leadgate:on_hold"), "{refused}");
    }

    async fn managers_are_told_where_the_partner_as_a_whole_holds_a_lead(app) {
        let lead = app.a_lead().create().await;
        assign_to_partner(&app, &lead, cast::NORA).await;
        let (nora, sofia) = (app.nora().await, app.sofia().await);
        send(&app, &nora, &lead, Transition::Open).await;
        send(&app, &nora, &lead, Transition::Win).await;

        send(&app, &sofia, &lead, Transition::Reopen).await;

        assert_eq!(app.messages_to(cast::NORA), ["lead.waiting", "lead.reopened"]);
    }

    async fn two_acts_at_once_have_one_winner(app) {
        use Transition::{Assign, Convert, Decline, Lose, Move, Recall, Win};
        for (mine, theirs) in [
            (Win, Lose), (Win, Convert), (Win, Decline), (Win, Move), (Lose, Decline), (Convert, Decline), (Convert, Move),
            (Decline, Decline),
        ] {
            at_once(&app, (app.nils().await, mine), (app.nils().await, theirs)).await;
        }
        for (partner, staff) in [(Win, Recall), (Convert, Recall), (Decline, Recall), (Win, Assign), (Lose, Assign)] {
            at_once(&app, (app.nils().await, partner), (app.sofia().await, staff)).await;
        }
    }

    async fn acts_that_may_follow_each_other_leave_everything_in_order(app) {
        use Transition::{Assign, Decline, Move, Recall};
        let (nils, nora, sofia) = (app.nils().await, app.nora().await, app.sofia().await);
        for (partner, staff) in [(Move, Recall), (Move, Assign), (Decline, Assign)] {
            for turn in 0..6 {
                let lead = lead_in(&app, LeadStatus::Open).await;
                let partner_client = if turn % 2 == 0 { &nils } else { &nora };

                let (a, b) = tokio::join!(
                    send(&app, partner_client, &lead, partner),
                    send(&app, &sofia, &lead, staff)
                );

                let what = format!("{partner:?} and {staff:?}");
                assert!(a.status() == 303 || b.status() == 303, "{what}");
                for answer in [a, b] {
                    assert!(matches!(answer.status(), 303 | 404 | 409), "{what}: {}", answer.text());
                }
                for query in IN_ORDER {
                    assert_eq!(number(&mut app.conn(), query), 0, "{what}: {query}");
                }
            }
        }
    }
}
