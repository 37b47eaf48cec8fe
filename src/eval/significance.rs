//! Tests for paired predictions: McNemar's test and the paired bootstrap.

use serde::Serialize;
use statrs::distribution::{Binomial, ChiSquared, ContinuousCDF, DiscreteCDF};

/// McNemar's test (1947) on the records on which exactly one of two systems is right.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct McNemar {
    /// Records only the first system gets right.
    pub only_first: u64,
    /// Records only the second system gets right.
    pub only_second: u64,
    /// Two-sided exact (binomial) p; null if the systems never differ.
    pub p_exact: Option<f64>,
    /// χ² with continuity correction (Edwards 1948); null if the systems never differ.
    pub chi2: Option<f64>,
    /// Its p value, one degree of freedom; good from about 25 differences on.
    pub p_chi2: Option<f64>,
}

/// McNemar's test from the two counts of one-sided successes.
pub fn mcnemar(only_first: u64, only_second: u64) -> McNemar {
    let n = only_first + only_second;
    let (mut p_exact, mut chi2, mut p_chi2) = (None, None, None);
    if n > 0 {
        p_exact = Binomial::new(0.5, n)
            .ok()
            .map(|b| (2.0 * b.cdf(only_first.min(only_second))).min(1.0));
        let difference = (only_first as f64 - only_second as f64).abs();
        let x = (difference - 1.0).max(0.0).powi(2) / n as f64;
        chi2 = Some(x);
        p_chi2 = ChiSquared::new(1.0).ok().map(|d| d.sf(x));
    }
    McNemar {
        only_first,
        only_second,
        p_exact,
        chi2,
        p_chi2,
    }
}

/// Two-sided bootstrap p of a difference: twice the smaller share of
/// resampled differences on one side of 0 (Efron & Tibshirani 1993, ch. 16),
/// with one added to both counts so that it is never 0. `None` without resamples.
pub fn bootstrap_p(differences: &[Option<f64>]) -> Option<f64> {
    let d: Vec<f64> = differences.iter().copied().flatten().collect();
    if d.is_empty() {
        return None;
    }
    let below = d.iter().filter(|&&x| x <= 0.0).count();
    let above = d.iter().filter(|&&x| x >= 0.0).count();
    let n = d.len() as f64;
    Some((2.0 * (below.min(above) as f64 + 1.0) / (n + 1.0)).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mcnemar_by_hand() {
        let m = mcnemar(2, 8);
        // 2 * (1 + 10 + 45) / 1024
        assert!((m.p_exact.unwrap() - 112.0 / 1024.0).abs() < 1e-12);
        assert_eq!(m.chi2, Some(2.5));
        assert_eq!(mcnemar(0, 0).p_exact, None);
        assert_eq!(mcnemar(3, 3).p_exact, Some(1.0));
    }

    #[test]
    fn p_of_differences() {
        assert_eq!(bootstrap_p(&[]), None);
        let always = vec![Some(0.1); 999];
        assert!((bootstrap_p(&always).unwrap() - 0.002).abs() < 1e-12);
        assert_eq!(bootstrap_p(&[Some(0.0); 10]), Some(1.0));
    }
}
