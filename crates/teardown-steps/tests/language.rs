//! The language from outside: what is written can be read, nothing makes the parser panic, and errors say what and where.

use proptest::prelude::*;
use std::convert::Infallible;
use std::num::NonZeroUsize;
use teardown_steps::{Act, Actor, Does, End, Nth, Script, Step, Target, Until, Verb, orders};

/// What a device may be called, hostile names included.
fn name() -> impl Strategy<Value = String> {
    let keyword = prop_oneof![
        Just("host"),
        Just("peripheral"),
        Just("second"),
        Just("until"),
        Just("waits"),
        Just("on")
    ];
    let name = prop_oneof![
        any::<String>(),
        "[ ,#\\\\a:]{1,6}",
        "[0-9a-f]{1,8}\\.dsi(\\.[0-3])?",
        keyword.prop_map(str::to_owned)
    ];
    name.prop_filter("a device has a name", |name: &String| !name.is_empty())
}

fn act() -> impl Strategy<Value = Act> {
    let nth = prop_oneof![Just(Nth::First), Just(Nth::Second)];
    let end = (any::<bool>(), nth)
        .prop_map(|(is_host, nth)| Target::End(if is_host { End::Host(nth) } else { End::Peripheral(nth) }));
    let target = prop_oneof![end, name().prop_map(Target::Named)];
    let verb = proptest::sample::select(Verb::ALL.map(|(verb, _)| verb).to_vec());
    prop_oneof![4 => (verb, target).prop_map(|(verb, target)| Act::Do(verb, target)), 1 => Just(Act::SecondCommand)]
}

fn step() -> impl Strategy<Value = Step> {
    let actor = (0..Actor::COUNT).prop_map(|index| Actor::new(index).unwrap_or_default());
    let does = prop_oneof![
        6 => act().prop_map(Does::Act),
        1 => Just(Does::GoesOn),
        1 => Just(Does::Fails),
        1 => Just(Does::GivesUp),
    ];
    let place = prop_oneof!["[a-z_.]{1,20}", "[ ,#\\\\w]{1,4}", Just("waits".to_owned())];
    let times = (1..=usize::MAX).prop_filter_map("from 1", NonZeroUsize::new);
    let until = prop_oneof![
        Just(Until::End),
        Just(Until::Waits),
        (place, times).prop_map(|(place, times)| Until::Place(place, times))
    ];
    prop_oneof![
        6 => (actor, does, until).prop_map(|(actor, does, until)| Step::By { actor, does, until }),
        1 => act().prop_map(Step::Start),
        1 => Just(Step::Wait),
        1 => "[a-z]{1,8}(-[a-z]{1,8}){0,3}".prop_map(Step::Plant),
    ]
}

proptest! {
    #[test]
    fn what_is_written_can_be_read(steps in proptest::collection::vec(step(), 1..6)) {
        let script = Script(steps);
        let text = script.to_string();
        prop_assert_eq!(text.parse::<Script>().map_err(|error| error.to_string()), Ok(script), "{}", text);
    }

    #[test]
    fn any_text_is_a_script_or_an_error_that_points_into_it(text in any::<String>()) {
        check(&text)?;
    }

    /// Texts that come far.
    #[test]
    fn so_is_any_text_of_the_languages_words(
        words in proptest::collection::vec(
            proptest::sample::select(vec![
                "bind", "command", "hold", "host", "second", "peripheral", "until", "waits", "on", "fail", "give-up", "start",
                "wait", "plant", "a:", "b:", "z:", ":", ",", "#", "#2", "x#0", "x#", "\\", "\\,", "1-002c",
            ]),
            0..12,
        ),
    ) {
        check(&words.join(" "))?;
    }
}

proptest! {
    /// Whatever a board calls its devices.
    #[test]
    fn every_order_of_a_board_is_written_and_read_again(host in name(), peripheral in name()) {
        let ends = [Target::named(&host), Target::named(&peripheral)];
        let command = Act::Do(Verb::Command, ends[1].clone());
        let does = |verb| move |end| Act::Do(verb, end);
        let acts = orders::teardown(&ends, does(Verb::Unbind), does(Verb::Bind), [command]);
        let Ok(orders) = orders::up_to(&acts, 2, |_| Ok::<_, Infallible>(true));
        prop_assert_eq!(orders.len(), 5 + 25);
        for order in orders {
            let script = Script(order.into_iter().map(Step::new).collect());
            let text = script.to_string();
            prop_assert_eq!(text.parse::<Script>().map_err(|error| error.to_string()), Ok(script), "{}", text);
        }
    }
}

fn check(text: &str) -> Result<(), TestCaseError> {
    match text.parse::<Script>() {
        Ok(script) => {
            let again = script.to_string();
            prop_assert_eq!(again.parse::<Script>().map_err(|error| error.to_string()), Ok(script));
        }
        Err(error) => {
            let length = text.chars().count();
            prop_assert!((1..=length + 1).contains(&error.column), "{}", error);
            prop_assert!((1..=text.matches(',').count() + 1).contains(&error.step), "{}", error);
            if let Some(first) = error.found.as_ref().and_then(|word| word.chars().next()) {
                let there = text.chars().nth(error.column - 1);
                prop_assert!(there == Some(first) || there == Some('\\'), "{}", error);
            }
        }
    }
    Ok(())
}

#[track_caller]
fn wrong(text: &str) -> String {
    text.parse::<Script>().expect_err("it is not a script").to_string()
}

#[test]
fn an_error_names_the_word_and_where_it_is_and_what_could_be_there() {
    assert_eq!(
        wrong("unbind host, explode host"),
        "'explode' (step 2, character 14): expected bind, unbind, load, unload, pull, plug, command, read, hold, \
         command-held, attach-held, unregister-held, drop, command-and-drop, command-and-drop-host, declare-gone, second command, on, fail, give-up, start, \
         wait or plant, or the letter of an actor as in 'b:'"
    );
    let target = "host, peripheral, second host, second peripheral or the name of a device";
    assert_eq!(wrong("unbind"), format!("the end of step 1 (character 7): expected {target}"));
    assert_eq!(wrong("unbind until x"), format!("'until' (step 1, character 8): expected {target}"));
    assert_eq!(
        wrong("command, bind ,command"),
        format!("the end of step 2 (character 15): expected {target}")
    );
    assert_eq!(wrong("unbind second screen"), "'screen' (step 1, character 15): expected host or peripheral");
    assert_eq!(wrong("second unbind"), "'unbind' (step 1, character 8): expected command");
    assert_eq!(wrong("start"), wrong("start ").replace("(character 7)", "(character 6)"));
    assert!(wrong("start on").starts_with("'on' (step 1, character 7): expected bind, "));
    assert_eq!(wrong("z: on"), "'z:' (step 1, character 1): expected the letter of an actor, from a: to f:");
    assert_eq!(
        wrong("unbind host twice"),
        "'twice' (step 1, character 13): expected 'until', or a comma and the next step"
    );
    assert_eq!(wrong("wait host"), "'host' (step 1, character 6): expected a comma and the next step");
    assert_eq!(wrong("on until"), "the end of step 1 (character 9): expected a place, or 'waits'");
    assert_eq!(
        wrong("on until x#0"),
        "'x#0' (step 1, character 10): expected a place, '#' and a number from 1"
    );
    assert_eq!(wrong("plant"), "the end of step 1 (character 6): expected the name of a fault");
    assert_eq!(wrong("bind x\\"), "'\\' (step 1, character 7): expected a character after the backslash");
    assert!(wrong("").starts_with("the end of step 1 (character 1): expected bind, "));
    assert!(wrong("unbind host,,").starts_with("the end of step 2 (character 13): expected bind, "));
    // Where characters are longer than a byte.
    assert!(wrong("bind \u{e4}\u{f6}, x").starts_with("'x' (step 2, character 10)"));
}

#[test]
fn a_name_may_have_anything_in_it() {
    let bind = |name: &str| Script(vec![Step::new(Act::Do(Verb::Bind, Target::named(name)))]);
    for (text, name) in [
        ("bind 1-002c", "1-002c"),
        (r"bind a\,b", "a,b"),
        (r"bind a\ b", "a b"),
        (r"bind \host", "host"),
        (r"bind a\#2", "a#2"),
        (r"bind a\\b", r"a\b"),
    ] {
        assert_eq!(text.parse(), Ok(bind(name)));
        assert_eq!(bind(name).to_string(), text);
    }
    assert_eq!("bind a#2".parse(), Ok(bind("a#2")));
    assert_eq!("bind on".parse(), Ok(bind("on")));
}

#[test]
fn what_is_not_said_is_the_first() {
    for (short, long) in [
        ("command", "a: command peripheral"),
        ("pull", "pull peripheral"),
        ("hold until waits", "hold peripheral until waits"),
        ("on until x", "a: on until x#1"),
    ] {
        assert_eq!(short.parse::<Script>(), long.parse::<Script>());
    }
}

#[test]
fn only_scripts_of_several_actors_name_them() {
    let text = "a: unbind host until remove.host#2, b: on, a: give-up";
    let script: Script = text.parse().expect("a script");
    assert_eq!((script.actors(), script.to_string()), (2, text.to_owned()));
    let script: Script = "a: unbind host, a: fail".parse().expect("a script");
    assert_eq!((script.actors(), script.to_string()), (1, "unbind host, fail".to_owned()));
}

#[test]
fn a_step_that_means_nothing_to_a_tool_says_which_tool_takes_it() {
    let step = |text: &str| text.parse::<Script>().expect("a script").0.remove(0);
    let hardware = |text: &str| step(text).for_hardware().map(|_| ()).map_err(|error| error.to_string());
    let model = |text: &str| step(text).for_model().map(|_| ()).map_err(|error| error.to_string());
    for text in [
        "bind host",
        "unbind x",
        "load host",
        "unload host",
        "pull",
        "plug host",
        "command",
        "second command",
    ] {
        assert_eq!((hardware(text), model(text)), (Ok(()), Ok(())), "{text}");
    }
    let needs_model =
        ["hold", "read", "drop", "command-held", "b: bind host", "on", "fail", "bind host until waits"];
    for text in needs_model {
        let said = hardware(text).expect_err(text);
        assert!(said.contains("' needs --model: on virtual hardware "), "{said}");
        assert_eq!(model(text), Ok(()), "{text}");
    }
    assert!(hardware("b: bind host").is_err_and(|said| said.starts_with("'b: bind host' needs")));
    for text in ["start bind host", "wait", "plant leak"] {
        assert!(hardware(text).is_err_and(|said| said.ends_with("`linux/lab run` takes it")), "{text}");
        assert!(model(text).is_err(), "{text}");
    }
}
