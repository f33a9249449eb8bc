//! The whole table, cell by cell, and that the README draws the same one.

use std::collections::BTreeSet;

use super::*;

const STATES: [LeadStatus; 6] = [
    LeadStatus::Unassigned,
    LeadStatus::Unopened,
    LeadStatus::Open,
    LeadStatus::Won,
    LeadStatus::Lost,
    LeadStatus::Converted,
];

const ACTORS: [(&str, By); 5] = [
    ("staff", By::Staff),
    ("holder", By::Holder),
    ("manager", By::Manager),
    ("colleague", By::Colleague),
    ("job", By::Job),
];

const TRANSITIONS: [(&str, Transition); 12] = [
    ("assign", Transition::Assign),
    ("open", Transition::Open),
    ("win", Transition::Win),
    ("lose", Transition::Lose),
    ("convert", Transition::Convert),
    ("decline", Transition::Decline),
    ("expire", Transition::Expire),
    ("recall", Transition::Recall),
    ("move", Transition::Move),
    ("reopen", Transition::Reopen),
    ("update", Transition::Update),
    ("answer", Transition::Answer),
];

/// What each actor (a row each) makes of a lead in each state; a dash: never theirs; a question mark: there is no such
/// lead for them; in brackets: why not.
const TABLE: &str = "
staff      assign   unopened     unopened/reassigned  unopened/reassigned  [closed]    [closed]    [closed]
staff      open     -            -                    -                    -           -           -
staff      win      -            -                    -                    -           -           -
staff      lose     -            -                    -                    -           -           -
staff      convert  -            -                    -                    -           -           -
staff      decline  -            -                    -                    -           -           -
staff      expire   -            -                    -                    -           -           -
staff      recall   [unassigned] unassigned/recalled  unassigned/recalled  [closed]    [closed]    [closed]
staff      move     -            -                    -                    -           -           -
staff      reopen   [unassigned] [not-closed]         [not-closed]         open        open        open
staff      update   -            -                    -                    -           -           -
staff      answer   -            -                    -                    -           -           -
holder     assign   -            -                    -                    -           -           -
holder     open     ?            open                 open                 won         lost        converted
holder     win      ?            [not-opened]         won                  [closed]    [closed]    [closed]
holder     lose     ?            [not-opened]         lost                 [closed]    [closed]    [closed]
holder     convert  ?            [not-opened]         converted            [closed]    [closed]    [closed]
holder     decline  ?            unassigned/declined  unassigned/declined  [closed]    [closed]    [closed]
holder     expire   -            -                    -                    -           -           -
holder     recall   -            -                    -                    -           -           -
holder     move     ?            unopened/reassigned  unopened/reassigned  [closed]    [closed]    [closed]
holder     reopen   -            -                    -                    -           -           -
holder     update   ?            [not-opened]         open                 won         lost        [locked]
holder     answer   ?            unopened             open                 won         lost        converted
manager    assign   -            -                    -                    -           -           -
manager    open     ?            open                 open                 won         lost        converted
manager    win      ?            [not-opened]         won                  [closed]    [closed]    [closed]
manager    lose     ?            [not-opened]         lost                 [closed]    [closed]    [closed]
manager    convert  ?            [not-opened]         converted            [closed]    [closed]    [closed]
manager    decline  ?            unassigned/declined  unassigned/declined  [closed]    [closed]    [closed]
manager    expire   -            -                    -                    -           -           -
manager    recall   -            -                    -                    -           -           -
manager    move     ?            unopened/reassigned  unopened/reassigned  [closed]    [closed]    [closed]
manager    reopen   -            -                    -                    -           -           -
manager    update   ?            [not-opened]         open                 won         lost        [locked]
manager    answer   ?            unopened             open                 won         lost        converted
colleague  assign   -            -                    -                    -           -           -
colleague  open     ?            ?                    ?                    ?           ?           ?
colleague  win      ?            ?                    ?                    ?           ?           ?
colleague  lose     ?            ?                    ?                    ?           ?           ?
colleague  convert  ?            ?                    ?                    ?           ?           ?
colleague  decline  ?            ?                    ?                    ?           ?           ?
colleague  expire   -            -                    -                    -           -           -
colleague  recall   -            -                    -                    -           -           -
colleague  move     ?            ?                    ?                    ?           ?           ?
colleague  reopen   -            -                    -                    -           -           -
colleague  update   ?            ?                    ?                    ?           ?           ?
colleague  answer   ?            ?                    ?                    ?           ?           ?
job        assign   -            -                    -                    -           -           -
job        open     -            -                    -                    -           -           -
job        win      -            -                    -                    -           -           -
job        lose     -            -                    -                    -           -           -
job        convert  -            -                    -                    -           -           -
job        decline  -            -                    -                    -           -           -
job        expire   [unassigned] unassigned/expired   unassigned/expired   [closed]    [closed]    [closed]
job        recall   -            -                    -                    -           -           -
job        move     -            -                    -                    -           -           -
job        reopen   -            -                    -                    -           -           -
job        update   -            -                    -                    -           -           -
job        answer   -            -                    -                    -           -           -
";

fn words(result: Result<Outcome, Refusal>) -> String {
    match result {
        Ok(Outcome { status, ending: None }) => status.as_str().to_owned(),
        Ok(Outcome {
            status,
            ending: Some(ending),
        }) => format!("{}/{}", status.as_str(), ending.as_str()),
        Err(Refusal::NotTheirs) => "-".to_owned(),
        Err(Refusal::Unseen) => "?".to_owned(),
        Err(Refusal::NotAssigned) => "[unassigned]".to_owned(),
        Err(Refusal::NotOpened) => "[not-opened]".to_owned(),
        Err(Refusal::Closed) => "[closed]".to_owned(),
        Err(Refusal::Locked) => "[locked]".to_owned(),
        Err(Refusal::NotClosed) => "[not-closed]".to_owned(),
    }
}

#[test]
fn every_cell_of_the_table_is_as_written() {
    let mut seen = 0;
    for line in TABLE.lines().filter(|line| !line.is_empty()) {
        let cells: Vec<&str> = line.split_whitespace().collect();
        let (_, by) = ACTORS.iter().find(|(name, _)| *name == cells[0]).unwrap();
        let (_, transition) = TRANSITIONS.iter().find(|(name, _)| *name == cells[1]).unwrap();
        for (status, expected) in STATES.iter().zip(&cells[2..]) {
            seen += 1;
            let found = words(after(*by, *status, *transition));
            assert_eq!(&found, expected, "{by:?} {transition:?} {status:?}");
        }
    }
    assert_eq!(seen, STATES.len() * ACTORS.len() * TRANSITIONS.len());
}

#[test]
fn the_readme_draws_this_table() {
    let readme = include_str!("../../../../README.md");
    let diagram = readme
        .split("stateDiagram-v2")
        .nth(1)
        .expect("the README has the diagram");
    let diagram = diagram.split("```").next().unwrap();
    let drawn: BTreeSet<String> = diagram
        .lines()
        .map(str::trim)
        .filter(|line| line.contains("-->") && !line.starts_with("[*]"))
        .map(str::to_owned)
        .collect();

    let label = |status: LeadStatus| status.label();
    let mut known = BTreeSet::new();
    for status in STATES {
        for (by_name, by) in ACTORS {
            let by_name = if by_name == "holder" { "partner" } else { by_name };
            for (name, transition) in TRANSITIONS {
                let Ok(outcome) = after(by, status, transition) else {
                    continue;
                };
                let is_drawn = outcome.status != status || outcome.ending.is_some();
                if is_drawn && by != By::Manager {
                    known.insert(format!(
                        "{} --> {}: {name} ({by_name})",
                        label(status),
                        label(outcome.status)
                    ));
                }
            }
        }
    }
    assert_eq!(drawn, known);
}
