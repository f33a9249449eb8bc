//! The gate, through the domain: every way by which a lead could reach a partner, and what a refusal leaves behind.

use leadgate::cli::demo::cast;
use leadgate::db::DbConn;
use leadgate::db::types::{LeadId, Reference};
use leadgate::domain::accounts::{self, UserState};
use leadgate::domain::assignments::held::HeldError;
use leadgate::domain::assignments::{assign, life, note, open, recall};
use leadgate::domain::leads::{edit, erase, partner, staff};
use leadgate::domain::partners::PartnerState;
use leadgate::domain::permission::gate::{self, GateError, Reason, ReceivingParty, Refusal};

use crate::support::TestApp;
use crate::support::sql::{execute, number, texts};

fn party(app: &TestApp, email: &str) -> ReceivingParty {
    let user = accounts::find_by_email(&mut app.conn(), email).unwrap().unwrap();
    ReceivingParty {
        partner: user.partner_id.unwrap(),
        user: Some(user.id),
    }
}

fn id_of(app: &TestApp, reference: &Reference) -> LeadId {
    staff::id_of(&mut app.conn(), &app.staff_scope(), reference)
        .unwrap()
        .unwrap()
}

/// Tries to hand a lead over, as every page and job must.
async fn hand_over(app: &TestApp, reference: &Reference, to: ReceivingParty) -> Result<(), GateError> {
    let (scope, now, lead) = (app.staff_scope(), app.now(), id_of(app, reference));
    app.write(move |tx| {
        let cleared = gate::clear(tx, &scope, lead, to, None)?;
        assign::assign(tx, &scope, cleared, now).expect("a cleared lead can be assigned");
        Ok::<_, GateError>(())
    })
    .await
}

fn reasons(answer: Result<(), GateError>) -> Vec<Reason> {
    match answer {
        Ok(()) => Vec::new(),
        Err(GateError::Refused(Refusal { reasons })) => reasons,
        Err(other) => panic!("{other}"),
    }
}

/// What a refusal must not add to.
fn traces(conn: &mut DbConn) -> Vec<i64> {
    ["assignments", "disclosures", "outbox", "audit_events", "confirmations"]
        .iter()
        .map(|table| number(conn, &format!("SELECT count(*) FROM {table}")))
        .collect()
}

db_test! {
    async fn only_what_is_allowed_in_every_respect_is_cleared(app) {
        app.track_permission().await;
        let leads = [(false, app.a_lead().create().await), (true, app.a_lead().confirmed().create().await)];
        let (nora, sam) = (party(&app, cast::NORA), party(&app, cast::SAM));
        let recipients = [
            Some(nora.user.unwrap()),
            // Somebody of another partner.
            Some(sam.user.unwrap()),
            None,
        ];
        let mut conn = app.conn();
        let mut cleared = 0;
        for tracking in [false, true] {
            for whole_partner in [false, true] {
                for partner_state in PartnerState::ALL {
                    for user_state in UserState::ALL {
                        execute(&mut conn, &format!(
                            "UPDATE lead_distribution_settings SET track_permission = {tracking}, ask_on_create = FALSE, \
                             assign_to_partner = {whole_partner}; \
                             UPDATE partners SET state = '{}' WHERE id = {}; UPDATE users SET state = '{}' WHERE id = {}",
                            partner_state.as_str(), nora.partner.get(), user_state.as_str(), nora.user.unwrap().get(),
                        )).unwrap();
                        for (confirmed, lead) in &leads {
                            for user in recipients {
                                let to = ReceivingParty { partner: nora.partner, user };
                                let is_right = (*confirmed || !tracking)
                                    && *partner_state == PartnerState::Active
                                    && match user {
                                        None => whole_partner,
                                        Some(user) => Some(user) == nora.user && *user_state == UserState::Active,
                                    };
                                let (scope, id) = (app.staff_scope(), id_of(&app, lead));
                                let answer = app.write(move |tx| {
                                    let _ = gate::clear(tx, &scope, id, to, None)?;
                                    Ok::<_, GateError>(())
                                }).await;
                                assert_eq!(
                                    reasons(answer).is_empty(), is_right,
                                    "{tracking} {whole_partner} {partner_state:?} {user_state:?} {confirmed} {user:?}"
                                );
                                cleared += u32::from(is_right);
                            }
                        }
                    }
                }
            }
        }
        assert!(cleared > 10);
    }

    async fn a_refusal_tells_every_reason_and_leaves_nothing(app) {
        app.track_permission().await;
        let lead = app.a_lead().create().await;
        let (nora, mut conn) = (party(&app, cast::NORA), app.conn());
        execute(&mut conn, "UPDATE partners SET state = 'suspended'; UPDATE users SET state = 'suspended' WHERE partner_id IS NOT NULL").unwrap();
        let before = traces(&mut conn);

        let answer = hand_over(&app, &lead, nora).await;

        assert_eq!(reasons(answer), [Reason::OnHold, Reason::PartnerSuspended, Reason::UserSuspended]);
        assert_eq!(traces(&mut conn), before);
    }

    async fn a_refusal_is_written_down(app) {
        app.track_permission().await;
        let lead = app.a_lead().create().await;
        let Err(GateError::Refused(refusal)) = hand_over(&app, &lead, party(&app, cast::NORA)).await else {
            panic!("a lead on hold was cleared");
        };

        let (scope, now, id) = (app.staff_scope(), app.now(), id_of(&app, &lead));
        app.write(move |tx| gate::record_refusal(tx, &scope, id, &refusal, now)).await.unwrap();

        let rows = texts(
            &mut app.conn(),
            &format!("SELECT detail AS answer FROM audit_events WHERE action = 'lead.distribution_refused' \
                      AND subject_reference = '{lead}' AND actor_id IS NOT NULL"),
        );
        assert_eq!(rows, ["OnHold"]);
    }

    async fn a_lead_on_hold_is_not_passed_to_another_partner(app) {
        let lead = app.a_lead().assigned_to(cast::NORA).opened().create().await;
        app.track_permission().await;
        let before = traces(&mut app.conn());

        let answer = hand_over(&app, &lead, party(&app, cast::SAM)).await;

        assert_eq!(reasons(answer), [Reason::OnHold]);
        assert_eq!(traces(&mut app.conn()), before);
    }

    async fn a_lead_on_hold_is_not_opened_and_the_partner_is_not_told_why(app) {
        let lead = app.a_lead().assigned_to(cast::NORA).create().await;
        app.track_permission().await;
        let (nora, now, reference, mut conn) = (app.partner_scope(cast::NORA), app.now(), lead.clone(), app.conn());
        let before = traces(&mut conn);

        let answer = app.write(move |tx| open::open(tx, &nora, &reference, now)).await;

        assert!(matches!(answer, Err(open::OpenError::NotFound)), "{answer:?}");
        assert_eq!(traces(&mut conn), before);
        assert!(partner::find(&mut conn, &app.partner_scope(cast::NORA), &lead).unwrap().is_none());
    }

    async fn opened_leads_stay_or_go_as_the_setting_says(app) {
        let lead = app.a_lead().assigned_to(cast::NORA).opened().create().await;
        app.track_permission().await;
        let (nora, mut conn) = (app.partner_scope(cast::NORA), app.conn());
        assert!(partner::find(&mut conn, &nora, &lead).unwrap().is_some());

        execute(&mut conn, "UPDATE lead_distribution_settings SET opened_leads = 'suspend'").unwrap();

        assert!(partner::find(&mut conn, &nora, &lead).unwrap().is_none());
        let (scope, now, reference) = (nora.clone(), app.now(), lead.clone());
        let words = note::StatusNote::parse("Called").unwrap();
        let answer = app.write(move |tx| note::put(tx, &scope, &reference, &words, now)).await;
        assert!(matches!(answer, Err(HeldError::Refused(life::Refusal::Unseen))), "{answer:?}");
    }

    async fn a_lead_on_hold_can_be_recalled_edited_and_erased(app) {
        let lead = app.a_lead().assigned_to(cast::NORA).create().await;
        app.track_permission().await;
        let (scope, now, id) = (app.staff_scope(), app.now(), id_of(&app, &lead));

        let reference = lead.clone();
        app.write(move |tx| {
            recall::recall(tx, &scope, id, now)?;
            let lead = staff::find(tx, &scope, &reference)?.unwrap();
            let mut content = lead.content;
            content.city = "Uppsala".to_owned();
            edit::edit(tx, &scope, id, &content.parse().unwrap(), None, lead.lock_version, now)?;
            assert!(!staff::find(tx, &scope, &reference)?.unwrap().has_confirmation);
            erase::erase(tx, &scope, id, now)?;
            Ok::<_, anyhow::Error>(())
        })
        .await
        .unwrap();

        assert_eq!(number(&mut app.conn(), "SELECT count(*) FROM leads"), 0);
    }

    async fn a_decision_on_an_older_page_is_refused(app) {
        let lead = app.a_lead().create().await;
        let (scope, now, id) = (app.staff_scope(), app.now(), id_of(&app, &lead));
        let seen = staff::find(&mut app.conn(), &scope, &lead).unwrap().unwrap().lock_version;
        let to = party(&app, cast::NORA);
        hand_over(&app, &lead, to).await.unwrap();

        let answer = app
            .write(move |tx| {
                let cleared = gate::clear(tx, &scope, id, to, Some(seen))?;
                assign::assign(tx, &scope, cleared, now).map_err(|_| GateError::NotFound)
            })
            .await;

        assert!(matches!(answer, Err(GateError::ChangedMeanwhile)), "{answer:?}");
    }

    async fn whoever_has_a_lead_already_does_not_get_it_again(app) {
        let lead = app.a_lead().assigned_to(cast::NORA).create().await;

        let answer = hand_over(&app, &lead, party(&app, cast::NORA)).await;

        assert_eq!(reasons(answer), [Reason::HoldsItAlready]);
    }

    async fn an_erased_lead_is_gone_for_everybody(app) {
        let lead = app.a_lead().assigned_to(cast::NORA).opened().create().await;
        let (scope, now, id) = (app.staff_scope(), app.now(), id_of(&app, &lead));
        let erasing = scope.clone();
        app.write(move |tx| erase::erase(tx, &erasing, id, now)).await.unwrap();

        let again = app.write({ let scope = scope.clone(); move |tx| erase::erase(tx, &scope, id, now) }).await;
        let to = party(&app, cast::NORA);
        let answer = app.write(move |tx| gate::clear(tx, &scope, id, to, None).map(|_| ())).await;

        assert!(matches!(again, Err(erase::EraseError::NotFound)));
        assert!(matches!(answer, Err(GateError::NotFound)));
        assert!(partner::find(&mut app.conn(), &app.partner_scope(cast::NORA), &lead).unwrap().is_none());
    }
}
