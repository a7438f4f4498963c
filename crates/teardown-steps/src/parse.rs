//! From a text to a script, or to what is wrong with the text.
//!
//! ```text
//! script = step { "," step }
//! step   = [ LETTER ":" ] does [ "until" ( PLACE [ "#" NUMBER ] | "waits" ) ]
//!        | "start" act | "wait" | "plant" WORD { WORD }
//! does   = act | "on" | "fail" | "give-up"
//! act    = VERB [ target ] | "second" "command"
//! target = [ "second" ] ( "host" | "peripheral" ) | NAME
//! ```
//!
//! Words have blanks between them. A backslash takes the next character as it is, and makes the word a name: `a\,b` has
//! a comma in it, and `\host` is a device whose name is host.

use crate::parse_error::{Expected, ParseError};
use crate::script::Script;
use crate::step::{Act, Actor, Does, End, Nth, Step, Target, Until, Verb};
use std::num::NonZeroUsize;

/// Whether a character would end a word, or have another meaning than itself.
pub(crate) fn is_special(character: char) -> bool {
    character.is_whitespace() || matches!(character, ',' | '\\' | '#')
}

/// Whether a word is one of the language's own at a place where a name could be.
pub(crate) fn is_keyword(word: &str) -> bool {
    matches!(word, "host" | "peripheral" | "second" | "until" | "waits")
}

/// A word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Word {
    /// Without the backslashes.
    text: String,
    /// Whether it has a backslash in it, and so is a name.
    is_name: bool,
    /// What comes after the first `#` without a backslash.
    times: Option<String>,
    /// Where it begins: a character of the text, from 1.
    column: usize,
}

impl Word {
    /// The word as one of the language's own.
    fn keyword(&self) -> Option<&str> {
        (!self.is_name && self.times.is_none()).then_some(&self.text)
    }

    /// As it was written, apart from backslashes.
    fn shown(&self) -> String {
        match &self.times {
            Some(times) => format!("{}#{times}", self.text),
            None => self.text.clone(),
        }
    }
}

/// The words of one step.
#[derive(Debug, Default)]
struct Words {
    /// In reverse order.
    rest: Vec<Word>,
    step: usize,
    /// Where the step ends.
    end: usize,
}

/// Reads a script.
///
/// # Errors
///
/// The first word that can't be where it is, and what could.
pub fn script(text: &str) -> Result<Script, ParseError> {
    split(text)?.into_iter().map(step).collect::<Result<_, _>>().map(Script)
}

/// The words of each step.
fn split(text: &str) -> Result<Vec<Words>, ParseError> {
    let mut steps = Vec::new();
    let mut words = Words { step: 1, ..Words::default() };
    let mut word: Option<Word> = None;
    let mut column = 0;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        column += 1;
        if character == ',' || character.is_whitespace() {
            words.rest.extend(word.take());
            if character == ',' {
                words.end = column;
                let next = Words { step: words.step + 1, ..Words::default() };
                steps.push(std::mem::replace(&mut words, next));
            }
            continue;
        }
        let into =
            word.get_or_insert_with(|| Word { text: String::new(), is_name: false, times: None, column });
        match character {
            '\\' => {
                into.is_name = true;
                let Some(escaped) = characters.next() else {
                    let (step, found) = (words.step, Some("\\".to_owned()));
                    return Err(ParseError { step, column, found, expected: Expected::Escaped });
                };
                column += 1;
                into.times.as_mut().unwrap_or(&mut into.text).push(escaped);
            }
            '#' if into.times.is_none() => into.times = Some(String::new()),
            other => into.times.as_mut().unwrap_or(&mut into.text).push(other),
        }
    }
    words.rest.extend(word);
    words.end = column + 1;
    steps.push(words);
    for words in &mut steps {
        words.rest.reverse();
    }
    Ok(steps)
}

fn step(mut words: Words) -> Result<Step, ParseError> {
    let step = match words.keyword() {
        Some("start") => {
            words.next();
            Step::Start(act(&mut words, Expected::Started)?)
        }
        Some("wait") => {
            words.next();
            Step::Wait
        }
        Some("plant") => {
            words.next();
            Step::Plant(fault(&mut words)?)
        }
        _ => by(&mut words)?,
    };
    match words.next() {
        None => Ok(step),
        Some(word) => {
            let may_go_on = matches!(step, Step::By { until: Until::End, .. });
            let expected = if may_go_on { Expected::Until } else { Expected::End };
            Err(words.wrong(Some(word), expected))
        }
    }
}

/// What an actor does.
fn by(words: &mut Words) -> Result<Step, ParseError> {
    let letter = words.keyword().and_then(|word| word.strip_suffix(':')).map(Actor::of_letter);
    let (actor, first) = match letter {
        None => (Actor::FIRST, Expected::Step),
        Some(actor) => {
            let word = words.next();
            (actor.ok_or_else(|| words.wrong(word, Expected::Actor))?, Expected::Does)
        }
    };
    let does = match words.keyword() {
        Some("on") => Some(Does::GoesOn),
        Some("fail") => Some(Does::Fails),
        Some("give-up") => Some(Does::GivesUp),
        _ => None,
    };
    let does = match does {
        Some(does) => {
            words.next();
            does
        }
        None => Does::Act(act(words, first)?),
    };
    let until = if words.keyword() == Some("until") {
        words.next();
        until(words)?
    } else {
        Until::End
    };
    Ok(Step::By { actor, does, until })
}

fn act(words: &mut Words, expected: Expected) -> Result<Act, ParseError> {
    let word = words.next();
    match word.as_ref().and_then(Word::keyword) {
        Some("second") => {
            let word = words.next();
            match word.as_ref().and_then(Word::keyword) {
                Some("command") => Ok(Act::SecondCommand),
                _ => Err(words.wrong(word, Expected::SecondCommand)),
            }
        }
        keyword => match keyword.and_then(Verb::named) {
            Some(verb) => Ok(Act::Do(verb, target(words, verb)?)),
            None => Err(words.wrong(word, expected)),
        },
    }
}

fn target(words: &mut Words, verb: Verb) -> Result<Target, ParseError> {
    if words.rest.is_empty() || words.keyword() == Some("until") {
        let word = words.rest.last().cloned();
        let nothing_said = Ok(Target::PERIPHERAL);
        return if verb.needs_target() { Err(words.wrong(word, Expected::Target)) } else { nothing_said };
    }
    let Some(word) = words.next() else { return Ok(Target::PERIPHERAL) };
    let end = |word: Option<&str>, nth| match word {
        Some("host") => Some(Target::End(End::Host(nth))),
        Some("peripheral") => Some(Target::End(End::Peripheral(nth))),
        _ => None,
    };
    if let Some(target) = end(word.keyword(), Nth::First) {
        return Ok(target);
    }
    if word.keyword() == Some("second") {
        let word = words.next();
        let target = end(word.as_ref().and_then(Word::keyword), Nth::Second);
        return target.ok_or_else(|| words.wrong(word, Expected::SecondEnd));
    }
    // In a name a `#` is nothing special.
    Ok(Target::Named(word.shown()))
}

fn until(words: &mut Words) -> Result<Until, ParseError> {
    let word = words.next();
    match &word {
        None => Err(words.wrong(word, Expected::Place)),
        Some(found) if found.keyword() == Some("waits") => Ok(Until::Waits),
        Some(Word { text, times: None, .. }) => Ok(Until::Place(text.clone(), NonZeroUsize::MIN)),
        Some(Word { text, times: Some(times), .. }) => match times.parse() {
            Ok(times) if !text.is_empty() => Ok(Until::Place(text.clone(), times)),
            _ => Err(words.wrong(word, Expected::Times)),
        },
    }
}

/// The rest of a step, with dashes between the words.
fn fault(words: &mut Words) -> Result<String, ParseError> {
    let mut fault = Vec::new();
    while let Some(word) = words.next() {
        if word.keyword().is_none() {
            return Err(words.wrong(Some(word), Expected::Fault));
        }
        fault.push(word.text);
    }
    if fault.is_empty() { Err(words.wrong(None, Expected::Fault)) } else { Ok(fault.join("-")) }
}

impl Words {
    fn next(&mut self) -> Option<Word> {
        self.rest.pop()
    }

    /// The next word, if it is one of the language's own.
    fn keyword(&self) -> Option<&str> {
        self.rest.last()?.keyword()
    }

    fn wrong(&self, word: Option<Word>, expected: Expected) -> ParseError {
        ParseError {
            step: self.step,
            column: word.as_ref().map_or(self.end, |word| word.column),
            found: word.as_ref().map(Word::shown),
            expected,
        }
    }
}
