//! A year of work at the vendor, told through the domain's own commands, so that every state of a lead can be seen.

use chrono::{Days, TimeDelta};

use super::people::{Dice, somebody};
use super::{cast, partner_work, talk};
use crate::db::Tx;
use crate::db::types::{LeadId, Reference, UtcTime};
use crate::domain::access::session::Principal;
use crate::domain::access::{AdminScope, Origin, PartnerScope, Scope, StaffScope};
use crate::domain::accounts;
use crate::domain::assignments::closing::{self, CloseError, ClosingInput};
use crate::domain::assignments::deal::{self, DealInput, DealStage};
use crate::domain::assignments::decline::{self, DeclineInput, DeclineReason};
use crate::domain::assignments::held::HeldError;
use crate::domain::assignments::{assign, open, recall};
use crate::domain::leads::{erase, intake, staff};
use crate::domain::permission::confirmation::{self, Basis};
use crate::domain::permission::gate::{self, ReceivingParty};
use crate::domain::permission::text;
use crate::domain::settings::{self, SettingsInput};

const DAYS: i64 = 365;
const LEADS_A_DAY: i64 = 1;

/// So many days ago tracking was turned on, and the text was changed.
const TRACKING_SINCE: i64 = 60;
const SECOND_TEXT_SINCE: i64 = 21;

/// The people who act, and what they may.
pub(super) struct Cast {
    ada: AdminScope,
    pub(super) sofia: StaffScope,
    pub(super) partners: Vec<PartnerScope>,
}

impl Cast {
    pub(super) fn load(tx: &mut Tx<'_>) -> anyhow::Result<Self> {
        let mut scope = |email: &str| -> anyhow::Result<Scope> {
            let user = accounts::find_by_email(tx, email)?.ok_or_else(|| anyhow::anyhow!("{email} is of the cast"))?;
            let principal = Principal::load(tx, user.id)?.ok_or_else(|| anyhow::anyhow!("{email} may come in"))?;
            Ok(principal.scope(Origin {
                address: "local".to_owned(),
                request_id: "demo".to_owned(),
            }))
        };
        let (Scope::Admin(ada), Scope::Staff(sofia)) = (scope(cast::ADA)?, scope(cast::SOFIA)?) else {
            anyhow::bail!("the cast has other roles than it should")
        };
        let mut partners = Vec::new();
        for email in cast::PARTNER_PEOPLE {
            if let Scope::Partner(scope) = scope(email)? {
                partners.push(scope);
            }
        }
        Ok(Cast { ada, sofia, partners })
    }
}

/// A lead that partners may get later.
struct Entered {
    id: LeadId,
    reference: Reference,
    holder: Option<usize>,
    is_opened: bool,
    is_confirmed: bool,
}

/// Tells the year that ends `now`.
///
/// # Errors
/// The database refuses what the story says; then nothing is stored.
pub fn tell(tx: &mut Tx<'_>, now: UtcTime) -> anyhow::Result<()> {
    let cast = Cast::load(tx)?;
    let mut dice = Dice::new(0x1ead_9a7e);
    let mut leads: Vec<Entered> = Vec::new();
    let mut entered = 0;
    for days_ago in (0..DAYS).rev() {
        let morning = now - TimeDelta::days(days_ago) - TimeDelta::hours(6);
        if days_ago == TRACKING_SINCE {
            set(tx, &cast.ada, FIRST_TEXT, morning)?;
        }
        if days_ago == SECOND_TEXT_SINCE {
            set(tx, &cast.ada, SECOND_TEXT, morning)?;
        }
        for _ in 0..LEADS_A_DAY + (days_ago % 3) / 2 {
            let at = morning + TimeDelta::minutes(dice.roll(180) as i64);
            entered += 1;
            let lead = enter(tx, &cast, &mut dice, entered, days_ago, at)?;
            leads.push(lead);
        }
        work(tx, &cast, &mut dice, &mut leads, morning + TimeDelta::hours(4))?;
        if days_ago < TRACKING_SINCE {
            review(tx, &cast, &mut dice, &mut leads, morning + TimeDelta::hours(5))?;
        }
    }
    this_morning(tx, &cast, &mut leads, now - TimeDelta::hours(1))?;
    talk_about(tx, &cast, &leads, now - TimeDelta::minutes(50))
}

/// Of three open leads of each partner, those of the review first.
fn talk_about(tx: &mut Tx<'_>, cast: &Cast, leads: &[Entered], now: UtcTime) -> anyhow::Result<()> {
    for (holder, scope) in cast.partners.iter().enumerate() {
        let mut opened: Vec<&Entered> = leads
            .iter()
            .filter(|lead| lead.is_opened && lead.holder == Some(holder))
            .collect();
        opened.sort_by_key(|lead| lead.is_confirmed);
        let mut told = 0;
        for lead in opened {
            if told < 3 && talk::happen(tx, &cast.sofia, scope, lead.id, &lead.reference, told == 0, now)? {
                told += 1;
            }
        }
    }
    Ok(())
}

/// What partners find waiting when they sign in for the first time: two leads each.
fn this_morning(tx: &mut Tx<'_>, cast: &Cast, leads: &mut [Entered], now: UtcTime) -> anyhow::Result<()> {
    let mut ready = leads
        .iter_mut()
        .rev()
        .filter(|lead| lead.holder.is_none() && lead.is_confirmed);
    for (holder, scope) in cast.partners.iter().enumerate() {
        for lead in ready.by_ref().take(2) {
            let to = ReceivingParty {
                partner: scope.partner(),
                user: Some(scope.user()),
            };
            let cleared = gate::clear(tx, &cast.sofia, lead.id, to, None)?;
            assign::assign(tx, &cast.sofia, cleared, now)?;
            lead.holder = Some(holder);
        }
    }
    Ok(())
}

const FIRST_TEXT: &str = text::SUGGESTED;
const SECOND_TEXT: &str = "\
By ticking this box I confirm that passing this lead to a partner has a legal ground: the lead agreed to it, an existing \
contract with the lead requires it, or it is in the lead's own interest and I can say why.

I am named in the record, with the time. It cannot be taken back, by anyone.";

fn set(tx: &mut Tx<'_>, ada: &AdminScope, text: &str, now: UtcTime) -> anyhow::Result<()> {
    let input = SettingsInput {
        track_permission: true,
        ask_on_create: true,
        opened_leads: "keep".to_owned(),
        assign_to_partner: true,
        text: text.to_owned(),
    };
    let draft = input.parse().map_err(|errors| anyhow::anyhow!("{errors:?}"))?;
    let seen = settings::load(tx)?.lock_version;
    settings::save(tx, ada, &draft, seen, now)?;
    Ok(())
}

fn enter(
    tx: &mut Tx<'_>,
    cast: &Cast,
    dice: &mut Dice,
    number: usize,
    days_ago: i64,
    now: UtcTime,
) -> anyhow::Result<Entered> {
    let draft = somebody(dice, number)
        .parse()
        .map_err(|errors| anyhow::anyhow!("{errors:?}"))?;
    let tick = (days_ago < TRACKING_SINCE && dice.chance(70)).then(|| basis(dice, now));
    let seen = text::current(tx)?.map(|text| text.version);
    let is_confirmed = tick.is_some();
    let tick = tick.map(|basis| intake::Tick { basis, seen });
    let reference = intake::create(tx, &cast.sofia, &draft, tick.as_ref(), now)?;
    let id = staff::id_of(tx, &cast.sofia, &reference)?.ok_or_else(|| anyhow::anyhow!("the lead was just entered"))?;
    Ok(Entered {
        id,
        reference,
        holder: None,
        is_opened: false,
        is_confirmed,
    })
}

pub(super) fn basis(dice: &mut Dice, now: UtcTime) -> Basis {
    match dice.roll(5) {
        0 => Basis::Contract,
        1 => Basis::LeadInterest {
            reason: "Asked for help in a region that only partners serve.".to_owned(),
        },
        _ => Basis::Consent {
            evidence: "Ticked \"may be contacted by a partner\" on the quote form.".to_owned(),
            given_on: now.date() - Days::new(1 + dice.roll(5) as u64),
        },
    }
}

/// What happens on a day: new leads find a partner, unopened ones are opened or taken back, open ones are noted upon.
fn work(tx: &mut Tx<'_>, cast: &Cast, dice: &mut Dice, leads: &mut [Entered], now: UtcTime) -> anyhow::Result<()> {
    let newest = leads.len().saturating_sub(30);
    for (index, lead) in leads.iter_mut().enumerate() {
        match lead.holder {
            None if index >= newest && dice.chance(10) => hand_over(tx, cast, dice, lead, now)?,
            Some(holder) if !lead.is_opened && dice.chance(15) => {
                if dice.chance(90) {
                    // A lead on hold can't be opened any more; the story goes on without it.
                    lead.is_opened = open::open(tx, &cast.partners[holder], &lead.reference, now).is_ok();
                } else {
                    recall::recall(tx, &cast.sofia, lead.id, now)?;
                    lead.holder = None;
                }
            }
            Some(holder) if lead.is_opened && dice.chance(1) => {
                end(tx, &cast.partners[holder], dice, lead, now)?;
            }
            Some(holder) if lead.is_opened && dice.chance(1) => {
                let story = dice.roll(partner_work::COUNT);
                partner_work::happen(tx, &cast.partners[holder], &lead.reference, story, now)?;
            }
            None | Some(_) => {}
        }
    }
    Ok(())
}

/// How an opened lead ends: most are closed or become deals, a few are given back, and some are only written about.
fn end(tx: &mut Tx<'_>, scope: &PartnerScope, dice: &mut Dice, lead: &mut Entered, now: UtcTime) -> anyhow::Result<()> {
    match dice.roll(10) {
        0..=2 => {
            let amount = format!("{},{:03}", 4 + dice.roll(80), dice.roll(10) * 100);
            let stage = DealStage::ALL[dice.roll(DealStage::ALL.len())];
            let deal = DealInput {
                amount,
                currency: "EUR".to_owned(),
                stage: stage.as_str().to_owned(),
                expected_on: (now.date() + Days::new(20 + dice.roll(90) as u64)).to_string(),
            };
            skip_unseen(deal::convert(tx, scope, &lead.reference, &deal, now))
        }
        3 => {
            let input = DeclineInput {
                reason: DeclineReason::ALL[dice.roll(6)].as_str().to_owned(),
                remark: String::new(),
            };
            let decline = input.parse().map_err(|errors| anyhow::anyhow!("{errors:?}"))?;
            match decline::decline(tx, scope, &lead.reference, &decline, now) {
                Ok(()) => {
                    lead.holder = None;
                    lead.is_opened = false;
                    Ok(())
                }
                Err(error) => skip_unseen(Err(error.into())),
            }
        }
        _ => {
            let choices = closing::choices(tx, scope)?;
            let input = ClosingInput {
                choice: choices[dice.roll(choices.len())].key().to_owned(),
                remark: String::new(),
            };
            skip_unseen(closing::close(tx, scope, &lead.reference, &input, now))
        }
    }
}

/// A lead that is closed or out of sight by now is left alone.
fn skip_unseen(done: Result<(), CloseError>) -> anyhow::Result<()> {
    match done {
        Ok(()) | Err(CloseError::Held(HeldError::Refused(_))) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// A day's share of the work list: most of the old leads have a ground, some are deleted, a few are left to do.
fn review(tx: &mut Tx<'_>, cast: &Cast, dice: &mut Dice, leads: &mut Vec<Entered>, now: UtcTime) -> anyhow::Result<()> {
    let mut left = Vec::with_capacity(leads.len());
    for mut lead in leads.drain(..) {
        if lead.is_confirmed || !dice.chance(4) {
            left.push(lead);
        } else if dice.chance(90) {
            let seen = text::current(tx)?.map(|text| text.version);
            confirmation::confirm(tx, &cast.sofia, lead.id, &basis(dice, now), seen, now)?;
            lead.is_confirmed = true;
            left.push(lead);
        } else {
            erase::erase(tx, &cast.sofia, lead.id, now)?;
        }
    }
    *leads = left;
    Ok(())
}

/// Gives a lead to somebody if the gate allows it.
fn hand_over(tx: &mut Tx<'_>, cast: &Cast, dice: &mut Dice, lead: &mut Entered, now: UtcTime) -> anyhow::Result<()> {
    let holder = dice.roll(cast.partners.len());
    let scope = &cast.partners[holder];
    let whole = scope.is_manager() && dice.chance(20);
    let to = ReceivingParty {
        partner: scope.partner(),
        user: (!whole).then(|| scope.user()),
    };
    match gate::clear(tx, &cast.sofia, lead.id, to, None) {
        Ok(cleared) => {
            assign::assign(tx, &cast.sofia, cleared, now)?;
            lead.holder = Some(holder);
            Ok(())
        }
        Err(gate::GateError::Refused(refusal)) => {
            gate::record_refusal(tx, &cast.sofia, lead.id, &refusal, now)?;
            if dice.chance(30) {
                let seen = text::current(tx)?.map(|text| text.version);
                confirmation::confirm(tx, &cast.sofia, lead.id, &basis(dice, now), seen, now)?;
                lead.is_confirmed = true;
            }
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}
