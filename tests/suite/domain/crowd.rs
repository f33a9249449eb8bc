//! The crowd of the demonstration: as many more leads as asked for, all of them through the gate.

use leadgate::cli::demo::crowd;

use crate::support::database::Backend;
use crate::support::sql::{number, texts};

db_test! {
    async fn a_crowd_obeys_every_rule(app) {
        app.track_permission().await;
        let mut conn = app.conn();
        let indexes = match app.backend {
            Backend::Sqlite => "SELECT sql AS answer FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL ORDER BY 1",
            Backend::Postgres => "SELECT indexdef AS answer FROM pg_indexes WHERE schemaname = current_schema() ORDER BY 1",
        };
        let before = texts(&mut conn, indexes);

        crowd::enter(&mut conn, 620, app.now()).unwrap();

        assert_eq!(texts(&mut conn, indexes), before);
        // What SQLite keeps prepared is asked beside `update_kept`.
        if matches!(app.backend, Backend::Postgres) {
            let kept = texts(&mut conn, "SELECT statement AS answer FROM pg_prepared_statements WHERE statement LIKE 'UPDATE %'");
            for column in ["has_confirmation", "lock_version", "opened_by"] {
                let setting = format!(" SET \"{column}\" = ");
                assert_eq!(kept.iter().filter(|update| update.contains(&setting)).count(), 1, "{column}: {kept:?}");
            }
        }

        let mut count = |query: &str| number(&mut conn, query);
        assert_eq!(count("SELECT count(*) FROM leads"), 620);
        assert_eq!(count("SELECT count(DISTINCT email_key) FROM leads"), 620);
        assert_eq!(count("SELECT count(*) FROM audit_events WHERE action = 'lead.imported'"), 620);
        let (confirmed, assigned) = (count("SELECT count(*) FROM confirmations"), count("SELECT count(*) FROM assignments"));
        let opened = count("SELECT count(*) FROM assignments WHERE opened_at IS NOT NULL");
        assert!(confirmed > assigned && assigned > opened && opened > 0, "{confirmed} {assigned} {opened}");
        assert_eq!(count("SELECT count(*) FROM leads WHERE has_confirmation"), confirmed);
        assert_eq!(count("SELECT count(*) FROM disclosures"), assigned + opened);
        assert_eq!(count("SELECT count(*) FROM leads WHERE status = 'open'"), opened);
        assert_eq!(count("SELECT count(*) FROM confirmations WHERE text_id IS NULL"), 0);
    }

    async fn a_crowd_is_found(app) {
        let mut conn = app.conn();
        crowd::enter(&mut conn, 300, app.now()).unwrap();

        let sofia = app.sofia().await;

        // An address is looked for from its beginning.
        for words in ["lead1000299", "lead1000299%40", "1000299%40"] {
            let page = sofia.get(&format!("/leads?q={words}")).await;
            assert_eq!(page.rows().len(), usize::from(words != "1000299%40"), "{words}: {}", page.text());
        }
        let domain = sofia.get("/leads?q=%40se.example").await;
        let there = app.count("SELECT count(*) AS n FROM leads WHERE country = 'SE'");
        assert_eq!(domain.rows().len() as i64, there.min(50));
    }
}
