//! What the page says and how its parts fit together, read as a browser reads it: by its elements.

use super::memory::{self, Memory};
use super::of;
use crate::check::{Results, read, search};
use crate::cli::CheckArguments;
use crate::overlays::OverlayArguments;
use std::collections::BTreeSet;
use std::sync::OnceLock;
use teardown_check::ownership::Subject;
use teardown_check::{Counterexample, MODELS, Property};

/// Elements that have no end.
const VOID: [&str; 2] = ["meta", "wbr"];

/// The built-in board under all models, with one actor, and with two under the model that has the fewest states.
fn results() -> Results {
    static CHECKED: OnceLock<Results> = OnceLock::new();
    let checked = CHECKED.get_or_init(|| {
        let mut results = read_built_in();
        results.checked = search::all(&results.shapes, &MODELS, 1);
        let with_two = teardown_check::check::model("idempotent").expect("a model");
        let with_two = search::all(&results.shapes, &[with_two], 2).remove(0).remove(0);
        let slot = results.checked[0].iter_mut().find(|checked| checked.model == "idempotent");
        *slot.expect("searched") = with_two;
        results
    });
    Results { checked: checked.checked.clone(), ..read_built_in() }
}

fn read_built_in() -> Results {
    let arguments = CheckArguments {
        boards: Vec::new(),
        overlays: OverlayArguments::default(),
        assumed: Vec::new(),
        model: Vec::new(),
        actors: 2,
        property: None,
        json: false,
        html: None,
        shard: None,
        serve: false,
        lab: false,
        verdicts: Vec::new(),
    };
    read(&arguments).expect("the built-in board")
}

fn page(results: &Results) -> String {
    of(results).expect("a page")
}

/// A tag: the name, with a slash if it is an end, and the attributes.
type Tag<'a> = (&'a str, Vec<(&'a str, &'a str)>);

/// The tags of a page. Text has no '<' in it, and attributes have neither '<' nor '"'.
fn tags(page: &str) -> Vec<Tag<'_>> {
    page.split('<')
        .skip(1)
        .filter(|text| !text.starts_with('!'))
        .map(|text| {
            let end = text.find('>').unwrap_or_else(|| panic!("a tag without an end: {text}"));
            let inside = text[..end].trim_end_matches('/');
            let (name, rest) = inside.split_once(char::is_whitespace).unwrap_or((inside, ""));
            let mut attributes = Vec::new();
            let mut rest = rest.trim();
            while let Some((key, after)) = rest.split_once("=\"") {
                let (value, after) = after.split_once('"').expect("a value has an end");
                attributes.push((key.trim(), value));
                rest = after.trim_start();
            }
            assert_eq!(rest, "", "all attributes have values: {inside}");
            (name, attributes)
        })
        .collect()
}

fn values<'a>(tags: &[Tag<'a>], key: &str) -> Vec<&'a str> {
    let attributes = tags.iter().flat_map(|(_, attributes)| attributes);
    attributes.filter(|(other, _)| *other == key).map(|(_, value)| *value).collect()
}

fn with_class<'a, 't>(tags: &'t [Tag<'a>], class: &str) -> Vec<&'t Tag<'a>> {
    let has = |value: &str| value.split(' ').any(|one| one == class);
    let has_class =
        |(_, attributes): &&Tag<'_>| attributes.iter().any(|(key, value)| *key == "class" && has(value));
    tags.iter().filter(has_class).collect()
}

#[test]
fn every_failing_cell_has_a_section_and_every_link_a_target() {
    let results = results();
    let page = page(&results);
    let tags = tags(&page);
    let ids = values(&tags, "id");
    let unique: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(unique.len(), ids.len(), "ids are unique");
    for link in values(&tags, "href") {
        let target = link.strip_prefix('#').unwrap_or_else(|| panic!("leads out of the page: {link}"));
        assert!(unique.contains(target), "leads nowhere: {link}");
    }
    for id in values(&tags, "aria-labelledby") {
        assert!(unique.contains(id), "named by nothing: {id}");
    }
    let mut failing = 0;
    for checked in results.checked.iter().flatten() {
        for found in &checked.counterexamples {
            failing += 1;
            let link = format!("#shape1-{}-{}\"", checked.model, found.property.name());
            assert!(page.contains(&link), "no cell leads to {link}");
        }
    }
    assert!(failing > 10, "{failing}");
    let cells = tags.windows(2).filter(|pair| pair[0].1.contains(&("class", "fails")) && pair[1].0 == "a");
    assert_eq!(cells.count(), failing);
    let cells =
        tags.iter().filter(|(name, attributes)| *name == "td" && attributes.contains(&("role", "cell")));
    assert_eq!(cells.count(), MODELS.len() * (Property::ALL.len() + 1));
}

#[test]
fn tags_nest() {
    let page = page(&results());
    let mut open = Vec::new();
    for (name, attributes) in tags(&page) {
        match name.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name), "after {open:?}"),
            // Outlines and lines have no end tag, as SVG allows.
            None if VOID.contains(&name) || ["line", "path", "rect"].contains(&name) => {}
            None => open.push(name),
        }
        let keys: BTreeSet<&str> = attributes.iter().map(|(key, _)| *key).collect();
        assert_eq!(keys.len(), attributes.len(), "an attribute twice: {name} {attributes:?}");
    }
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn the_page_needs_nothing_else() {
    let page = page(&results()).to_lowercase();
    for what in ["<script", "<link", "<img", "<iframe", "<object", " src=", "http", "url(", "@import"] {
        assert!(!page.contains(what), "{what}");
    }
    let attributes = tags(&page).into_iter().flat_map(|(_, attributes)| attributes);
    let handlers: Vec<_> = attributes.filter(|(key, _)| key.starts_with("on")).collect();
    assert!(handlers.is_empty(), "{handlers:?}");
    assert!(page.contains("<html lang=\"en\">") && page.contains("<title>every teardown order of"));
}

#[test]
fn hostile_names_stay_text() {
    let hostile = "\"><script>alert(1)</script><svg onload='x'>&\u{1b}[31m\u{9b}";
    let mut results = results();
    for part in &mut results.parts {
        part.board = hostile.to_owned();
        part.given = vec![format!("{hostile}.dtb")];
        part.part.names.hosts = vec![hostile.to_owned()];
        part.part.names.peripherals = vec![format!("{hostile}2")];
    }
    let page = page(&results);
    assert!(!page.contains("<script") && !page.contains("onload='"), "as it is");
    assert!(!page.contains(|found: char| found.is_control() && found != '\n'), "control characters");
    assert!(page.contains("&#60;script&#62;alert(1)"), "escaped");
    assert!(page.contains(r"\u{1b}[31m"), "made visible");
    let harmless = self::page(&self::results());
    let names = |page| tags(page).into_iter().map(|(name, _)| name.to_owned()).collect::<Vec<_>>();
    assert_eq!(names(&page), names(&harmless), "the same elements, whatever the names");
}

#[test]
fn one_mark_a_step_and_the_last_breaks_what_was_searched() {
    let results = results();
    let page = page(&results);
    let articles: Vec<&str> = page.split("<article ").skip(1).collect();
    let groups = |checked| super::section::groups(checked).into_iter().map(|group| group[0]);
    let told: Vec<&Counterexample> = results.checked.iter().flatten().flat_map(groups).collect();
    assert_eq!(articles.len(), told.len());
    for (article, found) in articles.iter().zip(told) {
        let article = format!("<article {article}");
        let article = &article[..article.find("</article>").expect("an end")];
        let tags = tags(article);
        let rows = with_class(&tags, "step").len();
        assert_eq!(rows, found.replay.taken.len());
        let actors = found.replay.taken.iter().map(|taken| taken.actor.index()).max().expect("a step") + 1;
        let in_key = if actors > 1 { actors } else { 0 };
        assert_eq!(with_class(&tags, "mark").len(), rows + in_key);
        assert_eq!(with_class(&tags, "broken").len(), 1, "one step stands out");
        let last = article.rsplit("<li class=\"step").next().expect("a step");
        assert!(last.starts_with(" broken") && last.contains(found.property.broken()));
    }
}

#[test]
fn a_counterexample_of_several_properties_is_told_once() {
    let mut results = results();
    let checked = &mut results.checked[0][0];
    let first = checked.counterexamples[0].clone();
    let other = Property::ALL.into_iter().find(|property| checked.counterexample(*property).is_none());
    let other = other.expect("something holds");
    checked.counterexamples.push(Counterexample { property: other, ..first.clone() });
    let id = format!("shape1-{}-{}", checked.model, first.property.name());
    let page = page(&results);
    assert_eq!(page.matches(&format!("<article id=\"{id}\"")).count(), 1);
    let tags = tags(&page);
    let links = tags.windows(2).filter(|pair| {
        pair[0].1.contains(&("class", "fails")) && pair[1].1.contains(&("href", &format!("#{id}")))
    });
    assert_eq!(links.count(), 2);
    assert!(page.contains(&format!("{}; {}</h3>", first.property.broken(), other.broken())));
}

#[test]
fn the_lane_of_memory_understands_what_the_models_say() {
    let results = results();
    let mut counted = BTreeSet::new();
    for found in results.checked.iter().flatten().flat_map(|checked| &checked.counterexamples) {
        for snapshot in found.replay.taken.iter().map(|taken| &taken.after).chain([&found.replay.before]) {
            for what in memory::subjects(&found.replay) {
                match (what, memory::of(snapshot, what)) {
                    (Subject::HostData(_), Memory::Allocated | Memory::Freed) => {}
                    (Subject::Device { .. }, Memory::Counted(count)) => drop(counted.insert(count)),
                    (Subject::Device { .. }, Memory::Freed | Memory::None) => {}
                    (what, is) => panic!("{what:?} is {is:?} in {snapshot:?}"),
                }
            }
        }
    }
    assert!(counted.contains(&1) && counted.contains(&2), "{counted:?}");
}

/// WCAG's contrast of two colours of the style, of one scheme.
fn contrast(style: &str, one: &str, other: &str) -> f64 {
    let luminance = |name: &str| {
        let value = style.split_once(&format!("--{name}: #")).unwrap_or_else(|| panic!("no {name}")).1;
        let value = &value[..value.find(';').expect("an end")];
        let digits: Vec<u32> = value.chars().map(|digit| digit.to_digit(16).expect("a digit")).collect();
        let channels: Vec<u32> = match digits[..] {
            [r, g, b] => vec![r * 17, g * 17, b * 17],
            _ => digits.chunks(2).map(|pair| pair[0] * 16 + pair[1]).collect(),
        };
        let linear = |channel: u32| match f64::from(channel) / 255.0 {
            low if low <= 0.04045 => low / 12.92,
            high => ((high + 0.055) / 1.055).powf(2.4),
        };
        0.2126 * linear(channels[0]) + 0.7152 * linear(channels[1]) + 0.0722 * linear(channels[2])
    };
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn text_stands_out_in_light_and_dark() {
    let style = include_str!("../../../templates/check.css");
    let (light, dark) = style.split_once("prefers-color-scheme: dark").expect("both");
    let dark = &dark[..dark.find("\n}").expect("an end")];
    for scheme in [light, dark] {
        for (text, paper) in [
            ("ink", "paper"),
            ("soft", "paper"),
            ("soft", "panel"),
            ("soft", "good-paper"),
            ("soft", "bad-paper"),
            ("ink", "bad-paper"),
            ("bad", "paper"),
            ("bad", "bad-paper"),
            ("good", "paper"),
            ("good", "good-paper"),
            ("on-bad", "bad-fill"),
            ("link", "paper"),
            ("a", "paper"),
            ("b", "paper"),
            ("c", "paper"),
            ("d", "paper"),
            ("e", "paper"),
            ("f", "paper"),
        ] {
            let contrast = contrast(scheme, text, paper);
            assert!(contrast >= 4.5, "{text} on {paper}: {contrast:.2}");
        }
        // What is drawn and is no text.
        assert!(contrast(scheme, "memory", "paper") >= 3.0);
    }
}
