//! Peripherals of which no order can be judged: no driver knows them, or they do not come up in Linux.

use board::answer::Answer;
use board::names::Names;
use board::text::visible;
use board::{Pipeline, Tree};

/// A peripheral that is no part of any shape, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NotJudged {
    /// Its name.
    pub(crate) name: String,
    /// Why: half a sentence that begins with a verb or "no driver".
    pub(crate) why: String,
}

/// The peripherals of a board that can't be judged, each once.
pub(super) fn of(tree: &Tree, names: &Names<'_>, pipelines: &[Pipeline]) -> Vec<NotJudged> {
    let mut not_judged: Vec<NotJudged> = Vec::new();
    for pipeline in pipelines.iter().filter(|pipeline| !pipeline.answer.is_up()) {
        let peripheral = &pipeline.peripheral;
        let node = tree.node(peripheral.node);
        let name = names.peripheral(pipeline).map_or_else(|| node.name().to_owned(), |name| name.text);
        let why = match &pipeline.answer {
            Answer::NoDriver => {
                let compatible = &peripheral.compatible;
                format!(
                    "no driver of Linux 6.12 knows it ({compatible}); --as {compatible}=panel says that it is a panel"
                )
            }
            Answer::NotRegistered { .. } => {
                format!("{}; the host's driver: {}", pipeline.answer, pipeline.host_answer)
            }
            answer => answer.to_string(),
        };
        let one = NotJudged { name, why };
        if !not_judged.contains(&one) {
            not_judged.push(one);
        }
    }
    not_judged
}

/// The line that says this of a peripheral of a board.
pub(crate) fn line(board: &str, not_judged: &NotJudged) -> String {
    let NotJudged { name, why } = not_judged;
    visible(&format!("Not judged: {name} of {board}: {why}")).into_owned()
}
