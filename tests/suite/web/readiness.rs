//! Whether the program says truly that it can serve.

use chrono::TimeDelta;
use leadgate::jobs::Worker;

db_test! {
    async fn a_worker_that_fell_silent_shows_in_readiness(app) {
        let anybody = app.anybody();
        app.state.heartbeats().beat(Worker::Delivery, app.now());
        app.clock.advance(TimeDelta::seconds(60));
        assert_eq!(anybody.get("/readyz").await.status(), 200);

        app.clock.advance(TimeDelta::seconds(1));
        let page = anybody.get("/readyz").await;
        assert_eq!((page.status(), page.source().as_str()), (503, "not ready: message delivery has stopped\n"));
        assert_eq!(anybody.get("/healthz").await.status(), 200);

        app.state.heartbeats().beat(Worker::Delivery, app.now());
        assert_eq!(anybody.get("/readyz").await.status(), 200);
    }

    async fn readiness_ends_before_the_program_does(app) {
        let anybody = app.anybody();

        app.state.begin_stopping();

        assert_eq!(anybody.get("/readyz").await.status(), 503);
        assert_eq!(anybody.get("/healthz").await.status(), 200);
        assert_eq!(app.sofia().await.get("/leads").await.status(), 200);
    }
}
