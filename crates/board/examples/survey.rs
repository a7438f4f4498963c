fn main() {
    for f in std::env::args().skip(1) {
        let d = std::fs::read(&f).unwrap();
        match board::Tree::from_dtb(&d) {
            Err(e) => println!("{f}\tERR {e}"),
            Ok(t) => {
                for p in board::report::Report::new(&t, &board::pipeline::find(&t)).pipelines {
                    println!(
                        "{f}\t{}\t{}\t{}\t{}\t{:?}\t{:?}\t{}\t{:?}",
                        p.host.path,
                        p.host.compatible,
                        p.device.path,
                        p.device.compatible,
                        p.device.kind,
                        p.device.control_bus,
                        p.device.channel.map_or("-".into(), |c| c.to_string()),
                        p.device.connection
                    )
                }
            }
        }
    }
}
