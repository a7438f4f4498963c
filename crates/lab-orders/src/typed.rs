//! The typed orders: every order of rmmod of three modules, and what unbind, bind and a picture add to that.

use crate::pipeline::{ADAPTER, DISPLAY_CONTROLLER, Driver, HOST, PIPELINES, Peripheral, Pipeline, switch};

/// Commands on a pipeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typed {
    /// The pipeline at which they are typed.
    pub pipeline: &'static Pipeline,
    /// The commands, which are taken one after the other, each by a shell of its own.
    pub commands: Vec<String>,
}

impl Typed {
    /// Its name in the tables: the pipeline and the commands, with a tab between them.
    #[must_use]
    pub fn row_name(&self) -> String {
        format!("{}\t{}", self.pipeline.name, self.commands.join("; "))
    }
}

/// All built-in ones. The thread's own is the first.
#[must_use]
pub fn built_in() -> Vec<Typed> {
    PIPELINES.iter().flat_map(orders).collect()
}

fn orders(pipeline: &'static Pipeline) -> Vec<Typed> {
    let end = pipeline.end();
    let mut orders: Vec<Vec<String>> = match pipeline.peripheral {
        Peripheral::Bridge(bridge, display) => {
            // Before the bridge's own: its device is there without the host.
            let mut orders = vec![
                vec![HOST.unload(), bridge.unload()],
                vec![HOST.unbind(), bridge.unbind()],
                vec![HOST.unload(), bridge.unbind()],
                vec![bridge.unbind(), bind_again(pipeline), HOST.unload()],
            ];
            orders.extend(every_order([HOST, bridge, display]));
            orders
        }
        Peripheral::Panel(panel) => {
            vec![vec![HOST.unload(), panel.unload()], vec![panel.unbind(), panel.bind(), HOST.unload()]]
        }
    };
    orders.extend([
        vec![HOST.unbind(), end.unload()],
        vec![end.unbind(), HOST.unbind()],
        vec![end.unbind(), HOST.unload(), end.unload()],
        vec![HOST.unbind(), HOST.bind(), end.unbind()],
        vec![HOST.unbind(), HOST.bind(), end.unload()],
        vec![HOST.unload(), HOST.load(), end.unload()],
        vec![end.unload(), end.load(), end.unload(), HOST.unload()],
    ]);
    orders.extend(every_order([HOST, end, ADAPTER]));
    orders.extend(with_a_picture(end));
    orders.into_iter().map(|commands| Typed { pipeline, commands }).collect()
}

/// A driver that forgets its DSI device finds its channel taken.
fn bind_again(pipeline: &Pipeline) -> String {
    let bind = pipeline.end().bind();
    if pipeline.forgets() { format!("! {bind}") } else { bind }
}

/// Everything is switched on before something goes. The thread's author would support the orders that begin with the
/// display controller.
fn with_a_picture(end: Driver) -> Vec<Vec<String>> {
    let mut orders = every_order([DISPLAY_CONTROLLER, HOST, end]);
    orders.push(vec![switch(false), HOST.unbind(), end.unload()]);
    orders.push(vec![end.unbind(), switch(false)]);
    for order in &mut orders {
        order.splice(0..0, [DISPLAY_CONTROLLER.load(), switch(true)]);
    }
    orders
}

/// rmmod of three modules, in every order.
fn every_order(drivers: [Driver; 3]) -> Vec<Vec<String>> {
    let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    orders.into_iter().map(|order| order.map(|number| drivers[number].unload()).into()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_threads_own_is_the_first() {
        let first = &built_in()[0];
        assert_eq!(first.pipeline.name, "sn65dsi83");
        assert_eq!(first.commands, ["rmmod tc358768", "rmmod ti-sn65dsi83"]);
    }

    #[test]
    fn no_order_is_typed_twice() {
        let orders = built_in();
        for (index, order) in orders.iter().enumerate() {
            assert!(!orders[..index].contains(order), "{order:?}");
        }
    }
}
