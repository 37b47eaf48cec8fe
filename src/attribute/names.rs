//! Given names with their usual gender: to tell `Jill Biden` from `Biden`, and
//! which pronoun may stand for a person who is not in the sides file.

use crate::sides::Gender;

const FEMALE: &str = "agnes alena alexandra alice alina alison amanda amy ana anastasia andrea angela anita anja ann anna \
annalena anne annika antonia asya barbara beata beate becky beth brenda caitlin carmen carol caroline catherine \
cathy charlotte cheryl christina christine claire clara claudia condoleezza cynthia dana daria deborah debra diana \
diane dilma donna dorothy ekaterina elena elisabeth elizabeth ella ellen elsa emily emma erica erin esther eva evelyn \
federica fiona florence frances gabriela gina giorgia gloria grace greta hannah heather heidi helen helena helga \
hillary ilona inga ingrid irina iryna isabel ivanka jacinda jane janet jeanne jen jennifer jessica jill joan joanna \
jodie joyce julia julie kaja kamala karen karin karine kate katerina katharina katherine kathleen katya kelly kersti \
kim kristalina kristina larysa laura lauren leslie lesley lida linda lisa liudmila liz loretta louise lucy ludmila \
lyudmila madeleine magdalena maia mairead margaret margarita margot maria marie marina marine marion martha mary \
melania melissa meghan mercedes mette mia michelle mila milena monica monika nadia nancy natalia natalie natalya \
nicola nina olena olga oksana olha oleksandra pamela patricia paula penny polina priti rachel rebecca regina renate \
roberta rosa rosemary roza ruth sabine sally samantha sandra sanna sara sarah sevgil sharon sheila silvia simone \
sofia sophia sophie stella stephanie susan susana suzanne svetlana sviatlana svitlana sylvie tamara tanya tatiana \
tatyana teresa theresa tina tsai tulsi tzipi ursula valentina valeria valerie vanessa vera veronica veronika \
victoria viktoria virginia wendy wilma yana yelena yekaterina yevgenia yevhenia yulia yuliia zoe zuzana";

const MALE: &str = "aaron abdul abdullah abraham adam adrian ahmed alan albert alberto alec aleh aleksandar aleksander \
aleksandr aleksei aleksey alessandro alex alexander alexandr alexei alexey alfred ali allan anatol anatoli anatolii \
anatoly anders andre andreas andrei andrej andrew andrey andrii andriy andrzej andy angus anthony anton antonio \
antony arkady arnold arseniy artem arthur artyom barack bashar ben benjamin bernard bernie bill bob bogdan bohdan \
boris borys boyko brad brandon brian bruce bruno carl carlos charles chris christian christoph christopher chuck \
clement colin craig curtis damian dan daniel danylo dave david dean denis dennis denys didier dimitri dirk dmitri \
dmitriy dmitry dmytro dominic dominik don donald douglas edgars edi eduard edward edwin egils ehud elon emmanuel enrico \
eric erik ernest eugene evgeny fabian felix fernando filip florian francis franco francois frank frederik fredrik \
friedrich fumio gabriel gareth gary gavin gennady geoffrey george georges gerald gerard gerhard giorgi gitanas giulio \
giuseppe gordon graham greg gregory guido guillaume gustavo guy hans harald harold harry hassan heiko helmut henrik \
henry herman hikmet horst howard hugh hunter ian ibrahim igor ihor ilham ilya imran ismail ivan ivo jack jacob jacques \
jake james jamie jan janez janis jared jaroslaw jason javier jean jeff jeffrey jens jeremy jerome jim jimmy joao joe \
joel joerg johan johann john johnny jon jonas jonathan jordan jorge jose josef josep joseph josh joshua juan jules \
julian julien juri jurgen justin kaspars kassym keir keith ken kenneth kevin kirill klaus konrad konstantin \
kostiantyn krisjanis krzysztof kurt kyriakos kyrylo lars larry laurent lech lee leo leon leonid leopold leroy lindsey \
linus lloyd louis luc luca lucas luigi luis lukas luke mahmoud maksim maksym manfred manuel marc marcel marco marcus \
mario marius mark markus marko martin mateusz matt matteo matthew matthias maurice mauricio max maxim maxime mevlut \
michael michal michel miguel mihai mikhail mykhailo mikhailo mike mikola milan milos miroslav mitch mohamed mohammad \
mohammed mustafa mykola narendra nathan ned neil nicholas nick nicolas nigel niki nikita nikola nikolai nikolay nikol \
noah norbert norman olaf oleg oleh oleksandr oleksii oleksiy oliver olivier omar oscar otto owen pablo pascal patrick \
paul paulo pavel pavlo pavol pawel pedro pekka per peter petr petro petru petteri phil philip philipp philippe pierre \
pieter piotr prayut radek radoslaw rafael ralph ramzan randy raymond recep rene rex riccardo richard rick rishi rob \
robert roberto rodrigo roger roland rolf roman ron ronald ross roy rudolf ruslan russell rustem ryan salman sam samuel \
sauli scott sean sebastian sebastien serge sergei sergey serhii serhiy sergii shane shinzo sigmar silvio simon stanislav \
stefan steffen stephen steve steven stoyan stuart sven sylvain taras ted teodor terry thierry thomas tim timothy tobias \
todd tom tomas tomasz tony trevor ulf vadim vadym valdis valentin valerii valeriy valery vasily vassily vasyl viacheslav \
victor viktor vincent vitali vitalii vitaliy vitaly vlad vladimir vladislav volodymyr vyacheslav walter wang warren \
wayne werner wilhelm will william witold wladyslaw wolfgang wolodymyr xavier xi yaroslav yair yevgeni yevgeny yevhen \
yoshihide youssef yuri yuriy yurii yury yves zbigniew zoran";

/// The usual gender of a given name; `None` if the name is not known.
pub(crate) fn gender(given: &str) -> Option<Gender> {
    use std::collections::HashMap;
    use std::sync::OnceLock;
    static TABLE: OnceLock<HashMap<&'static str, Gender>> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        let mut t = HashMap::new();
        t.extend(FEMALE.split_whitespace().map(|n| (n, Gender::Female)));
        t.extend(MALE.split_whitespace().map(|n| (n, Gender::Male)));
        t
    });
    table.get(given.to_ascii_lowercase().as_str()).copied()
}

/// Whether two given names may be spellings of one (`Vladimir`, `Volodymyr`):
/// the same first sound and no known difference of gender.
pub(crate) fn may_be_same(a: &str, b: &str) -> bool {
    if let (Some(x), Some(y)) = (gender(a), gender(b)) {
        if x != y {
            return false;
        }
    }
    let sound = |s: &str| match s.chars().next().map(|c| c.to_ascii_lowercase()) {
        Some('o' | 'á' | 'ö') => 'a',
        Some('n') => 'm',
        Some('y' | 'e' | 'j' | 'i') => 'y',
        Some('w' | 'b') => 'v',
        Some('g') => 'h',
        Some('k') => 'c',
        Some(c) => c,
        None => ' ',
    };
    sound(a) == sound(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_names_tell_people_apart() {
        assert_eq!(gender("Maria"), Some(Gender::Female));
        assert_eq!(gender("Sergey"), Some(Gender::Male));
        assert_eq!(gender("Qwerty"), None);
        assert!(may_be_same("Vladimir", "Volodymyr"));
        assert!(may_be_same("Alexander", "Oleksandr"));
        assert!(!may_be_same("Jill", "Joe"));
        assert!(!may_be_same("Hunter", "Joe"));
    }
}
