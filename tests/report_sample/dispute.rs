//! The made-up dispute in a handful of articles.

use standoff::document::{Filtered, Layout};
use standoff::labels::{Side, Stance};
use standoff::record::{Analysis, Copies, Rejected};

use super::{Builder, Who};

const FIRST: Side = Side::First;
const SECOND: Side = Side::Second;
const OTHER: Side = Side::Other;
const UP: Stance = Stance::Escalation;
const DOWN: Stance = Stance::DeEscalation;
const MID: Stance = Stance::Neutral;

const HALVERS: Who = Who("Ilse Halvers", "foreign minister of Norland", FIRST);
const BRANDT: Who = Who(
    "Joren Brandt",
    "spokesman of Norland’s defence ministry",
    FIRST,
);
const OLDEN: Who = Who("Petra Olden", "president of Norland", FIRST);
const MARCHETTI: Who = Who(
    "Dario Marchetti",
    "secretary-general of the Coast League",
    SECOND,
);
const QUILL: Who = Who("Anna Quill", "prime minister of Portmere", SECOND);
const SORELL: Who = Who(
    "Tomas Sorell",
    "admiral of the League’s joint fleet",
    SECOND,
);
const ADEYEMI: Who = Who(
    "Grace Adeyemi",
    "head of the Strait Observer Mission",
    OTHER,
);

/// Four articles and a dump, 3 to 9 May 2031, with what was filtered, merged and rejected.
pub fn dispute() -> Analysis {
    let mut b = Builder::new();
    let wire = b.document(
        "northern-wire/drills.txt",
        "Navy ends spring drills in the Sarn Strait",
        Some("2031-05-03"),
        Some("https://northern-wire.example/2031/05/03/drills"),
        Some("Northern Wire"),
        Layout::Dump,
    );
    let gazette = b.document(
        "portmere-gazette/no-sign.html",
        "League sees no sign of a withdrawal",
        Some("2031-05-04"),
        Some("https://portmere-gazette.example/world/no-sign"),
        Some("Portmere Gazette"),
        Layout::Prose,
    );
    let herald = b.document(
        "harbour-herald/cable.html",
        "Who cut the cable?",
        Some("2031-05-06"),
        Some("https://harbour-herald.example/cable"),
        Some("Harbour Herald"),
        Layout::Prose,
    );
    let radio = b.document(
        "radio-sarn/talks.jsonl#1",
        "Envoys meet on the island of Lys",
        Some("2031-05-08"),
        Some("https://radio-sarn.example/talks"),
        Some("Radio Sarn"),
        Layout::Statements,
    );
    let wire2 = b.document(
        "northern-wire/grain.txt",
        "Grain ships wait for the pilots",
        Some("2031-05-09"),
        Some("https://northern-wire.example/2031/05/09/grain"),
        Some("Northern Wire"),
        Layout::Dump,
    );

    b.filtered(wire, "By our naval correspondent", Filtered::Byline);
    let back = b.statement(wire, "“[[Our ships]] have finished their drills and {{are returning}} to their home ports,” said [[Joren Brandt]].", FIRST, 0.98, DOWN, 0.94, Some(BRANDT));
    let threat_no = b.statement(
        wire,
        "[[Norland]] {{threatens nobody}} and never has, [[Halvers]] told reporters in Vestby.",
        FIRST,
        0.96,
        DOWN,
        0.89,
        Some(HALVERS),
    );
    let provoke = b.statement(wire, "[[Brandt]] accused the [[League]] of {{provoking}} an incident by sending a destroyer within two miles of the buoys.", FIRST, 0.93, UP, 0.95, Some(BRANDT));
    let hysteria = b.statement(
        wire,
        "She called the warnings from Portmere {{hysteria}} and said history would laugh at them.",
        FIRST,
        0.81,
        UP,
        0.86,
        Some(HALVERS),
    );
    b.statement(
        wire,
        "The drills involved eleven ships and about 2,300 sailors.",
        FIRST,
        0.62,
        MID,
        0.88,
        None,
    );
    b.statement(
        wire,
        "The strait is nineteen miles wide at its narrowest point.",
        OTHER,
        0.91,
        MID,
        0.97,
        None,
    );
    b.filtered(
        wire,
        "Read more: five charts that explain the strait",
        Filtered::ReadMore,
    );

    b.filtered(
        gazette,
        "A frigate at anchor off Portmere. Photograph: harbour office",
        Filtered::Caption,
    );
    let nosign = b.statement(gazette, "“[[We]] see {{no sign}} of ships going home; if anything there are more of them,” [[Dario Marchetti]] said on Sunday.", SECOND, 0.97, UP, 0.91, Some(MARCHETTI));
    let massing = b.statement(gazette, "[[Admiral Sorell]] warned that [[Norland]] was {{massing}} landing craft behind the islands.", SECOND, 0.95, UP, 0.96, Some(SORELL));
    let inter = b.statement(gazette, "The [[destroyer]] kept to international waters and {{did not}} approach the buoys, a [[League]] official said.", SECOND, 0.92, DOWN, 0.74, Some(Who("a League official", "", SECOND)));
    let warn = b.statement(
        gazette,
        "[[Quill]] said her warnings rested on satellite pictures that anyone could {{check}}.",
        SECOND,
        0.9,
        MID,
        0.61,
        Some(QUILL),
    );
    let costs = b.statement(
        gazette,
        "“Any landing will be met with {{massive costs}},” [[Quill]] told parliament.",
        SECOND,
        0.96,
        UP,
        0.98,
        Some(QUILL),
    );
    b.statement(
        gazette,
        "Markets in Portmere closed slightly lower.",
        OTHER,
        0.88,
        MID,
        0.95,
        None,
    );
    b.statement(
        gazette,
        "He added that it might also be otherwise.",
        SECOND,
        0.41,
        MID,
        0.52,
        None,
    );
    b.filtered(
        gazette,
        "We use cookies to improve this site. Accept",
        Filtered::CookieNotice,
    );

    let cable_a = b.statement(
        herald,
        "[[Norland]] {{denied}} that its divers had been anywhere near the cable.",
        FIRST,
        0.95,
        DOWN,
        0.83,
        Some(Who("Norland", "", FIRST)),
    );
    let cable_b = b.statement(
        herald,
        "[[The League]] said a [[Norlander]] trawler {{cut}} the data cable on Tuesday night.",
        SECOND,
        0.96,
        UP,
        0.94,
        Some(Who("The League", "", SECOND)),
    );
    let cable_c = b.statement(
        herald,
        "“The damage is the work of professionals, and [[we]] know {{whose}},” [[Sorell]] said.",
        SECOND,
        0.91,
        UP,
        0.9,
        Some(SORELL),
    );
    let anchor = b.statement(
        herald,
        "A dragging anchor {{explains}} the damage better than any plot, [[Brandt]] said.",
        FIRST,
        0.87,
        DOWN,
        0.66,
        Some(BRANDT),
    );
    b.statement(
        herald,
        "Adeyemi said her observers had not been let aboard either ship.",
        OTHER,
        0.93,
        MID,
        0.72,
        Some(ADEYEMI),
    );
    b.statement(
        herald,
        "Repairs will take nine days, the cable’s owner said.",
        OTHER,
        0.96,
        MID,
        0.94,
        None,
    );

    let talks_a = b.statement(radio, "[[President Olden]] said the {{talks had failed}} because the League came with an ultimatum.", FIRST, 0.94, UP, 0.93, Some(OLDEN));
    let talks_b = b.statement(
        radio,
        "[[Marchetti]] said no ultimatum was given and that the {{talks would go on}}.",
        SECOND,
        0.95,
        DOWN,
        0.92,
        Some(MARCHETTI),
    );
    let member_a = b.statement(radio, "[[Norland]] demands a {{binding pledge}} that the island of Lys will never join the League.", FIRST, 0.95, UP, 0.84, Some(Who("Norland", "", FIRST)));
    let member_b = b.statement(radio, "“Every island {{chooses}} its own alliances,” [[Quill]] said; the demand is [[one we]] cannot accept.", SECOND, 0.94, UP, 0.79, Some(QUILL));
    b.statement(
        radio,
        "[[Halvers]] offered to {{let observers}} aboard the ships that remain.",
        FIRST,
        0.9,
        DOWN,
        0.93,
        Some(HALVERS),
    );
    b.statement(radio, "[[The League]] will send four more [[patrol boats]] to the {{northern islands}}, Sorell announced.", SECOND, 0.94, UP, 0.95, Some(SORELL));
    b.statement(
        radio,
        "Both delegations flew home the same evening.",
        OTHER,
        0.9,
        MID,
        0.93,
        None,
    );

    let grain_a = b.statement(wire2, "[[Halvers]] said the pilots were ready and the [[League]] was {{holding back}} the grain ships for a spectacle.", FIRST, 0.95, UP, 0.9, Some(HALVERS));
    let grain_b = b.statement(
        wire2,
        "[[Norland]] {{refuses}} to let its pilots board, the [[League’s]] trade office said.",
        SECOND,
        0.93,
        UP,
        0.88,
        Some(Who("the League’s trade office", "", SECOND)),
    );
    let grain_c = b.statement(
        wire2,
        "“[[We]] would sail {{tonight}} if a pilot came,” [[Marchetti]] said.",
        SECOND,
        0.9,
        DOWN,
        0.8,
        Some(MARCHETTI),
    );
    let copy = b.statement(
        wire2,
        "The strait is nineteen miles wide at its narrowest point.",
        OTHER,
        0.91,
        MID,
        0.97,
        None,
    );
    b.statement(
        wire2,
        "Les pilotes attendent au port depuis mardi.",
        OTHER,
        0.5,
        MID,
        0.6,
        None,
    );

    b.pair(
        "sarn-fleet",
        &["ships", "drills", "return"],
        &back,
        &nosign,
        0.95,
        true,
        &["ships", "home"],
    );
    b.pair(
        "sarn-fleet",
        &[],
        &threat_no,
        &massing,
        0.84,
        true,
        &["norland"],
    );
    b.pair("sarn-fleet", &[], &back, &massing, 0.71, false, &["ships"]);
    b.pair(
        "sarn-cable",
        &["cable", "trawler", "divers"],
        &cable_a,
        &cable_b,
        0.93,
        true,
        &["cable"],
    );
    b.pair(
        "sarn-cable",
        &[],
        &anchor,
        &cable_c,
        0.82,
        true,
        &["damage"],
    );
    b.pair(
        "sarn-talks",
        &["talks", "ultimatum"],
        &talks_a,
        &talks_b,
        0.94,
        true,
        &["talks", "ultimatum"],
    );
    b.pair(
        "sarn-grain",
        &["grain", "pilots", "ships"],
        &grain_a,
        &grain_b,
        0.9,
        true,
        &["pilots"],
    );
    b.pair(
        "sarn-grain",
        &[],
        &grain_a,
        &grain_c,
        0.36,
        false,
        &["pilots"],
    );
    b.pair(
        "sarn-buoys",
        &["destroyer", "buoys"],
        &provoke,
        &inter,
        0.91,
        true,
        &["destroyer", "buoys"],
    );
    b.pair(
        "sarn-lys",
        &["Lys", "alliance", "pledge"],
        &member_a,
        &member_b,
        0.86,
        true,
        &["island"],
    );
    b.pair(
        "sarn-warnings",
        &["warnings", "satellite pictures"],
        &hysteria,
        &warn,
        0.77,
        true,
        &["warnings"],
    );

    let first = b
        .analysis
        .statements
        .iter()
        .find(|s| s.text.starts_with("The strait"))
        .unwrap()
        .id
        .clone();
    let a = &mut b.analysis;
    a.copies.push(Copies {
        statement: first,
        copies: vec![copy],
    });
    a.issues[0].neighbours.push(costs);
    let french = a
        .statements
        .iter_mut()
        .find(|s| s.text.starts_with("Les pilotes"))
        .unwrap();
    (french.language, french.abstained) = (Some("fr".into()), true);
    a.statements[3].truncated = true;
    a.rejected.push(Rejected {
        source: "feeds/monday.jsonl:17".into(),
        error: "not JSON: expected `,` or `}` at column 211".into(),
    });
    a.rejected.push(Rejected {
        source: "scans/page-4.txt".into(),
        error: "no text could be decoded; save it as UTF-8".into(),
    });
    b.finish()
}
