//! What a partner's manager does with the own account and the own people in both worlds of the comparison.

use chrono::TimeDelta;
use leadgate::cli::demo::cast;
use leadgate::domain::accounts::second_factor::secret::Secret;

use super::script::Script;
use super::session::name_what_chance_named;

/// What an app would hold: the same in both worlds.
const SECRET: &str = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";

const NEW_PASSWORD: &str = "tram sieve ochre quill";

/// Invites somebody, suspends them, lets them in again; and a colleague who is there already.
pub async fn people(script: &mut Script<'_>) {
    for query in ["", "?q=nils", "?q=nobody", "?page=zzz", "?permission=1"] {
        script.get(&format!("/portal/people{query}"), "").await;
    }
    script.get("/portal/people/new", "").await;
    for (fields, note) in [
        (&[][..], "empty"),
        (
            &[("name", "Nils"), ("email", cast::NILS), ("role", "partner_member")],
            "there already",
        ),
        (
            &[("name", "Sam"), ("email", cast::SAM), ("role", "partner_member")],
            "elsewhere",
        ),
        (&[("name", "Ole"), ("email", "ole"), ("role", "staff")], "wrong"),
    ] {
        invite(script, fields, note).await;
    }
    let ole = [
        ("name", "Ole Strand"),
        ("email", "ole@northwind.example"),
        ("role", "partner_member"),
    ];
    invite(script, &ole, "done").await;
    let ole = script.app.reference_of("ole@northwind.example");
    let (nils, sam) = (script.app.reference_of(cast::NILS), script.app.reference_of(cast::SAM));
    for person in [&ole, &nils, &sam] {
        let path = format!("/portal/people/{person}");
        script.get(&path, "").await;
        for act in ["invite", "suspend", "suspend", "invite", "resume", "resume"] {
            script.post(&format!("{path}/{act}"), &[], "").await;
            script.get(&path, act).await;
        }
    }
    script.get("/portal/people", "afterwards").await;
}

/// Whoever is invited, or seems to be, gets a name by chance, to which the answer leads.
async fn invite(script: &mut Script<'_>, fields: &[(&str, &str)], note: &str) {
    let answer = script.post("/portal/people", fields, note).await;
    if let Some(location) = answer.page.redirect() {
        let name = location.rsplit('/').next().unwrap_or_default();
        answer.by_chance.extend(name.split('?').next().map(str::to_owned));
    }
    name_what_chance_named(script.app);
}

/// Everything below `/account`, and the proof that some of it wants; signs out at the end.
pub async fn account(script: &mut Script<'_>) {
    another_session(script).await;
    for (zone, note) in [("Europe/Paris", "done"), ("Moon/Sea", "wrong"), ("", "taken back")] {
        script.get("/account/time-zone", note).await;
        script.post("/account/time-zone", &[("time_zone", zone)], note).await;
    }
    notifications(script).await;
    second_factor(script).await;
    password(script).await;
    script.post("/account/sign-out-everywhere", &[], "").await;
    script.get("/account", "signed out").await;
}

/// The names of sessions are made of their keys.
async fn show(script: &mut Script<'_>, note: &str) {
    script
        .get("/account", note)
        .await
        .but_for("name=\"session\" value=\"", '"');
}

async fn another_session(script: &mut Script<'_>) {
    let _other = script.app.nora().await;
    show(script, "two sessions").await;
    let page = script.asked.last().expect("the account").page.clone();
    let other = page.value("session");
    let ended = "/account/sessions/end";
    script.post(ended, &[("session", &other)], "done").await;
    script.post(ended, &[("session", &other)], "again").await;
    script.post(ended, &[], "empty").await;
    show(script, "one session").await;
}

async fn notifications(script: &mut Script<'_>) {
    let path = "/account/notifications";
    let page = script.get(path, "").await.page.clone();
    script.post(path, &[], "empty").await;
    let (_, fields) = page.form("Save");
    for delivery in ["hourly", "at_once"] {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, _)| (name.as_str(), delivery)).collect();
        script.post(path, &fields, delivery).await;
    }
    script.get(path, "afterwards").await;
}

async fn second_factor(script: &mut Script<'_>) {
    let path = "/account/second-factor";
    script.app.clock.advance(TimeDelta::minutes(11));
    for left in ["codes", "remove"] {
        script.get(&format!("{path}/{left}"), "without one").await;
    }
    let offered = script.get(path, "offered").await;
    let secret = offered.page.value("secret");
    let groups: Vec<&str> = (0..secret.len() / 4)
        .map(|group| &secret[group * 4..group * 4 + 4])
        .collect();
    offered.by_chance = vec![groups.join(" "), secret.clone()];
    offered.but_for("d=\"M", '"');
    let wrong = [("secret", SECRET), ("code", "000000"), ("proof", cast::PASSWORD)];
    script.post(path, &wrong, "wrong").await;
    let code = Secret::parse(SECRET).expect("a secret").code_at(script.app.now());
    let right = [("secret", SECRET), ("code", &*code), ("proof", cast::PASSWORD)];
    show_codes(script, path, &right).await;
    script.get(path, "set up").await;
    script.app.clock.advance(TimeDelta::minutes(11));
    script.get("/step-up?next=/portal/leads", "").await;
    script
        .post("/step-up", &[("next", "/portal/leads"), ("proof", "wrong")], "wrong")
        .await;
    script.get(&format!("{path}/codes"), "").await;
    script.post(&format!("{path}/codes"), &[], "empty").await;
    let proof = [("next", "/portal/leads"), ("proof", cast::PASSWORD)];
    script.post("/step-up", &proof, "done").await;
    show_codes(script, &format!("{path}/codes"), &proof).await;
    script.get(&format!("{path}/remove"), "").await;
    script.post(&format!("{path}/remove"), &[], "done").await;
}

/// A page with recovery codes, which chance makes.
async fn show_codes(script: &mut Script<'_>, path: &str, fields: &[(&str, &str)]) {
    let shown = script.post(path, fields, "codes").await;
    let text = shown.page.text();
    let is_code = |word: &&str| word.len() == 27 && word.matches('-').count() == 3;
    let codes: Vec<String> = text.split_whitespace().filter(is_code).map(str::to_owned).collect();
    assert_eq!(codes.len(), 10, "{path}: {text}");
    shown.by_chance = codes;
}

async fn password(script: &mut Script<'_>) {
    let path = "/account/password";
    script.get(path, "").await;
    for (current, new, again, note) in [
        ("", "", "", "empty"),
        (cast::PASSWORD, "short", "short", "short"),
        (cast::PASSWORD, NEW_PASSWORD, "another", "differing"),
        ("wrong", NEW_PASSWORD, NEW_PASSWORD, "wrong"),
        (cast::PASSWORD, NEW_PASSWORD, NEW_PASSWORD, "done"),
    ] {
        script
            .post(path, &[("current", current), ("new", new), ("again", again)], note)
            .await;
    }
}
