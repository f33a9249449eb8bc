//! A curious partner: follows every link, loads every file that a page names, submits every form in several ways.

use std::collections::{BTreeSet, VecDeque};

use crate::support::client::{Client, Form, Page};

/// More than any portal has; a crawl that reaches it runs in circles.
const LIMIT: usize = 3_000;

/// Whether forms that change something are submitted too.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Bold {
    No,
    Yes,
}

/// Every answer, with the request that brought it.
pub async fn crawl(client: &Client, starts: &[String], bold: Bold) -> Vec<(String, Page)> {
    let mut waiting: VecDeque<String> = starts.iter().cloned().collect();
    let mut seen: BTreeSet<String> = starts.iter().cloned().collect();
    let mut submitted = BTreeSet::new();
    let mut answers = Vec::new();
    while let Some(path) = waiting.pop_front() {
        let page = client.get(&path).await;
        let mut found = vec![(format!("GET {path}"), page.clone())];
        for form in page.forms().iter().filter(|form| is_wanted(form, bold)) {
            for fields in fillings(form) {
                let key = format!("{} {} {fields:?}", form.method, form.action);
                if submitted.insert(key) {
                    let pairs: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
                    let answer = if form.method == "get" {
                        client
                            .get(&format!("{}?{}", form.action, crate::support::client::encoded(&pairs)))
                            .await
                    } else {
                        client.post(&form.action, &pairs).await
                    };
                    found.push((
                        format!("{} {} {fields:?}", form.method.to_uppercase(), form.action),
                        answer,
                    ));
                }
            }
        }
        for (_, answer) in &found {
            for link in answer
                .links()
                .into_iter()
                .chain(answer.files())
                .chain(answer.redirect())
            {
                let link = link.split('#').next().unwrap().to_owned();
                if link.starts_with('/') && seen.insert(link.clone()) {
                    waiting.push_back(link);
                }
            }
        }
        answers.extend(found);
        assert!(answers.len() < LIMIT, "the crawl does not end: {path}");
    }
    answers
}

/// Signing out would end the crawl.
fn is_wanted(form: &Form, bold: Bold) -> bool {
    let ends_the_session = form.action.contains("sign-out") || form.action.contains("sessions");
    !ends_the_session && (form.method == "get" || bold == Bold::Yes)
}

/// A form as it stands, emptied, with words, with too many words.
fn fillings(form: &Form) -> Vec<Vec<(String, String)>> {
    let with = |text: &str| -> Vec<(String, String)> {
        let filled = |(name, value): &(String, String)| {
            let is_key = name == "submission";
            (name.clone(), if is_key { value.clone() } else { text.to_owned() })
        };
        form.fields.iter().map(filled).collect()
    };
    let mut all = vec![form.fields.clone(), with(""), with("Anna"), with(&"long ".repeat(400))];
    all.dedup();
    all
}
