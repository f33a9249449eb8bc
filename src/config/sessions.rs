//! How long sessions last and how many there may be, as configured.

use std::ops::RangeInclusive;

use chrono::TimeDelta;

use crate::domain::access::SessionLimits;

/// Shorter ones would end while somebody reads; longer ones are more than ASVS 5.0 V7.3 lets pass here.
const IDLE_MINUTES: RangeInclusive<i64> = 5..=60;
const ADMINISTRATOR_IDLE_MINUTES: RangeInclusive<i64> = 5..=30;
const HOURS: RangeInclusive<i64> = 1..=24;

/// More than fifty nobody would find his way through on *Your account*.
const PER_USER: RangeInclusive<i64> = 1..=50;

/// Reads the limits through `variable`; what is not set is as by default.
///
/// # Errors
/// Every variable that can't be used, with what is expected.
pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<SessionLimits, Vec<String>> {
    let mut problems = Vec::new();
    let mut number = |name: &str, unit: &str, range: RangeInclusive<i64>, default: i64| {
        let Some(text) = variable(name) else { return default };
        match text.parse() {
            Ok(number) if range.contains(&number) => number,
            _ => {
                let (least, most) = range.into_inner();
                problems.push(format!(
                    "{name} must be a whole number of {unit} from {least} to {most}"
                ));
                default
            }
        }
    };
    let default = SessionLimits::default();
    let limits = SessionLimits {
        idle: TimeDelta::minutes(number(
            "LEADGATE_SESSION_IDLE_MINUTES",
            "minutes",
            IDLE_MINUTES,
            default.idle.num_minutes(),
        )),
        idle_of_administrators: TimeDelta::minutes(number(
            "LEADGATE_ADMINISTRATOR_IDLE_MINUTES",
            "minutes",
            ADMINISTRATOR_IDLE_MINUTES,
            default.idle_of_administrators.num_minutes(),
        )),
        absolute: TimeDelta::hours(number(
            "LEADGATE_SESSION_HOURS",
            "hours",
            HOURS,
            default.absolute.num_hours(),
        )),
        per_user: number(
            "LEADGATE_SESSIONS_PER_USER",
            "sessions",
            PER_USER,
            default.per_user as i64,
        ) as usize,
    };
    if problems.is_empty() { Ok(limits) } else { Err(problems) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_and_what_is_not_set_is_as_by_default() {
        assert_eq!(read(|_| None), Ok(SessionLimits::default()));

        let limits = read(|name| match name {
            "LEADGATE_SESSION_IDLE_MINUTES" => Some("20".to_owned()),
            "LEADGATE_ADMINISTRATOR_IDLE_MINUTES" => Some("5".to_owned()),
            "LEADGATE_SESSION_HOURS" => Some("24".to_owned()),
            "LEADGATE_SESSIONS_PER_USER" => Some("1".to_owned()),
            _ => None,
        });

        let expected = SessionLimits {
            idle: TimeDelta::minutes(20),
            idle_of_administrators: TimeDelta::minutes(5),
            absolute: TimeDelta::hours(24),
            per_user: 1,
        };
        assert_eq!(limits, Ok(expected));
    }

    #[test]
    fn what_is_no_number_or_out_of_bounds_is_told_with_its_bounds() {
        for wrong in ["", "0", "-30", "61", "soon", "30.5", "99999999999999999999"] {
            assert_eq!(
                read(|_| Some(wrong.to_owned())).map_err(|problems| problems.len()),
                Err(4),
                "{wrong:?}"
            );
        }

        let too_short = read(|_| Some("4".to_owned())).map_err(|problems| problems.len());
        assert_eq!(too_short, Err(2), "four are fine as hours and as sessions");

        let problems = read(|name| (name == "LEADGATE_SESSION_HOURS").then(|| "25".to_owned()));

        assert_eq!(
            problems,
            Err(vec![
                "LEADGATE_SESSION_HOURS must be a whole number of hours from 1 to 24".to_owned()
            ])
        );
    }
}
