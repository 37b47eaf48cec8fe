//! Time windows, defined so that a driver on a cluster can cut the same ones.
//!
//! Let `W` be the window in days and `day` a date as days since 1970-01-01.
//!
//! * Two dated statements may meet if their days differ by at most `W`.
//! * A statement without a date may meet any other.
//! * Bucket of a day: `floor(day / W)` (rounded down, also before 1970).
//! * Window `w` holds the statements of the buckets `w` and `w + 1`, and all
//!   without a date. Neighbouring windows overlap by one bucket.
//!
//! Every pair that may meet lies whole in at least one window, and *belongs* to
//! exactly one: the one of the smaller bucket of the two ([`home`]). A driver
//! that works window by window and keeps the pairs at home in the window finds
//! every pair exactly once.

use chrono::{Datelike, NaiveDate};

/// Days since 1970-01-01.
pub fn day(date: NaiveDate) -> i64 {
    const EPOCH: i64 = 719_163; // 1970-01-01 as days from 0001-01-01, which is 1.
    i64::from(date.num_days_from_ce()) - EPOCH
}

/// Whether two statements are near enough in time to meet.
pub fn meet(a: Option<i64>, b: Option<i64>, days: i64) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() <= days,
        _ => true,
    }
}

/// Bucket of a day. With a window of 0 days every day is a bucket.
pub fn bucket(day: i64, days: i64) -> i64 {
    day.div_euclid(days.max(1))
}

/// The window a pair belongs to; `None` if neither statement has a date (such
/// a pair belongs to no window and is looked at once).
pub fn home(a: Option<i64>, b: Option<i64>, days: i64) -> Option<i64> {
    let bucket = |d: Option<i64>| d.map(|d| bucket(d, days));
    match (bucket(a), bucket(b)) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn days_count_from_1970() {
        let d = |s| day(NaiveDate::parse_from_str(s, "%Y-%m-%d").unwrap());
        assert_eq!(d("1970-01-01"), 0);
        assert_eq!(d("2000-03-01"), 11_017);
        assert_eq!(d("1969-12-31"), -1);
        assert_eq!(bucket(-1, 30), -1);
    }

    proptest! {
        #[test]
        fn every_pair_that_meets_lies_whole_in_its_window(a in -900i64..900, b in -900i64..900, days in 1i64..60) {
            if meet(Some(a), Some(b), days) {
                let w = home(Some(a), Some(b), days).unwrap();
                for d in [a, b] {
                    prop_assert!(bucket(d, days) == w || bucket(d, days) == w + 1);
                }
            }
        }
    }
}
