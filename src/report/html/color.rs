//! Bloc colours made readable. The sides file chooses hues; the page needs text
//! in them that meets WCAG AA (4.5 : 1) on its grounds, whatever was chosen.

/// Red, green, blue, 0 to 255.
pub type Rgb = [u8; 3];

/// Reads `#rrggbb`.
pub fn parse(s: &str) -> Option<Rgb> {
    let hex = s
        .strip_prefix('#')
        .filter(|h| h.len() == 6 && h.is_ascii())?;
    let mut rgb = [0; 3];
    for (i, part) in rgb.iter_mut().enumerate() {
        *part = u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).ok()?;
    }
    hex.bytes().all(|b| b.is_ascii_hexdigit()).then_some(rgb)
}

/// Writes `#rrggbb`.
pub fn hex(c: Rgb) -> String {
    format!("#{:02x}{:02x}{:02x}", c[0], c[1], c[2])
}

/// Relative luminance as WCAG 2 defines it.
fn luminance(c: Rgb) -> f64 {
    let [r, g, b] = c.map(|x| {
        let x = f64::from(x) / 255.0;
        if x <= 0.04045 {
            x / 12.92
        } else {
            ((x + 0.055) / 1.055).powf(2.4)
        }
    });
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

/// Contrast ratio of two colours, 1 to 21.
pub fn contrast(a: Rgb, b: Rgb) -> f64 {
    let (x, y) = (luminance(a), luminance(b));
    (x.max(y) + 0.05) / (x.min(y) + 0.05)
}

/// `share` of `a` and the rest of `b`.
pub fn mix(a: Rgb, b: Rgb, share: f64) -> Rgb {
    let mut out = [0; 3];
    for i in 0..3 {
        out[i] = (f64::from(a[i]) * share + f64::from(b[i]) * (1.0 - share)).round() as u8;
    }
    out
}

/// The colour moved towards black or white until it stands out from every ground by `ratio`.
pub fn readable(c: Rgb, grounds: &[Rgb], ratio: f64) -> Rgb {
    let light = grounds.iter().map(|&g| luminance(g)).sum::<f64>() / grounds.len().max(1) as f64;
    let goal = if light > 0.3 { [0; 3] } else { [255; 3] };
    (0..=20)
        .map(|step| mix(goal, c, f64::from(step) / 20.0))
        .find(|&m| grounds.iter().all(|&g| contrast(m, g) >= ratio))
        .unwrap_or(goal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_ratios() {
        assert!((contrast([0; 3], [255; 3]) - 21.0).abs() < 1e-9);
        assert!((contrast(parse("#777777").unwrap(), [255; 3]) - 4.48).abs() < 0.01);
        assert_eq!(parse("#12345"), None);
        assert_eq!(parse("#+12345"), None);
        assert_eq!(parse("red;}x{"), None);
        assert_eq!(hex(parse("#B3261e").unwrap()), "#b3261e");
    }

    proptest! {
        #[test]
        fn any_colour_becomes_readable(r in any::<u8>(), g in any::<u8>(), b in any::<u8>()) {
            for ground in [[0xfb, 0xfa, 0xf7], [0x16, 0x18, 0x1b]] {
                let c = readable([r, g, b], &[ground], 4.5);
                prop_assert!(contrast(c, ground) >= 4.5);
            }
        }
    }
}
