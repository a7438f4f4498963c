//! The orders that a real kernel was put through: up to three steps, one after the other, of four kinds of driver.

use teardown_check::check::model;
use teardown_check::replay::ReplayError;
use teardown_check::shape::{Control, Release};
use teardown_check::{Names, Property, Script, Shape};

const STEPS: [&str; 5] = ["unbind host", "unbind peripheral", "bind host", "bind peripheral", "command"];

/// What KASAN or a warning of the kernel would show.
const SEEN_BY_A_KERNEL: [Property; 3] =
    [Property::NeverUsedAfterFree, Property::DetachedOnce, Property::UnregisteredOnce];

/// How many orders there are, and of how many the model says that a kernel reports something.
fn orders(model_name: &str, shape: &Shape) -> (usize, usize) {
    let model = model(model_name).expect("a known model");
    let own = teardown_check::check::model("mipi-dsi").expect("a known model");
    let names = Names::plain(1, 1);
    let (mut all, mut reported) = (0, 0);
    let mut scripts = vec![vec![]];
    for _ in 0..3 {
        let mut longer = Vec::new();
        for script in &scripts {
            for step in STEPS {
                let script: Vec<&str> = script.iter().copied().chain([step]).collect();
                let text: Script = script.join(", ").parse().expect("a script");
                // Whether somebody can make every step is asked of the bus that survives them all.
                match own.follow(shape, &names, &text, None) {
                    Err(ReplayError::NotNow(..)) => continue,
                    Err(error) => panic!("{text}: {error}"),
                    Ok(replay) => {
                        assert!(replay.taken.iter().all(|taken| taken.broken.is_empty()), "{text}");
                    }
                }
                let is_reported = |property: Property| {
                    let replay =
                        model.follow(shape, &names, &text, Some(property)).expect("it can be followed");
                    replay.taken.iter().any(|taken| taken.broken.has(property))
                };
                all += 1;
                reported += usize::from(SEEN_BY_A_KERNEL.into_iter().any(is_reported));
                longer.push(script);
            }
        }
        scripts = longer;
    }
    (all, reported)
}

#[test]
fn linux_6_12_is_reported_in_104_of_506() {
    let shapes = [
        Shape::of_one(Control::Other, Release::Managed),
        Shape::of_one(Control::Other, Release::Plain),
        Shape::of_one(Control::Dsi, Release::Managed),
        Shape::of_one(Control::Dsi, Release::Plain),
    ];
    let counts = shapes.map(|shape| orders("linux-6.12", &shape));
    // A bridge's, managed and plain; a panel's, managed and plain.
    assert_eq!(counts, [(142, 23), (142, 23), (111, 29), (111, 29)]);
}
