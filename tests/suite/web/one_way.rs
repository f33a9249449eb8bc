//! No route and no field takes a confirmation back.

use leadgate::domain::leads::staff;
use leadgate::domain::permission::confirmation;
use leadgate::web::{Audience, ROUTES};

db_test! {
    async fn no_form_unconfirms(app) {
        app.track_permission().await;
        let ada = app.ada().await;
        let (mut conn, scope) = (app.conn(), app.staff_scope());
        let posts = ROUTES.iter().filter(|route| {
            route.methods.contains(&"post") && matches!(route.audience, Audience::Staff | Audience::Administrator)
        });

        for route in posts {
            let lead = app.a_lead().confirmed().create().await;
            let id = staff::id_of(&mut conn, &scope, &lead).unwrap().unwrap();
            let before = confirmation::of_lead(&mut conn, &scope, id).unwrap().unwrap();
            let path = route.path.replace("{reference}", lead.as_str());

            ada.post(&path, &[
                ("lead", lead.as_str()),
                ("permission", "0"),
                ("permission_to_distribute", "false"),
                ("has_confirmation", "false"),
                ("confirmed", "0"),
                ("confirmed_at", ""),
                ("on_hold", "true"),
                ("ground", "contract"),
                ("evidence", "changed"),
                ("first_name", "Anna"),
                ("last_name", "Öberg"),
                ("email", "anna.oberg@nordlicht.example"),
                ("_method", "delete"),
            ])
            .await;

            let Some(after) = staff::find(&mut conn, &scope, &lead).unwrap() else {
                assert!(route.path.ends_with("/delete"), "{} deletes a lead", route.path);
                continue;
            };
            assert!(after.has_confirmation, "{} unconfirms", route.path);
            let record = confirmation::of_lead(&mut conn, &scope, id).unwrap().unwrap();
            assert_eq!(format!("{record:?}"), format!("{before:?}"), "{} changes a confirmation", route.path);
        }
    }
}
