//! A small sides file for the tests of this module.

use std::sync::Arc;

use chrono::NaiveDate;

use super::Attributor;
use crate::sides::Sides;

const SIDES: &str = r##"schema = 1
name = "test"
[[bloc]]
id = "russian"
name = "Russia"
color = "#b3261e"
[[bloc]]
id = "western"
name = "West"
color = "#1e4fb3"

[[actor]]
id = "russia"
name = "Russia"
bloc = "russian"
kind = "state"
aliases = ["Moscow", "Russian Federation"]
demonyms = ["Russian", "Russians"]

[[actor]]
id = "ukraine"
name = "Ukraine"
bloc = "western"
kind = "state"
aliases = ["Kyiv", "Kiev"]
demonyms = ["Ukrainian", "Ukrainians"]

[[actor]]
id = "united-states"
name = "United States"
bloc = "western"
kind = "state"
aliases = ["US", "U.S.", "USA", "Washington"]
demonyms = ["American", "Americans"]

[[actor]]
id = "germany"
name = "Germany"
bloc = "western"
kind = "state"
aliases = ["Berlin"]
demonyms = ["German", "Germans"]

[[actor]]
id = "nato"
name = "NATO"
bloc = "western"
kind = "organisation"
nouns = ["alliance", "bloc"]

[[actor]]
id = "kremlin"
name = "Kremlin"
bloc = "russian"
kind = "organisation"
member_of = ["russia"]

[[actor]]
id = "russian-defence-ministry"
name = "Russian Defence Ministry"
bloc = "russian"
kind = "organisation"
aliases = ["Russian Defense Ministry", "Russia's Defence Ministry", "Russia's Defense Ministry"]
member_of = ["russia"]
nouns = ["ministry", "defence ministry", "defense ministry"]

[[actor]]
id = "russian-foreign-ministry"
name = "Russian Foreign Ministry"
bloc = "russian"
kind = "organisation"
member_of = ["russia"]
nouns = ["ministry", "foreign ministry"]

[[actor]]
id = "tass"
name = "TASS"
bloc = "russian"
kind = "outlet"

[[actor]]
id = "un"
name = "United Nations"
bloc = "other"
kind = "organisation"
aliases = ["UN", "U.N."]

[[actor]]
id = "vladimir-putin"
name = "Vladimir Putin"
bloc = "russian"
kind = "person"
gender = "male"
aliases = ["Putin"]
member_of = ["russia"]
roles = [{ title = "president of Russia", short = ["Russian president"], from = 2012-05-07 }]

[[actor]]
id = "sergey-lavrov"
name = "Sergey Lavrov"
bloc = "russian"
kind = "person"
gender = "male"
aliases = ["Lavrov", "Sergei Lavrov"]
member_of = ["russian-foreign-ministry"]
roles = [{ title = "foreign minister of Russia", short = ["Russian foreign minister"], from = 2004-03-09 }]

[[actor]]
id = "maria-zakharova"
name = "Maria Zakharova"
bloc = "russian"
kind = "person"
gender = "female"
aliases = ["Zakharova"]
member_of = ["russian-foreign-ministry"]
roles = [{ title = "spokeswoman of the Russian Foreign Ministry", short = ["Russian Foreign Ministry spokeswoman"], from = 2015-08-10 }]

[[actor]]
id = "dmitry-peskov"
name = "Dmitry Peskov"
bloc = "russian"
kind = "person"
gender = "male"
aliases = ["Peskov"]
member_of = ["kremlin"]
roles = [{ title = "spokesman of the Kremlin", short = ["Kremlin spokesman"], from = 2012-05-22 }]

[[actor]]
id = "igor-konashenkov"
name = "Igor Konashenkov"
bloc = "russian"
kind = "person"
gender = "male"
aliases = ["Konashenkov"]
member_of = ["russian-defence-ministry"]
roles = [{ title = "chief spokesman of the Russian Defence Ministry", short = ["Russian Defence Ministry spokesman", "Defense Ministry spokesman"], from = 2017-03-01 }]

[[actor]]
id = "volodymyr-zelensky"
name = "Volodymyr Zelensky"
bloc = "western"
kind = "person"
gender = "male"
aliases = ["Zelensky", "Zelenskyy", "Volodymyr Zelenskyy"]
member_of = ["ukraine"]
roles = [{ title = "president of Ukraine", short = ["Ukrainian president"], from = 2019-05-20 }]

[[actor]]
id = "petro-poroshenko"
name = "Petro Poroshenko"
bloc = "western"
kind = "person"
gender = "male"
aliases = ["Poroshenko"]
member_of = ["ukraine"]
roles = [{ title = "president of Ukraine", short = ["Ukrainian president"], from = 2014-06-07, to = 2019-05-20 }]

[[actor]]
id = "annalena-baerbock"
name = "Annalena Baerbock"
bloc = "western"
kind = "person"
gender = "female"
aliases = ["Baerbock"]
member_of = ["germany"]
roles = [{ title = "foreign minister of Germany", short = ["German foreign minister"], from = 2021-12-08, to = 2025-05-06 }]

[[actor]]
id = "jens-stoltenberg"
name = "Jens Stoltenberg"
bloc = "western"
kind = "person"
gender = "male"
aliases = ["Stoltenberg"]
member_of = ["nato"]
roles = [{ title = "secretary general of NATO", short = ["NATO secretary general", "NATO chief"], from = 2014-10-01, to = 2024-10-01 }]

[[actor]]
id = "boris-johnson"
name = "Boris Johnson"
bloc = "western"
kind = "person"
gender = "male"
ambiguous = ["Johnson"]
roles = [{ title = "prime minister of the United Kingdom", short = ["British prime minister"], from = 2019-07-24, to = 2022-09-06 }]

[[actor]]
id = "joe-biden"
name = "Joe Biden"
bloc = "western"
kind = "person"
gender = "male"
aliases = ["Biden"]
member_of = ["united-states"]
roles = [{ title = "president of the United States", short = ["US president", "American president"], from = 2021-01-20, to = 2025-01-20 }]
"##;

pub(crate) fn attributor() -> Attributor {
    Attributor::new(Arc::new(Sides::parse(SIDES, "test.toml").unwrap())).unwrap()
}

pub(crate) fn day(s: &str) -> Option<NaiveDate> {
    Some(s.parse().unwrap())
}
